// The cost of handing a frame from stage to stage, without any work in them.

#include <fmt/format.h>

#include <atomic>
#include <sluice/graph/load.hpp>
#include <sluice/runtime/engine.hpp>
#include <sluice/stage.hpp>

#include "timing.hpp"

namespace timing {
namespace {

using namespace sluice;

// 640×480 BGR frames that share their pixels, as preloaded frames do.
struct Source : LoopStage {
  static void declare(Declare<Source>& d) {
    d.summary("Frames by reference");
    d.output(Kind::bgr8);
    d.param("frames", &Source::frames, "0: without end");
    d.param("rate", &Source::rate, "0: as fast as they are taken").unit("frames/s");
  }
  std::int64_t frames = 0;
  double rate = 0;

  void run(LoopContext& context) override {
    const Image image(Kind::bgr8, cv::Mat::zeros(480, 640, CV_8UC3));
    auto next = context.clock().steady();
    for (std::uint64_t i = 0; !context.stopping(); ++i) {
      if (frames != 0 && i == static_cast<std::uint64_t>(frames)) return;
      if (rate > 0) {
        next += Duration(static_cast<std::int64_t>(1e9 / rate));
        if (context.wait(next - context.clock().steady())) return;
      }
      context.emit(std::make_shared<const Frame>(
          Frame{"camera", i, context.clock().utc(), true, image, {}}));
    }
  }
};
SLUICE_STAGE(Source, "timing.source");

struct Pass : sluice::Stage {
  static void declare(Declare<Pass>& d) {
    d.summary("Passes frames on");
    d.input(kinds::frames).output_same();
    d.mailbox({.when_full = WhenFull::block});
  }
  void process(const FramePtr& frame, Context& context) override { context.emit(frame); }
};
SLUICE_STAGE(Pass, "timing.pass");

Plan chain(int hops, int capacity, std::int64_t frames, double rate) {
  auto text = fmt::format(
      "mailbox = {{ when_full = \"block\", capacity = {} }}\n[stage.s]\ntype = \"timing.source\"\n"
      "frames = {}\nrate = {}\n",
      capacity, frames, rate);
  std::string last = "s";
  for (int i = 1; i <= hops; ++i) {
    text += fmt::format("[stage.hop{}]\ntype = \"timing.pass\"\nfrom = \"{}\"\n", i, last);
    last = fmt::format("hop{}", i);
  }
  text += fmt::format("[stage.end]\ntype = \"sink.discard\"\nfrom = \"{}\"\n", last);
  auto loaded = load_graph_text(text, default_request("chain"));
  if (!loaded.plan) throw std::runtime_error(to_text(loaded.problems.at(0)));
  return std::move(*loaded.plan);
}

double cpu_seconds() {
  Report report;
  read_process(report);
  return report.cpu_s;
}

}  // namespace

int hops(const Arguments& a) {
  const auto frames = std::stoll(a[2]);
  Engine engine(chain(std::stoi(a[0]), std::stoi(a[1]), frames, 0));
  const double before = cpu_seconds();
  engine.start();
  if (!engine.wait(std::chrono::minutes(5))) throw std::runtime_error("it does not end");
  const auto report = engine.report();
  fmt::print("{{\"frames\": {}, \"wall_s\": {:.6f}, \"cpu_s\": {:.6f}}}\n",
             report.stages.back().out, report.wall_s, cpu_seconds() - before);
  return 0;
}

int paced(const Arguments& a) {
  const int count = std::stoi(a[0]);
  Engine engine(chain(count, 4, 0, std::stod(a[1])));
  const double before = cpu_seconds();
  engine.start();
  if (engine.wait(std::chrono::seconds(std::stoll(a[2]))))
    throw std::runtime_error("it ended early");
  const auto report = engine.report();
  const auto& end = report.stages.back();
  fmt::print(
      "{{\"frames\": {}, \"wall_s\": {:.3f}, \"cpu_s\": {:.4f}, \"hops\": {}, "
      "\"age_ms\": {{\"p50\": {:.4f}, \"p99\": {:.4f}, \"max\": {:.4f}}}}}\n",
      end.out, report.wall_s, cpu_seconds() - before, count + 1, end.age.p50, end.age.p99,
      end.age.max);
  return 0;
}

}  // namespace timing
