// Why a plugin isn't loaded.
#pragma once

#include <sluice/graph/problem.hpp>
#include <stdexcept>
#include <string>

namespace sluice {

// what() says what is wrong with which file.
class PluginError : public std::runtime_error {
 public:
  PluginError(ProblemCode code, const std::string& what, std::string hint)
      : std::runtime_error(what), code_(code), hint_(std::move(hint)) {}

  ProblemCode code() const { return code_; }
  const std::string& hint() const { return hint_; }  // what to do

 private:
  ProblemCode code_;
  std::string hint_;
};

}  // namespace sluice
