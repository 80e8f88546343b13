#include "transport/key_text.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace sluice {
namespace {

constexpr std::string_view kSpace = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// A value stands in quotes of either sort, or in none.
std::string_view unquoted(std::string_view value) {
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
      value.back() == value.front())
    return value.substr(1, value.size() - 2);
  return value;
}

}  // namespace

KeyText parse_keys(std::string_view text) {
  KeyText keys;
  bool in_curve = false;
  for (int number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const auto whole = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    const auto line = trimmed(whole);
    if (line.empty() || line.front() == '#') continue;
    const bool indented = kSpace.find(whole.front()) != std::string_view::npos;
    if (!indented) {
      in_curve = line == "curve";
      continue;
    }
    if (!in_curve) continue;  // metadata may say what it likes
    const auto equals = line.find('=');
    const auto name = trimmed(line.substr(0, equals));
    if (name != "public-key" && name != "secret-key") continue;
    auto& key = name == "public-key" ? keys.public_key : keys.secret_key;
    if (key) throw std::runtime_error(fmt::format("line {} gives a second {}", number, name));
    if (equals == std::string_view::npos)
      throw std::runtime_error(fmt::format("line {} gives no {}", number, name));
    key = unquoted(trimmed(line.substr(equals + 1)));
  }
  return keys;
}

}  // namespace sluice
