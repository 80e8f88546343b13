// As built for a Sluice to come. None of its code may run.
#include <cstdlib>
#include <sluice/stage.hpp>

#undef SLUICE_ABI_VERSION
#define SLUICE_ABI_VERSION 999

namespace {

const bool ran = (std::abort(), true);

struct Foreign : sluice::Stage {
  static void declare(sluice::Declare<Foreign>& d) {
    d.summary("Is for another program");
    d.input(sluice::kinds::frames);
  }
};
SLUICE_STAGE(Foreign, "foreign.stage");

}  // namespace
