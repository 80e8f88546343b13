// A fuzz target: a function that takes any bytes as something that comes from outside, and throws
// if what must hold doesn't. Each stands in NAME_input.cpp and registers itself:
//
//   const fuzz::Target target("wire", one_input);
//
// libFuzzer feeds one of them (tools/fuzz), the ordinary tests feed all of them the files in
// corpus/NAME/.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <string>

namespace fuzz {

using Bytes = std::span<const std::uint8_t>;
using OneInput = void (*)(Bytes);

struct Target {
  Target(const std::string& name, OneInput one_input);
};

// Those in this program, by name.
const std::map<std::string, OneInput>& targets();

inline void must(bool holds, const std::string& what) {
  if (!holds) throw std::logic_error(what);
}

}  // namespace fuzz
