#include "transport/json_limits.hpp"

#include <algorithm>

namespace sluice::wire {
namespace {

// Just past the quotation mark that ends the string which begins before `at`.
std::size_t end_of_string(std::string_view json, std::size_t at) {
  while (at < json.size() && json[at] != '"') at += json[at] == '\\' ? 2 : 1;
  return std::min(at + 1, json.size());
}

bool in_number(char c) {
  return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
}

}  // namespace

const char* beyond_limits(std::string_view json) {
  if (json.size() > kLongestJson) return "is over 64 KiB";
  int depth = 0;
  std::size_t values = 1, digits = 0;
  for (std::size_t i = 0; i < json.size();) {
    const char c = json[i++];
    digits = in_number(c) ? digits + 1 : 0;
    if (digits > kLongestJsonNumber) return "has a number that is too long";
    switch (c) {
      case '"':
        i = end_of_string(json, i);
        break;
      case '[':
      case '{':
        if (++depth > kDeepestJson) return "is nested too deeply";
        ++values;
        break;
      case ']':
      case '}':
        --depth;
        break;
      case ',':
        ++values;
        break;
      default:
        break;
    }
    if (values > kMostJsonValues) return "holds too many values";
  }
  return nullptr;
}

}  // namespace sluice::wire
