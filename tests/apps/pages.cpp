#include "pages.hpp"

#include "process.hpp"

namespace test {

std::vector<std::string> graphs_on(const std::string& page) {
  const auto text = read_text(std::filesystem::path(SLUICE_SOURCE_DIR) / page);
  const std::string begin = "```toml\n";
  std::vector<std::string> graphs;
  for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
    at += begin.size();
    graphs.push_back(text.substr(at, text.find("```", at) - at));
  }
  return graphs;
}

}  // namespace test
