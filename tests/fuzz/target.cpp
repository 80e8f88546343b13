#include "target.hpp"

namespace fuzz {
namespace {

std::map<std::string, OneInput>& registered() {
  static std::map<std::string, OneInput> all;
  return all;
}

}  // namespace

Target::Target(const std::string& name, OneInput one_input) {
  registered().emplace(name, one_input);
}

const std::map<std::string, OneInput>& targets() { return registered(); }

}  // namespace fuzz
