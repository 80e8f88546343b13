// ${VAR} and ${VAR:-default} in a graph's texts.
#pragma once

#include <functional>
#include <optional>
#include <sluice/graph/document.hpp>
#include <sluice/graph/problems.hpp>
#include <string>

namespace sluice {

using Lookup = std::function<std::optional<std::string>(const std::string&)>;

class Variables {
 public:
  Variables(const Lookup& lookup, const FileTexts& sources, Problems& problems)
      : lookup_(lookup), sources_(sources), problems_(problems) {}

  // In every text of the table. A text with a problem becomes Broken.
  void expand(Table& table);
  void expand(Value& value);

 private:
  // Nothing if there was a problem, which is reported.
  std::optional<std::string> expanded(const std::string& text, const Origin& at);
  Origin place(const Origin& text, int occurrence) const;

  const Lookup& lookup_;
  const FileTexts& sources_;
  Problems& problems_;
  std::size_t grown_ = 0;  // bytes, of all texts so far
};

// Would expanding change it?
bool has_variables(const std::string& text);

}  // namespace sluice
