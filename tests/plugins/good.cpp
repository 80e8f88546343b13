// Marks each frame.
#include <sluice/stage.hpp>

namespace {

struct Mark : sluice::Stage {
  static void declare(sluice::Declare<Mark>& d) {
    d.summary("Marks frames");
    d.input(sluice::kinds::frames).output_same();
    d.raises({"mark.made"});
    d.param("label", &Mark::label, "what is written there");
  }
  std::string label = "marked";

  void process(const sluice::FramePtr& frame, sluice::Context& context) override {
    if (frame->sequence == 0)
      context.raise({.name = "mark.made", .source = frame->source, .details = {{"label", label}}});
    context.emit(frame->annotated({{.label = label, .box = {}, .text = {}}}));
  }
};
SLUICE_STAGE(Mark, "good.mark");

}  // namespace
