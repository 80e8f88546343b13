// sluice schema: what a graph file may say, for editors.

#include <sluice/graph/load.hpp>

#include "schema/graph_schema.hpp"
#include "stage_type_option.hpp"
#include "verbs.hpp"
#include "whole_file.hpp"

namespace sluice::app {

Verb add_schema(CLI::App& app) {
  auto file = std::make_shared<std::string>();
  auto* verb = app.add_subcommand("schema", "Prints the JSON Schema of graph files, for editors");
  verb->add_option("-o", *file, "write it there, else to standard output")->type_name("FILE");
  return [file] {
    load_plugins_or_tell(default_request({}).plugin_folders);
    // What a plugin says of itself may be no UTF-8.
    constexpr auto replace = nlohmann::ordered_json::error_handler_t::replace;
    const auto text = graph_schema().dump(2, ' ', false, replace);
    write_whole(*file, text + "\n");
    return kDone;
  };
}

}  // namespace sluice::app
