// A camera that is slow to start, whatever happens meanwhile, and that fails.
#include <sluice/stage.hpp>
#include <thread>

namespace {

struct Slow : sluice::LoopStage {
  static void declare(sluice::Declare<Slow>& d) {
    d.summary("Starts slowly, and fails");
    d.output(sluice::Kind::gray8);
    d.param("start_takes", &Slow::start_takes, "each time");
    d.param("frames", &Slow::frames, "after so many it fails; 0: never");
  }
  sluice::Duration start_takes{};
  int frames = 0;

  // As a driver does that waits for its device: nothing can be asked of it meanwhile.
  void start(sluice::Context&) override { std::this_thread::sleep_for(start_takes); }

  void run(sluice::LoopContext& context) override {
    for (std::uint64_t n = 0; frames == 0 || n < static_cast<std::uint64_t>(frames); ++n) {
      if (context.wait(std::chrono::milliseconds(10))) return;
      context.offer(
          sluice::share({"slow",
                         n,
                         context.clock().utc(),
                         true,
                         sluice::Image(sluice::Kind::gray8, cv::Mat::zeros(48, 64, CV_8UC1)),
                         {}}));
    }
    throw std::runtime_error("the cable is loose");
  }
};
SLUICE_STAGE(Slow, "slow.camera");

}  // namespace
