// The keys of a table whose values are parameters: those of a stage type, of a mailbox, of restart.
#pragma once

#include <initializer_list>
#include <map>
#include <sluice/graph/document.hpp>
#include <sluice/graph/problems.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

// The keys that every stage has besides its type's parameters: type, from, mailbox and restart; and
// those with one value, which are declared like a type's parameters.
const std::vector<Parameter>& stage_parameters();      // workers, optional
const std::vector<Parameter>& mailbox_parameters();    // capacity, when_full, max_bytes, max_age
const std::vector<Parameter>& restart_parameters();    // on, at_most, within
const std::vector<Parameter>& graph_parameters();      // drain, memory, plugins
const std::vector<Parameter>& dashboard_parameters();  // listen, token, hosts

// What names of graphs and stages are made of, as a regular expression.
inline constexpr std::string_view kIdentifier = "[A-Za-z0-9_-]{1,64}";
bool is_identifier(std::string_view name);

// By name, what a table gives and what is right. A key that is given but wrong or unknown is in
// `wrong`.
struct Settings {
  std::map<std::string, ParamValue, std::less<>> values;
  std::map<std::string, bool, std::less<>> wrong;

  const ParamValue* find(std::string_view name) const;
  template <class T>
  const T* get(std::string_view name) const {
    const auto* value = find(name);
    return value ? std::get_if<T>(value) : nullptr;
  }
};

class SettingsReader {
 public:
  // `of`: whose keys they are, for messages: "stage 'jpeg'". With `variables_stand`, texts that
  // still have variables in them are passed over.
  SettingsReader(Problems& problems, std::string of, bool variables_stand = false)
      : problems_(problems), of_(std::move(of)), variables_stand_(variables_stand) {}

  // Reads the keys that are parameters of one of the lists; others than those and `besides` are
  // unknown.
  Settings read(const Table& table, std::initializer_list<const std::vector<Parameter>*> lists,
                const std::vector<std::string>& besides = {});

 private:
  void read_one(const Parameter& parameter, const Entry& entry, Settings& settings);

  Problems& problems_;
  std::string of_;
  bool variables_stand_;
};

}  // namespace sluice
