#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <sluice/graph/overlay.hpp>
#include <sluice/graph/parse.hpp>
#include <sluice/graph/utf8.hpp>

namespace sluice {
namespace {

constexpr std::size_t kLongestSet = 64 << 10;  // bytes

// The first '=' that is not inside quotes; npos: none.
std::size_t equals_sign(std::string_view set) {
  char quote = 0;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (quote != 0) {
      if (set[i] == quote) quote = 0;
    } else if (set[i] == '"' || set[i] == '\'') {
      quote = set[i];
    } else if (set[i] == '=') {
      return i;
    }
  }
  return std::string_view::npos;
}

class SetReader {
 public:
  explicit SetReader(Problems& problems) : problems_(problems) {}

  // The setting as a table to lay over the graph; nothing if there is a problem with it.
  std::optional<Table> read(std::string_view set, const Origin& at) {
    const auto equals = equals_sign(set);
    if (equals == std::string_view::npos) return bad(at, "a setting without '='");
    const auto key = parse_key(set.substr(0, equals), at);
    if (key.empty())
      return bad(at, fmt::format("'{}' is not a key", std::string(set.substr(0, equals))));
    if (key.front().first == "include" || key.front().first == "device") {
      problems_.add(key.front().second, "bad-set",
                    fmt::format("'{}' can't be set here", key.front().first),
                    "settings come after files and devices; set the stage's own key");
      return std::nullopt;
    }
    const auto behind = set.substr(equals + 1);
    const Origin place{at.source, at.line,
                       at.column + static_cast<int>(utf8::length(set.substr(0, equals + 1)))};
    auto value = parse_value(behind, place);
    if (!value) value = Value{place, std::string(behind)};
    value->origin = place;

    for (auto part = key.rbegin(); part != key.rend(); ++part) {
      Table table;
      table.add({part->first, part->second, std::move(*value)});
      // The table stands where the key does whose value it is, as in a file.
      const auto outer = std::next(part);
      value = Value{outer == key.rend() ? at : outer->second, std::move(table)};
    }
    return std::move(*value->as<Table>());
  }

 private:
  std::optional<Table> bad(const Origin& at, std::string message) {
    problems_.add(at, "bad-set", std::move(message), "write stage.NAME.KEY=VALUE");
    return std::nullopt;
  }

  Problems& problems_;
};

bool stages_are_there(const Table& graph, const Table& layer, Problems& problems) {
  const auto* set = layer.find("stage");
  const auto* names = set ? set->value.as<Table>() : nullptr;
  if (!names) return true;
  const auto* stage = graph.find("stage");
  const auto* stages = stage ? stage->value.as<Table>() : nullptr;
  bool good = true;
  for (const auto& entry : names->entries()) {
    if (stages && stages->find(entry.key)) continue;
    const auto there = stages ? stages->keys() : std::vector<std::string>();
    problems.add(entry.origin, "no-such-stage",
                 fmt::format("the graph has no stage '{}'", entry.key),
                 problems.near(entry.key, there,
                               there.empty() ? "" : fmt::format("it has {}", listed(there))));
    good = false;
  }
  return good;
}

}  // namespace

std::vector<Table> read_sets(const std::vector<std::string>& sets, FileTexts& sources,
                             Problems& problems) {
  std::vector<Table> settings;
  if (sets.empty()) return settings;
  // One line of one source for each, so that a problem can show it.
  std::string text;
  for (const auto& set : sets) {
    auto line = set.size() > kLongestSet ? std::string("(too long)") : set;
    std::replace(line.begin(), line.end(), '\n', ' ');
    text += line + "\n";
  }
  const int source = sources.add("--set", std::move(text));
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const Origin at{source, static_cast<int>(i) + 1, 1};
    if (sets[i].size() > kLongestSet) {
      problems.add(at, "bad-set", "a setting longer than 64 KiB");
    } else if (utf8::first_fault(sets[i]) != std::string::npos) {
      problems.add(at, "bad-set", "a setting that is not UTF-8 text");
    } else if (auto layer = SetReader(problems).read(sets[i], at)) {
      settings.push_back(std::move(*layer));
    }
  }
  return settings;
}

void apply_sets(Table& graph, std::vector<Table> settings, Problems& problems) {
  for (auto& layer : settings)
    if (stages_are_there(graph, layer, problems)) lay_over(graph, std::move(layer));
}

}  // namespace sluice
