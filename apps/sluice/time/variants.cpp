#include "time/variants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "time/child.hpp"

namespace sluice::app {
namespace {

// At the commas that stand in no bracket and no text in quotes. A quote begins such a text where a
// value of TOML may begin; elsewhere, as in O'Brien, it is a character like others.
std::vector<std::string> split_values(const std::string& text) {
  std::vector<std::string> values{{}};
  int depth = 0;
  char quote = 0;
  bool begins = true, escapes = false;  // a value; the next character
  for (const char c : text) {
    if (quote == 0 && c == ',' && depth <= 0) {
      values.emplace_back();
      begins = true;
      continue;
    }
    values.back() += c;
    if (quote != 0) {
      const bool escaped = std::exchange(escapes, quote == '"' && c == '\\' && !escapes);
      if (c == quote && !escaped) quote = 0;
      continue;
    }
    if (begins && (c == '"' || c == '\'')) quote = c;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    begins = c == '[' || c == '{' || c == ',' || c == '=' || (begins && c == ' ');
  }
  return values;
}

}  // namespace

std::vector<Variant> variants_of(const std::vector<std::string>& varied) {
  std::vector<Variant> variants(1);
  for (const auto& text : varied) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      throw std::invalid_argument(fmt::format(
          "--vary takes KEY=VALUE,VALUE,... such as stage.jpeg.quality=50,80, not '{}'", text));
    const auto values = split_values(text.substr(equals + 1));
    if (std::find(values.begin(), values.end(), "") != values.end())
      throw std::invalid_argument(
          fmt::format("--vary {}: a value is empty; an empty text is \"\"", text));
    std::vector<Variant> more;
    for (const auto& variant : variants)
      for (const auto& value : values) {
        more.push_back(variant);
        const auto set = text.substr(0, equals + 1) + value;
        more.back().name += (variant.name.empty() ? "" : ", ") + set;
        more.back().sets.push_back(set);
      }
    variants = std::move(more);
  }
  return variants;
}

bool run_in_turns(std::vector<Variant>& variants, int repeat,
                  const std::function<Json(const Variant&)>& run,
                  const std::function<void(const std::string&)>& progress) {
  Children children;
  for (int i = 0; i < repeat; ++i) {
    for (std::size_t k = 0; k < variants.size() && !children.asked(); ++k) {
      auto& variant = variants[i % 2 == 0 ? k : variants.size() - 1 - k];
      progress(fmt::format("run {} of {}{}{}", i + 1, repeat, variant.name.empty() ? "" : ": ",
                           variant.name));
      auto figures = children.run([&] { return run(variant); });
      if (!figures && !children.asked()) return false;
      // A run that was cut short is better than none, but no match for whole ones.
      if (figures && (!children.asked() || variant.runs.empty()))
        variant.runs.push_back(std::move(*figures));
    }
  }
  if (children.asked()) progress("ended by a signal: what follows is what there is by now");
  std::erase_if(variants, [](const Variant& v) { return v.runs.empty(); });
  return !variants.empty();
}

}  // namespace sluice::app
