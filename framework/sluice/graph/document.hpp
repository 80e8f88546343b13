// A graph file as a tree of values, in the file's order, each knowing where it stands. What layers
// of files, devices and settings are laid over each other, and what the check reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <sluice/graph/source.hpp>
#include <sluice/graph/stage_type.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sluice {

struct Entry;
struct Value;

class Table {
 public:
  const Entry* find(std::string_view key) const;
  Value* value(std::string_view key);
  // The key must not be there yet.
  void add(Entry entry);
  void remove(std::string_view key);
  std::vector<std::string> keys() const;

  const std::vector<Entry>& entries() const { return entries_; }
  std::vector<Entry>& entries() { return entries_; }

 private:
  std::vector<Entry> entries_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

// A value that is of no use to a graph: a date or a time.
struct Unusable {
  std::string what;  // "a date"
};

// A value about which there is a problem already: nothing more is said of it.
struct Broken {};

struct Value {
  using List = std::vector<Value>;

  Origin origin;
  std::variant<Broken, Unusable, bool, std::int64_t, double, std::string, List, Table> data;
  // What a setting of the command line says, where that is not a text: where a text is wanted,
  // source=7 means "7".
  std::string written = {};

  template <class T>
  const T* as() const {
    return std::get_if<T>(&data);
  }
  template <class T>
  T* as() {
    return std::get_if<T>(&data);
  }
  bool broken() const { return as<Broken>() != nullptr; }
};

struct Entry {
  std::string key;
  Origin origin;  // the key's
  Value value;
};

// Lays one table over another: tables are merged key by key, anything else is replaced.
void lay_over(Table& base, Table over);

// The text that a value is or, of a setting, stands for.
std::optional<std::string> text_of(const Value& value);

// The value as a parameter's, unless it has no such form: a table, a list of numbers, a date.
std::optional<ParamValue> raw_value(const Value& value);

// "a table", "a list", "5", "\"text\"": for messages.
std::string shown(const Value& value);

}  // namespace sluice
