// A shared object that has nothing to do with Sluice. None of its code may run.
#include <cstdlib>

namespace {

const bool ran = (std::abort(), true);

}  // namespace
