// Many cameras in one process, as a hub meets them: JPEGs that are ready, each camera over a
// connection of its own. So the hub is measured, and not so many encoders on the same machine.

#include <fmt/format.h>

#include <atomic>
#include <capture/pacer.hpp>
#include <condition_variable>
#include <mutex>
#include <sluice/graph/load.hpp>
#include <sluice/observe/log.hpp>
#include <sluice/runtime/engine.hpp>
#include <sluice/stage.hpp>

#include "pictures.hpp"
#include "timing.hpp"

namespace timing {
namespace {

using namespace sluice;

// Set before the graph starts, and shared by all cameras.
std::vector<Encoded> pictures;
// Turns true when every camera is connected: a frame that waits for its connection is old before
// the hub has had it.
std::atomic<bool> connected{false};

struct Camera : LoopStage {
  static void declare(Declare<Camera>& d) {
    d.summary("JPEGs that are ready");
    d.output(Kind::jpeg);
    d.param("source", &Camera::source, "its name").required();
    d.param("rate", &Camera::rate, "0: as fast as they are taken").unit("frames/s");
    d.param("phase", &Camera::phase, "when it begins: cameras don't all give a frame at once");
  }
  std::string source;
  double rate = 0;
  Duration phase{0};

  void run(LoopContext& context) override {
    while (!connected)
      if (context.wait(std::chrono::milliseconds(1))) return;
    context.wait(phase);
    capture::Pacer pacer(rate);
    for (std::uint64_t i = 0; pacer.next(context); ++i) {
      auto frame = std::make_shared<const Frame>(
          Frame{source, i, context.clock().utc(), true, pictures[i % pictures.size()], {}});
      if (rate > 0)
        context.offer(std::move(frame));
      else
        context.emit(std::move(frame));
    }
  }
};
SLUICE_STAGE(Camera, "timing.camera");

std::string graph_of(int count, double rate, const std::string& pattern,
                     const std::string& address) {
  std::string text = rate > 0 ? "" : "mailbox = { when_full = \"block\" }\n";
  for (int i = 0; i < count; ++i) {
    const auto phase_us = rate > 0 ? static_cast<int>(1e6 * i / count / rate) : 0;
    text += fmt::format(
        "[stage.camera{0}]\ntype = \"timing.camera\"\nsource = \"cam{0}\"\nrate = {1}\n"
        "phase = \"{2}us\"\n[stage.up{0}]\ntype = \"transport.send\"\nfrom = \"camera{0}\"\n"
        "pattern = \"{3}\"\n{4} = \"{5}\"\n",
        i, rate, phase_us, pattern, pattern == "publish" ? "bind" : "connect", address);
  }
  return text;
}

class Connections {
 public:
  explicit Connections(int wanted) : wanted_(wanted) {}
  void hear(const Event& event) {
    const std::lock_guard lock(mutex_);
    if (event.name == "link.up" && ++up_ == wanted_) all_.notify_one();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    if (!all_.wait_for(lock, std::chrono::seconds(20), [this] { return up_ >= wanted_; }))
      throw std::runtime_error(fmt::format("{} of {} cameras found the hub", up_, wanted_));
  }

 private:
  const int wanted_;
  int up_ = 0;
  std::mutex mutex_;
  std::condition_variable all_;
};

}  // namespace

int cameras(const Arguments& a) {
  set_log_level(LogLevel::warning);
  for (auto& jpeg : jpegs_in(a[0])) pictures.push_back(Encoded::from(Kind::jpeg, std::move(jpeg)));
  const int count = std::stoi(a[1]);
  auto loaded =
      load_graph_text(graph_of(count, std::stod(a[2]), a[4], a[5]), default_request("cameras"));
  if (!loaded.plan) throw std::runtime_error(to_text(loaded.problems.at(0)));
  Connections connections(count);
  EngineOptions options;
  options.on_event = [&](const Event& event) { connections.hear(event); };
  Engine engine(std::move(*loaded.plan), options);
  engine.start();
  connections.wait();
  connected = true;
  if (engine.wait(std::chrono::milliseconds(static_cast<int>(1e3 * std::stod(a[3])))))
    throw std::runtime_error("it ended early: " + engine.failure());
  engine.stop();
  if (!engine.wait(std::chrono::minutes(1))) throw std::runtime_error("it does not end");
  // What each camera gave, whether or not it came to the hub.
  std::string given;
  for (const auto& stage : engine.report().stages)
    if (stage.type == "timing.camera")
      given += fmt::format("{}\"cam{}\": {}", given.empty() ? "" : ", ",
                           stage.name.substr(sizeof("camera") - 1), stage.in);
  fmt::print("{{\"given\": {{{}}}}}\n", given);
  return 0;
}

}  // namespace timing
