// log.events: every event that it hears as one line of JSON.

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <sluice/stage.hpp>
#include <system_error>

namespace sluice {
namespace {

struct LogEvents : Stage {
  static void declare(Declare<LogEvents>& d) {
    d.summary("Writes events as lines of JSON");
    d.manual(
        "Without `from` it hears every stage of the graph, and what befalls the stages "
        "themselves:\n"
        "stage.failed, stage.restarted, stage.gave_up. Each line is written out at once.");
    d.input(Kind::event);
    d.hears_all();
    d.single_worker();
    d.param("file", &LogEvents::file, "where to; \"-\" is standard output");
    d.param("append", &LogEvents::append, "keep what the file has, and go on behind it");
    d.example(R"(
[stage.camera]
type = "capture.synthetic"

[stage.motion]
type = "motion.detect"
from = "camera"

[stage.end]
type = "sink.discard"
from = "motion"

[stage.events]
type = "log.events"
file = "/tmp/events.jsonl"
)");
  }

  std::string file = "-";
  bool append = true;

  void start(Context&) override {
    if (file == "-") return;
    opened_.reset(std::fopen(file.c_str(), append ? "ae" : "we"));
    if (!opened_) fail("open", "is there such a folder, and may you write there?");
  }

  void on_event(const Event& event, Context&) override {
    std::FILE* to = opened_ ? opened_.get() : stdout;
    const std::string line = to_json(event) + "\n";
    if (std::fwrite(line.data(), 1, line.size(), to) != line.size() || std::fflush(to) != 0)
      fail("write to", "is the disk full, or has the reader gone?");
  }

 private:
  struct Close {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };

  [[noreturn]] void fail(std::string_view what, std::string_view ask) const {
    throw std::runtime_error(fmt::format("cannot {} {}: {}; {}", what,
                                         file == "-" ? "standard output" : file,
                                         std::generic_category().message(errno), ask));
  }

  std::unique_ptr<std::FILE, Close> opened_;
};
SLUICE_STAGE(LogEvents, "log.events");

}  // namespace
}  // namespace sluice
