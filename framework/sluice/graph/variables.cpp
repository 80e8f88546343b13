#include <fmt/format.h>

#include <algorithm>
#include <sluice/graph/utf8.hpp>
#include <sluice/graph/variables.hpp>

namespace sluice {
namespace {

// What variables may make of one graph, in bytes: many texts times a long variable is no graph.
constexpr std::size_t kMostGrown = 4 << 20;

bool letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

bool is_name(std::string_view name) {
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return letter(c) || digit(c); });
}

// $${ stands for ${ itself.
bool escape_at(std::string_view text, std::size_t i) { return text.substr(i, 3) == "$${"; }
bool variable_at(std::string_view text, std::size_t i) { return text.substr(i, 2) == "${"; }

}  // namespace

bool has_variables(const std::string& text) { return text.find("${") != std::string::npos; }

void Variables::expand(Table& table) {
  for (auto& entry : table.entries()) expand(entry.value);
}

void Variables::expand(Value& value) {
  if (auto* table = value.as<Table>()) {
    expand(*table);
  } else if (auto* list = value.as<Value::List>()) {
    for (auto& item : *list) expand(item);
  } else if (const auto* text = value.as<std::string>(); text && has_variables(*text)) {
    if (auto result = expanded(*text, value.origin))
      value.data = std::move(*result);
    else
      value.data = Broken{};
  }
}

std::optional<std::string> Variables::expanded(const std::string& text, const Origin& at) {
  std::string result;
  bool good = true;
  int occurrence = 0;
  const auto bad = [&](ProblemCode code, std::string message, std::string hint) {
    problems_.add(place(at, occurrence), code, std::move(message), std::move(hint));
    good = false;
  };
  for (std::size_t i = 0; i < text.size();) {
    if (escape_at(text, i)) {
      result += "${";
      i += 3;
      continue;
    }
    if (!variable_at(text, i)) {
      result += text[i++];
      continue;
    }
    const auto end = text.find('}', i);
    if (end == std::string::npos) {
      bad("bad-variable", "'${' without a '}'", "write $${ for a plain ${");
      break;
    }
    const std::string_view inside = std::string_view(text).substr(i + 2, end - i - 2);
    const auto mark = inside.find(":-");
    const std::string name(inside.substr(0, mark));
    std::optional<std::string> fallback;
    if (mark != std::string_view::npos) fallback = inside.substr(mark + 2);
    if (!is_name(name)) {
      bad("bad-variable", fmt::format("'{}' is not a variable's name", name),
          "variables are written ${NAME} or ${NAME:-default}; write $${ for a plain ${");
    } else if (fallback && has_variables(*fallback)) {
      bad("bad-variable", "a variable's default can't contain another variable",
          "write the default out");
      break;
    } else {
      auto value = lookup_ ? lookup_(name) : std::nullopt;
      // As in a shell, a variable that is empty counts as one that isn't there.
      if (fallback && (!value || value->empty())) value = fallback;
      if (!value) {
        bad("unknown-variable", fmt::format("the environment has no variable '{}'", name),
            fmt::format("set it, or give a default: ${{{}:-...}}", name));
      } else if (const auto fault = utf8::first_fault(*value); fault != std::string::npos) {
        bad("bad-variable", fmt::format("the value of '{}' is not UTF-8 text", name), {});
      } else if (grown_ += value->size(); grown_ > kMostGrown) {
        bad("bad-variable", "the variables' values make the graph larger than 4 MiB", {});
        break;
      } else {
        result += *value;
      }
    }
    ++occurrence;
    i = end + 1;
  }
  if (!good) return std::nullopt;
  return result;
}

// Where the text's nth variable stands in its line; where its line doesn't show it (a text of
// several lines), the beginning of the text.
Origin Variables::place(const Origin& text, int occurrence) const {
  const auto line = sources_.line(text);
  int column = 1;
  for (std::size_t i = 0; i < line.size();) {
    std::size_t step = utf8::at(line, i).bytes;
    if (column >= text.column) {
      if (escape_at(line, i)) {
        step = 3;
      } else if (variable_at(line, i) && occurrence-- == 0) {
        return {text.source, text.line, column};
      }
    }
    column += step == 3 && escape_at(line, i) ? 3 : 1;
    i += step;
  }
  return text;
}

}  // namespace sluice
