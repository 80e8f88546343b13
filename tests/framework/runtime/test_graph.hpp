// Small graphs for the runtime's tests, put together without a file.
#pragma once

#include <functional>
#include <sluice/runtime/engine.hpp>
#include <stdexcept>

namespace test {

struct Stage {
  std::string name;
  std::string type;
  std::vector<std::string> from;  // "stage", "stage.port" or "stage.events"
  std::vector<std::pair<std::string, sluice::ParamValue>> parameters = {};
  std::function<void(sluice::StagePlan&)> change = {};  // mailbox, restart, workers, ...
};

// Stages must come after those that feed them.
inline sluice::Plan plan_of(const std::vector<Stage>& stages) {
  sluice::Plan plan;
  plan.name = "test";
  for (const auto& stage : stages) {
    sluice::StagePlan p;
    p.name = stage.name;
    p.type = sluice::StageTypes::all().find(stage.type);
    if (!p.type) throw std::invalid_argument("no stage type " + stage.type);
    p.mailbox = p.type->mailbox;
    for (const auto& parameter : p.type->parameters) {
      auto value = parameter.fallback;
      for (const auto& [name, given] : stage.parameters)
        if (name == parameter.name) value = given;
      p.parameters.emplace_back(&parameter, value);
    }
    const auto index_of = [&](const std::string& name) {
      for (std::size_t i = 0; i < plan.stages.size(); ++i)
        if (plan.stages[i].name == name) return i;
      throw std::invalid_argument("no stage " + name);
    };
    for (const auto& from : stage.from) {
      const auto dot = from.find('.');
      const auto upstream = index_of(from.substr(0, dot));
      const auto port = dot == std::string::npos ? "out" : from.substr(dot + 1);
      std::size_t output = sluice::kEventsOutput;
      if (port != "events") {
        const auto& outputs = plan.stages[upstream].type->outputs;
        output = 0;
        while (outputs.at(output).name != port) ++output;
      }
      p.links.push_back({upstream, output, 0, {}});
    }
    if (stage.change) stage.change(p);
    plan.stages.push_back(std::move(p));
  }
  return plan;
}

inline const sluice::StageReport& stage_of(const sluice::Report& report, const std::string& name) {
  for (const auto& stage : report.stages)
    if (stage.name == name) return stage;
  throw std::invalid_argument("no stage " + name);
}

}  // namespace test
