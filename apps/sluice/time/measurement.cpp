#include "time/measurement.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <thread>

#include "time/compare.hpp"

namespace sluice::app {

Json machine() {
  utsname name{};
  uname(&name);
  return {{"host", name.nodename},
          {"system", fmt::format("{} {} {}", name.sysname, name.release, name.machine)},
          {"cores", std::thread::hardware_concurrency()}};
}

Json measurement_of(const Plan& plan, UtcTime when, const TimedRunRules& rules, int repeat,
                    const std::vector<Variant>& variants) {
  Json measurement{
      {"sluice", SLUICE_VERSION},
      {"graph", plan.name},
      {"device", plan.device},
      {"machine", machine()},
      {"when",
       fmt::format("{:%F %R} UTC",
                   fmt::gmtime(std::chrono::system_clock::to_time_t(
                       std::chrono::time_point_cast<std::chrono::system_clock::duration>(when))))},
      {"warmup_s", seconds(rules.warmup)},
      {"for_s", rules.length ? Json(seconds(*rules.length)) : Json(nullptr)},
      {"repeat", repeat},
      {"variants", Json::array()},
      {"comparisons", compare(variants)}};
  for (const auto& variant : variants)
    measurement["variants"].push_back({{"name", variant.name},
                                       {"sets", variant.sets},
                                       {"middle", middle_of(variant.runs)},
                                       {"runs", variant.runs}});
  return measurement;
}

std::string text_of_json(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sluice::app
