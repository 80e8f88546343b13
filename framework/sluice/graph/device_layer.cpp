#include <fmt/format.h>

#include <algorithm>
#include <sluice/graph/overlay.hpp>
#include <sluice/graph/stage_settings.hpp>
#include <sluice/graph/variables.hpp>

namespace sluice {
namespace {

Table* stages_of(Table& table) {
  auto* stages = table.value("stage");
  return stages ? stages->as<Table>() : nullptr;
}

// What is wrong with one device's table is reported, and taken out where it would make a stage that
// isn't one. Values with variables in them are left for the device itself: the variables are its
// own.
class DeviceCheck {
 public:
  DeviceCheck(Table& graph, Problems& problems) : stages_(stages_of(graph)), problems_(problems) {}

  void check(const std::string& device, Table& layer) {
    SettingsReader reader(problems_, fmt::format("device '{}'", device), true);
    const std::vector<std::string> tables{"stage", "mailbox", "dashboard"};
    reader.read(layer, {&graph_parameters()}, tables);
    for (const auto& key : layer.keys()) {
      const auto is_key = [&](const Parameter& p) { return p.name == key; };
      if (std::find(tables.begin(), tables.end(), key) == tables.end() &&
          std::none_of(graph_parameters().begin(), graph_parameters().end(), is_key))
        layer.remove(key);
    }
    own_plugins_ = layer.find("plugins") != nullptr;
    if (const auto* dashboard = layer.find("dashboard"))
      if (const auto* table = expect_table(*dashboard, "[device.NAME.dashboard]", problems_))
        SettingsReader(problems_, "the dashboard", true).read(*table, {&dashboard_parameters()});
    if (const auto* mailbox = layer.find("mailbox"))
      read_mailbox(*mailbox, "the mailbox of all stages", problems_, true);
    const auto* stages = layer.find("stage");
    if (!stages || !expect_table(*stages, "[device.NAME.stage.camera]", problems_)) return;
    auto* table = stages_of(layer);
    for (const auto& name : table->keys())
      if (!check_stage(*table->find(name))) table->remove(name);
  }

 private:
  // Does it stand for a stage?
  bool check_stage(const Entry& entry) {
    const auto* layer = expect_table(entry, "[device.NAME.stage.camera]", problems_);
    if (!layer) return false;
    const Entry* below = stages_ ? stages_->find(entry.key) : nullptr;
    const Entry* type = layer->find("type");
    if (!below && !type) {
      const auto names = stages_ ? stages_->keys() : std::vector<std::string>();
      problems_.add(entry.origin, "no-such-stage",
                    fmt::format("the graph has no stage '{}'", entry.key),
                    problems_.near(entry.key, names,
                                   "a stage that only this device has needs a 'type' here"));
      return false;
    }
    const auto* base = below ? below->value.as<Table>() : nullptr;
    if (!type && base) type = base->find("type");
    if (!type) return true;
    const auto name = text_of(type->value);
    if (name && has_variables(*name)) return true;
    // Another device's plugins are on that device. If this is the one, the graph's check tells.
    if (name && own_plugins_ && !StageTypes::all().find(*name)) return true;
    // A wrong type in the graph itself is reported where the whole graph is checked, in the same
    // words, so once.
    if (const auto* stage_type = find_type(type->value, problems_))
      read_stage(*layer, entry.key, *stage_type, problems_, true);
    return true;
  }

  const Table* stages_;
  Problems& problems_;
  bool own_plugins_ = false;  // of the device being checked
};

}  // namespace

void apply_device(Table& graph, const std::string& device, Problems& problems) {
  const auto* found = graph.find("device");
  if (!found) return;
  Entry devices = *found;
  graph.remove("device");
  if (!expect_table(devices, "[device.pi-garage.stage.camera]", problems)) return;
  DeviceCheck check(graph, problems);
  Table* own = nullptr;
  for (auto& entry : devices.value.as<Table>()->entries()) {
    if (!expect_table(entry, "[device.pi-garage.stage.camera]", problems)) continue;
    auto* layer = entry.value.as<Table>();
    check.check(entry.key, *layer);
    if (entry.key == device) own = layer;
  }
  if (own) lay_over(graph, std::move(*own));
}

}  // namespace sluice
