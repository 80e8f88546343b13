// What a command gets of this process's environment.
#pragma once

#include <string>
#include <vector>

namespace sluice::external {

// "NAME=VALUE" of the variables that a program needs to find its way: PATH, HOME, USER, LANG,
// LC_..., TZ and TMPDIR; and of those in `names`. Not of others: a service's environment has its
// secrets.
std::vector<std::string> passed_on(const std::vector<std::string>& names);

}  // namespace sluice::external
