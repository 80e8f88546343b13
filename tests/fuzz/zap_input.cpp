// A request as ZeroMQ's authentication asks it, its parts each behind a byte that says how long it
// is.

#include <algorithm>
#include <vector>

#include "target.hpp"
#include "transport/zap.hpp"

using namespace sluice;

namespace {

std::vector<std::string_view> parts_of(fuzz::Bytes bytes) {
  std::vector<std::string_view> parts;
  while (!bytes.empty()) {
    const auto size = std::min<std::size_t>(bytes[0], bytes.size() - 1);
    parts.emplace_back(reinterpret_cast<const char*>(bytes.data()) + 1, size);
    bytes = bytes.subspan(1 + size);
  }
  return parts;
}

// The one device that is allowed has a key of 32 times '!'; here it is in Z85.
std::optional<std::string> device_of(std::string_view key) {
  if (key == "aT50LaT50LaT50LaT50LaT50LaT50LaT50LaT50L") return "pi-garage";
  return std::nullopt;
}

void one_input(fuzz::Bytes bytes) {
  const auto parts = parts_of(bytes);
  const auto parsed = zap::parse(parts);
  const auto* request = std::get_if<zap::Request>(&parsed);
  if (!request)
    fuzz::must(!std::get<zap::Malformed>(parsed).why.empty(), "a malformed request says why");

  const auto answer = zap::answer(parts, device_of);
  fuzz::must(answer.parts.size() == 6, "an answer has six parts");
  const auto& status = answer.parts[2];
  const bool known = request && request->mechanism == "CURVE" && device_of(request->key);
  fuzz::must((status == "200") == known, "only the key that is allowed gets in, by CURVE");
  fuzz::must(known != answer.refused.has_value(), "who is refused is told of");
  fuzz::must(known == (answer.parts[4] == "pi-garage"), "and gets its device's name");
  fuzz::must(known || answer.parts[4].empty(), "nobody else gets a name");
  fuzz::must(known || status == (request ? "400" : "500"), "who is refused is told so");
  if (request) fuzz::must(answer.parts[1] == request->id, "an answer is to its request");
}

const fuzz::Target target("zap", one_input);

}  // namespace
