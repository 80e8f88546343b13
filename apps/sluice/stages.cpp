// sluice stages: what stage types there are, and one type's manual page.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sluice/graph/load.hpp>
#include <sluice/graph/stage_type.hpp>
#include <sluice/observe/log.hpp>
#include <sluice/plugin/load.hpp>

#include "devices.hpp"
#include "parameter_text.hpp"
#include "stage_type_option.hpp"
#include "verbs.hpp"

namespace sluice::app {
namespace {

using Json = nlohmann::ordered_json;

std::string kinds_of(const Port& port) {
  auto list = port.same_as_input ? "what came in" : to_string(port.kinds);
  if (!port.kind_parameter.empty())
    list += (port.same_as_input ? ", or by " : ", by ") + port.kind_parameter;
  if (!port.passed.empty())
    list += fmt::format("; passes on {} as it comes", to_string(port.passed));
  return list;
}

void print_list() {
  const auto types = StageTypes::all().sorted();
  std::size_t width = 0;
  for (const auto* type : types) width = std::max(width, type->name.size());
  for (const auto* type : types)
    fmt::print("{:<{}}  {}{}\n", type->name, width, type->summary,
               type->plugin.empty() ? "" : fmt::format(" ({})", escaped(type->plugin)));
  fmt::print("\n`sluice stages TYPE` tells all about one.\n");
}

void print_page(const StageType& type) {
  fmt::print("{}: {}\n", type.name, type.summary);
  if (!type.plugin.empty()) fmt::print("from {}\n", escaped(type.plugin));
  if (!type.manual.empty()) fmt::print("\n{}\n", type.manual);
  fmt::print("\nPorts\n");
  for (const auto& port : type.inputs)
    fmt::print("  takes  {}: {}{}\n", port.name, kinds_of(port),
               port.help.empty() ? "" : " (" + port.help + ")");
  for (const auto& port : type.outputs)
    fmt::print("  gives  {}: {}{}\n", port.name, kinds_of(port),
               port.help.empty() ? "" : " (" + port.help + ")");
  for (const auto& event : type.events) fmt::print("  raises {}\n", event);
  if (!type.inputs.empty())
    fmt::print("  mailbox: {} of {}{}\n", to_string(type.mailbox.when_full),
               capacity_of(type.mailbox),
               type.mailbox.when_full == WhenFull::latest ? " of each source" : "");
  if (!type.parameters.empty()) fmt::print("\nParameters\n");
  for (const auto& p : type.parameters) {
    fmt::print("  {} = {}\n", p.name, p.required ? "..." : to_toml(p.fallback, p.type));
    fmt::print("      {}\n      ({})\n", p.help, wanted_of(p));
  }
  if (!type.example.empty()) fmt::print("\nExample\n{}", type.example);
}

Json value_of(const ParamValue& value) {
  return std::visit([](const auto& v) { return Json(v); }, value);
}

Json json_of(const StageType& type) {
  Json inputs = Json::array(), outputs = Json::array(), parameters = Json::array();
  for (const auto& port : type.inputs)
    inputs.push_back({{"name", port.name}, {"kinds", to_string(port.kinds)}});
  for (const auto& port : type.outputs)
    outputs.push_back({{"name", port.name},
                       {"kinds", to_string(port.kinds)},
                       {"same_as_input", port.same_as_input},
                       {"kind_parameter", port.kind_parameter},
                       {"passed", to_string(port.passed)}});
  for (const auto& p : type.parameters) {
    Json json{{"name", p.name},      {"type", to_string(p.type)},       {"help", p.help},
              {"unit", p.unit},      {"default", value_of(p.fallback)}, {"required", p.required},
              {"choices", p.choices}};
    if (p.least > -2e9) json["least"] = p.least;
    if (p.most < 1e18) json["most"] = p.most;
    parameters.push_back(std::move(json));
  }
  return {{"type", type.name},        {"summary", type.summary}, {"manual", type.manual},
          {"inputs", inputs},         {"outputs", outputs},      {"events", type.events},
          {"parameters", parameters}, {"example", type.example}, {"plugin", type.plugin}};
}

// A plugin's path may be no UTF-8, nor what it says of itself.
void print(const Json& json) {
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

void print(const std::vector<const StageType*>& types, bool json) {
  Json list = Json::array();
  for (const auto* type : types) {
    if (json)
      list.push_back(json_of(*type));
    else
      print_page(*type);
  }
  if (json) print(list);
}

int stages(const std::string& name, const std::string& plugin, bool json, bool devices) {
  const auto folders = default_request({}).plugin_folders;
  std::optional<std::filesystem::path> file;
  if (!plugin.empty()) {
    file = load_plugin_or_tell(plugin, folders);
    if (!file) return kWrong;
  } else if (name.empty() || !StageTypes::all().find(name)) {
    load_plugins_or_tell(folders);
  }
  if (!name.empty()) {
    const auto* type = stage_type_or_tell(name);
    if (!type) return kWrong;
    if (devices) return print_devices(*type, json);
    if (json)
      print(json_of(*type));
    else
      print_page(*type);
  } else if (file) {
    print(types_of_plugin(*file), json);
  } else if (json) {
    print(StageTypes::all().sorted(), json);
  } else {
    print_list();
  }
  return kDone;
}

}  // namespace

Verb add_stages(CLI::App& app) {
  struct Options {
    std::string type;
    std::string plugin;
    bool json = false;
    bool devices = false;
  };
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand(
      "stages", "Lists the stage types, those of plugins too, or tells all about one");
  auto* type = verb->add_option("TYPE", options->type, "as in encode.jpeg");
  verb->add_option("--plugin", options->plugin, "all about the types of this plugin")
      ->type_name("FILE");
  verb->add_flag("--json", options->json, "as JSON");
  verb->add_flag("--devices", options->devices, "what is attached that this type could open")
      ->needs(type);
  return
      [options] { return stages(options->type, options->plugin, options->json, options->devices); };
}

}  // namespace sluice::app
