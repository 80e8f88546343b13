#include "graph/mermaid.hpp"

namespace sluice::app {
std::string to_mermaid(const Drawing&, Direction) { return {}; }
}  // namespace sluice::app
