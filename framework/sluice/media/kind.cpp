#include <array>
#include <sluice/media/kind.hpp>
#include <utility>

namespace sluice {
namespace {

constexpr std::array<std::pair<Kind, std::string_view>, 8> kNames{{
    {Kind::gray8, "gray8"},
    {Kind::bgr8, "bgr8"},
    {Kind::bgra8, "bgra8"},
    {Kind::yuv420, "yuv420"},
    {Kind::array, "array"},
    {Kind::jpeg, "jpeg"},
    {Kind::png, "png"},
    {Kind::event, "event"},
}};

}  // namespace

std::string_view to_string(Kind kind) {
  for (const auto& [k, name] : kNames)
    if (k == kind) return name;
  return "unknown";
}

std::optional<Kind> kind_from_string(std::string_view name) {
  for (const auto& [k, n] : kNames)
    if (n == name) return k;
  return std::nullopt;
}

std::string to_string(Kinds kinds) {
  std::string text;
  for (const auto& [k, name] : kNames) {
    if (!kinds.has(k)) continue;
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

}  // namespace sluice
