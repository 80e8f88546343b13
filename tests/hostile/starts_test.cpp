// Graphs started and stopped in one process, one after the other: nothing of them stays.
// SLUICE_STARTS: how many, as `tools/soak starts` asks for 10,000.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sluice/graph/load.hpp>
#include <sluice/runtime/engine.hpp>

#include "catch.hpp"
#include "eventually.hpp"
#include "running.hpp"

using namespace std::chrono_literals;

namespace {

std::size_t entries(const char* folder) {
  std::size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++n;
  return n;
}

double resident_mib() {
  std::ifstream file("/proc/self/statm");
  double all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1048576;
}

struct Held {
  std::size_t descriptors = entries("/proc/self/fd");
  std::size_t threads = entries("/proc/self/task");
  double mib = resident_mib();
};

}  // namespace

TEST_CASE("graphs started and stopped, many times in one process: nothing stays") {
  const char* asked = std::getenv("SLUICE_STARTS");
  const int all = asked ? std::atoi(asked) : 300;
  const test::Folder folder;
  const auto file = folder.write("both.toml", fmt::format(R"(
[stage.camera]
type   = "capture.synthetic"
width  = 64
height = 48
rate   = 500
[stage.jpeg]
type = "encode.jpeg"
from = "camera"
[stage.uplink]
type    = "transport.send"
from    = "jpeg"
connect = "ipc://{0}/hub"
[stage.cameras]
type = "transport.receive"
bind = "ipc://{0}/hub"
[stage.decode]
type = "decode.jpeg"
from = "cameras"
[stage.motion]
type = "motion.detect"
from = "decode"
[stage.page]
type   = "display.web"
from   = "motion"
listen = "127.0.0.1:0"
)",
                                                          folder.path().string()));
  std::optional<Held> warm;
  double most = 0;
  for (int i = 0; i < all; ++i) {
    auto loaded = sluice::load_graph(sluice::default_request(file));
    REQUIRE(loaded.plan);
    {
      sluice::Engine engine(std::move(*loaded.plan));
      engine.start();
      // Some are stopped before anything has come through, others after it.
      if (i % 3 != 0)
        REQUIRE(test::eventually([&] { return engine.report().stages.back().in > 0; }));
      engine.stop();
      REQUIRE(engine.wait(30s));
      CHECK(engine.failure().empty());
    }
    most = std::max(most, resident_mib());
    if (i == all / 3) warm.emplace();  // what libraries make once and keep is there by now
  }
  // A thread that has been waited for may be counted for a moment longer.
  test::eventually([&] { return Held().threads <= warm->threads; });
  const Held end;
  test::row(
      "{} starts and stops: {} descriptors and {} threads after a third, {} and {} at the "
      "end; {:.0f} MiB, {:.0f} MiB at the end, {:.0f} at most",
      all, warm->descriptors, warm->threads, end.descriptors, end.threads, warm->mib, end.mib,
      most);
  CHECK(end.descriptors == warm->descriptors);
  CHECK(end.threads <= warm->threads);
  CHECK(end.mib <= warm->mib + test::kMostGrown);
}
