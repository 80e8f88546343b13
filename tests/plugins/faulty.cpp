// Throws for some frames.
#include <sluice/stage.hpp>

namespace {

struct Faulty : sluice::Stage {
  static void declare(sluice::Declare<Faulty>& d) {
    d.summary("Refuses its sixth frame, and fails at its fourth: d\xE9j\xE0 vu");
    d.input(sluice::kinds::frames).output_same();
    d.param("temper", &Faulty::temper, "of its check");
    d.check([](const Faulty& stage, sluice::ParamProblems&) {
      if (stage.temper == "short") throw std::runtime_error("don't ask me");
    });
  }
  std::string temper = "even";

  void process(const sluice::FramePtr& frame, sluice::Context& context) override {
    if (frame->sequence == 3) throw std::runtime_error("the fourth is too much");
    if (frame->sequence == 5) throw sluice::FrameError("not the sixth");
    context.emit(frame);
  }
};
SLUICE_STAGE(Faulty, "faulty.stage");

}  // namespace
