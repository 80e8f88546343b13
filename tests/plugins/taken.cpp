// Its second type has a name that is taken.
#include <sluice/stage.hpp>

namespace {

struct Fine : sluice::Stage {
  static void declare(sluice::Declare<Fine>& d) {
    d.summary("Has a name of its own");
    d.input(sluice::kinds::frames);
  }
};
SLUICE_STAGE(Fine, "taken.fine");

struct Jpeg : sluice::Stage {
  static void declare(sluice::Declare<Jpeg>& d) {
    d.summary("Would like to be another");
    d.input(sluice::kinds::frames);
  }
};
SLUICE_STAGE(Jpeg, TAKEN_NAME);

}  // namespace
