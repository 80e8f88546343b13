// sink.discard: the end of a link that leads nowhere. Its frames are counted and let go.

#include <sluice/stage.hpp>

namespace sluice {
namespace {

struct Discard : Stage {
  static void declare(Declare<Discard>& d) {
    d.summary("Counts frames and lets them go");
    d.input(kinds::frames);
    d.mailbox({.when_full = WhenFull::block});
    d.example(R"(
[stage.camera]
type = "capture.synthetic"

[stage.end]
type = "sink.discard"
from = "camera"
)");
  }
};
SLUICE_STAGE(Discard, "sink.discard");

}  // namespace
}  // namespace sluice
