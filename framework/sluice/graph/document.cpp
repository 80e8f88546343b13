#include <sluice/graph/document.hpp>
#include <utility>

namespace sluice {

const Entry* Table::find(std::string_view key) const {
  const auto it = index_.find(key);
  return it == index_.end() ? nullptr : &entries_[it->second];
}

Value* Table::value(std::string_view key) {
  const auto it = index_.find(key);
  return it == index_.end() ? nullptr : &entries_[it->second].value;
}

void Table::add(Entry entry) {
  index_.emplace(entry.key, entries_.size());
  entries_.push_back(std::move(entry));
}

void Table::remove(std::string_view key) {
  const auto it = index_.find(key);
  if (it == index_.end()) return;
  const auto place = it->second;
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(place));
  index_.erase(it);
  for (auto& [name, index] : index_)
    if (index > place) --index;
}

std::vector<std::string> Table::keys() const {
  std::vector<std::string> names;
  for (const auto& entry : entries_) names.push_back(entry.key);
  return names;
}

void lay_over(Table& base, Table over) {
  for (auto& entry : over.entries()) {
    Value* below = base.value(entry.key);
    if (!below) {
      base.add(std::move(entry));
      continue;
    }
    auto* table = below->as<Table>();
    auto* upper = entry.value.as<Table>();
    if (table && upper) {
      lay_over(*table, std::move(*upper));
    } else {
      // The key too: what is wrong with it now is wrong where it was said last.
      const auto place = static_cast<std::size_t>(base.find(entry.key) - base.entries().data());
      base.entries()[place] = std::move(entry);
    }
  }
}

std::optional<std::string> text_of(const Value& value) {
  if (const auto* text = value.as<std::string>()) return *text;
  if (!value.written.empty()) return value.written;
  return std::nullopt;
}

std::optional<ParamValue> raw_value(const Value& value) {
  if (const auto* b = value.as<bool>()) return *b;
  if (const auto* i = value.as<std::int64_t>()) return *i;
  if (const auto* d = value.as<double>()) return *d;
  if (const auto* s = value.as<std::string>()) return *s;
  if (const auto* list = value.as<Value::List>()) {
    std::vector<std::string> texts;
    for (const auto& item : *list) {
      const auto* text = item.as<std::string>();
      if (!text) return std::nullopt;
      texts.push_back(*text);
    }
    return texts;
  }
  return std::nullopt;
}

std::string shown(const Value& value) {
  if (value.as<Table>()) return "a table";
  if (const auto* unusable = value.as<Unusable>()) return unusable->what;
  const auto raw = raw_value(value);
  return raw ? to_toml(*raw, ParamType::text) : "a list of something else";
}

}  // namespace sluice
