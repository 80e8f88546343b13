// What stands in the documents.
#pragma once

#include <string>
#include <vector>

namespace test {

// The graphs on a page, named as in "docs/graph-file.md".
std::vector<std::string> graphs_on(const std::string& page);

}  // namespace test
