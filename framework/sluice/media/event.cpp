#include <fmt/chrono.h>

#include <nlohmann/json.hpp>
#include <sluice/media/event.hpp>

namespace sluice {

std::string to_json(const Event& event) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(event.time);
  const auto s = std::chrono::floor<std::chrono::seconds>(ms);
  nlohmann::ordered_json line;
  line["time"] =
      fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                  fmt::gmtime(std::chrono::system_clock::to_time_t(s)), (ms - s).count());
  line["event"] = event.name;
  if (!event.source.empty()) line["source"] = event.source;
  if (!event.stage.empty()) line["stage"] = event.stage;
  // Not by name: clang 14 lets no lambda capture a structured binding.
  for (const auto& detail : event.details)
    std::visit([&](const auto& value) { line[detail.first] = value; }, detail.second);
  // Texts may come from a peer: bytes that are not UTF-8 are replaced, never thrown over.
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace sluice
