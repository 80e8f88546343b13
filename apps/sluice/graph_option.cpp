#include "graph_option.hpp"

#include <cstdio>

namespace sluice::app {

void GraphOptions::add_to(CLI::App& verb) {
  verb.add_option("--device", device, "run as this device: its [device.NAME] part applies")
      ->type_name("NAME");
  verb.add_option("--set", sets, "set a value, as in --set stage.jpeg.quality=70")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false)  // what follows is the next argument
      ->take_all();
}

void GraphOptions::add_with_plugins_to(CLI::App& verb) {
  with_plugins = false;
  verb.add_flag("--with-plugins", with_plugins,
                "load the plugins that the graph names by a path, too, which runs their code");
}

LoadRequest GraphOptions::request(const std::string& graph) const {
  auto request = default_request(graph);
  if (!device.empty()) request.device = device;
  request.sets = sets;
  request.with_plugins = with_plugins;
  return request;
}

std::optional<Plan> load_or_tell(const LoadRequest& request) {
  return plan_or_tell(load_graph(request));
}

std::optional<Plan> plan_or_tell(Loaded loaded) {
  for (const auto* list : {&loaded.problems, &loaded.warnings})
    for (const auto& problem : *list) std::fprintf(stderr, "%s\n", to_text(problem).c_str());
  return std::move(loaded.plan);
}

}  // namespace sluice::app
