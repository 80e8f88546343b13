#include "time/variants.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "time/child.hpp"

namespace sluice::app {
namespace {

std::vector<std::string> split_values(const std::string& text) {
  std::vector<std::string> values{{}};
  int depth = 0;
  char quote = 0;
  for (const char c : text) {
    if (quote != 0)
      quote = c == quote ? 0 : quote;
    else if (c == '"' || c == '\'')
      quote = c;
    else if (c == '[' || c == '{')
      ++depth;
    else if (c == ']' || c == '}')
      --depth;
    else if (c == ',' && depth == 0) {
      values.emplace_back();
      continue;
    }
    values.back() += c;
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
      throw std::invalid_argument(fmt::format("--vary {}: a value is empty", text));
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
      if (auto figures = children.run([&] { return run(variant); }))
        variant.runs.push_back(std::move(*figures));
      else
        return false;
    }
  }
  return std::none_of(variants.begin(), variants.end(),
                      [](const Variant& v) { return v.runs.empty(); });
}

}  // namespace sluice::app
