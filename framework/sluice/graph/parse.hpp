// TOML to the tree of document.hpp. The only place that knows the TOML library.
#pragma once

#include <optional>
#include <sluice/graph/document.hpp>
#include <sluice/graph/problems.hpp>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice {

// A whole file. Nothing if it can't be read as TOML; `problems` says why.
std::optional<Table> parse_document(const FileTexts& sources, int source, Problems& problems);

// One value as TOML writes it, which begins at a place; nothing if it is not that.
std::optional<Value> parse_value(std::string_view text, const Origin& at);

// A dotted key as TOML writes it, part by part with the place of each; empty if it is not that.
std::vector<std::pair<std::string, Origin>> parse_key(std::string_view text, const Origin& at);

}  // namespace sluice
