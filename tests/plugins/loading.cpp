// Does its DEED while it is loaded.
#include <cstdio>
#include <cstdlib>
#include <sluice/stage.hpp>

[[maybe_unused]] void nobody_has_this();

namespace {

struct Fine : sluice::Stage {
  static void declare(sluice::Declare<Fine>& d) {
    d.summary("Is not to blame");
    d.input(sluice::kinds::frames);
  }
};
SLUICE_STAGE(Fine, "loading.fine");

const bool done = [] {
  DEED;
  return true;
}();

}  // namespace
