#include "markup.hpp"

#include <sluice/observe/log.hpp>

namespace sluice::app {

std::string markup(std::string_view text) {
  std::string safe;
  for (const char c : escaped(text)) switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += c;
    }
  return safe;
}

}  // namespace sluice::app
