#include <algorithm>
#include <sluice/graph/parse.hpp>
#include <sluice/graph/prescan.hpp>
#include <sluice/graph/utf8.hpp>

// With NDEBUG the library turns its assertions into assumptions for the optimizer, and a text such
// as
// "[+a]" breaks one although the code behind it deals with that text well. So: neither.
#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void>(0)
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

namespace sluice {
namespace {

// Where the text that is parsed begins in its source.
struct Shift {
  int source = 0;
  int line = 0;    // added to lines
  int column = 0;  // added to columns of the first line
};

Origin origin_of(const toml::source_position& place, const Shift& shift) {
  const int line = static_cast<int>(place.line);
  return {shift.source, line + shift.line,
          static_cast<int>(place.column) + (line == 1 ? shift.column : 0)};
}

bool before(const Origin& a, const Origin& b) {
  return a.line != b.line ? a.line < b.line : a.column < b.column;
}

Value converted(const toml::node& node, const Shift& shift);

Table converted_table(const toml::table& table, const Shift& shift) {
  std::vector<Entry> entries;
  for (const auto& [key, node] : table) {
    Entry entry{std::string(key.str()), origin_of(key.source().begin, shift),
                converted(node, shift)};
    // A table with a header of its own, or made by a dotted key, begins at no better place.
    if (before(entry.value.origin, entry.origin)) entry.value.origin = entry.origin;
    entries.push_back(std::move(entry));
  }
  // The library sorts by name.
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return before(a.origin, b.origin); });
  Table result;
  for (auto& entry : entries) result.add(std::move(entry));
  return result;
}

Value converted(const toml::node& node, const Shift& shift) {
  Value value{origin_of(node.source().begin, shift), Broken{}};
  if (const auto* table = node.as_table()) {
    value.data = converted_table(*table, shift);
  } else if (const auto* array = node.as_array()) {
    Value::List list;
    for (const auto& item : *array) list.push_back(converted(item, shift));
    value.data = std::move(list);
  } else if (const auto* text = node.as_string()) {
    value.data = text->get();
  } else if (const auto* integer = node.as_integer()) {
    value.data = std::int64_t{integer->get()};
  } else if (const auto* number = node.as_floating_point()) {
    value.data = number->get();
  } else if (const auto* boolean = node.as_boolean()) {
    value.data = boolean->get();
  } else {
    value.data = Unusable{node.is_time()   ? "a time"
                          : node.is_date() ? "a date"
                                           : "a date and time"};
  }
  return value;
}

// The place of a byte of the text.
Origin place_of(std::string_view text, std::size_t byte, int source) {
  const auto before_it = text.substr(0, byte);
  const auto line_begin = before_it.rfind('\n') + 1;  // npos + 1 is 0
  const auto lines = std::count(before_it.begin(), before_it.end(), '\n');
  return {source, static_cast<int>(lines) + 1,
          static_cast<int>(utf8::length(before_it.substr(line_begin))) + 1};
}

// What the library says, in this project's manner: "expected ']', saw '\n'".
std::string reason(std::string_view description) {
  constexpr std::string_view kPrefix = "Error while ";
  if (description.substr(0, kPrefix.size()) == kPrefix) description.remove_prefix(kPrefix.size());
  return std::string(description);
}

std::string_view without_mark(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark)
    text.remove_prefix(kByteOrderMark.size());
  return text;
}

}  // namespace

std::optional<Table> parse_document(const FileTexts& sources, int source, Problems& problems) {
  const std::string& whole = sources.text(source);
  const Origin file{source, 0, 0};
  if (whole.empty()) {
    problems.add(file, "empty-file", "the file is empty",
                 "a graph has at least one [stage.NAME] with a type");
    return std::nullopt;
  }
  if (whole.size() > kMaxGraphFile) {
    problems.add(file, "too-large", "the graph is larger than 1 MiB");
    return std::nullopt;
  }
  if (const auto fault = utf8::first_fault(whole); fault != std::string::npos) {
    problems.add(place_of(whole, fault, source), "not-text",
                 whole[fault] == '\0' ? "a NUL byte: this is not a text" : "this is not UTF-8 text",
                 "save the file as UTF-8; is it a graph file at all?");
    return std::nullopt;
  }
  const auto text = without_mark(whole);
  if (auto fault = prescan(text)) {
    problems.add(place_of(text, fault->byte, source), fault->code, std::move(fault->message));
    return std::nullopt;
  }
  const auto result = toml::parse(text);
  if (!result) {
    const auto& error = result.error();
    problems.add(origin_of(error.source().begin, {source, 0, 0}), "syntax",
                 reason(error.description()));
    return std::nullopt;
  }
  return converted_table(result.table(), {source, 0, 0});
}

std::optional<Value> parse_value(std::string_view text, const Origin& at) {
  constexpr std::string_view kKey = "v=";
  if (text.find_first_of("\r\n") != std::string_view::npos) return std::nullopt;
  if (prescan(text)) return std::nullopt;
  const auto result = toml::parse(std::string(kKey) + std::string(text));
  if (!result || result.table().size() != 1) return std::nullopt;
  const toml::node* node = result.table().get("v");
  if (!node) return std::nullopt;
  const Shift shift{at.source, at.line - 1, at.column - 1 - static_cast<int>(kKey.size())};
  auto value = converted(*node, shift);
  if (!value.as<std::string>() && !value.as<Value::List>() && !value.as<Table>()) {
    // For TOML 5#7 is 5 and a comment; for whoever typed it on a command line it is a text.
    if (text.find('#') != std::string_view::npos) return std::nullopt;
    value.written = text;
  }
  return value;
}

std::vector<std::pair<std::string, Origin>> parse_key(std::string_view text, const Origin& at) {
  if (text.find_first_of("\r\n#[]{}") != std::string_view::npos) return {};
  if (prescan(text)) return {};
  const auto result = toml::parse(std::string(text) + "=0");
  if (!result) return {};
  const Shift shift{at.source, at.line - 1, at.column - 1};
  std::vector<std::pair<std::string, Origin>> parts;
  const toml::node* node = &result.table();
  while (const auto* table = node->as_table()) {
    if (table->size() != 1) return {};
    // The iterator owns the pair that it points to.
    const auto entry = table->begin();
    const auto& [key, value] = *entry;
    parts.emplace_back(std::string(key.str()), origin_of(key.source().begin, shift));
    node = &value;
  }
  return parts;
}

}  // namespace sluice
