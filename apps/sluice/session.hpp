// An engine as the command line runs it: ended by signals, attended until it is over.
#pragma once

#include <optional>
#include <sluice/runtime/engine.hpp>
#include <string>

namespace sluice::app {

// A descriptor that closes itself. Throws std::system_error where there is none.
class Descriptor {
 public:
  Descriptor(int fd, const char* what);
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

// Readable when SIGINT or SIGTERM has come, which this process no longer dies of. Called before any
// other thread is started, so that all of them leave these signals to the descriptor.
int signal_descriptor();

// One at a time in a process, made before any other thread is.
class Session {
 public:
  explicit Session(Plan plan, EngineOptions options = {});

  Engine& engine() { return *engine_; }

  enum class Woke {
    over,   // the graph has ended
    asked,  // SIGINT or SIGTERM came, for the first time; a second one ends the process at once
    due,
  };
  // Waits for the first of these.
  Woke wait_until(SteadyTime due);
  // Stops the graph, and waits until it is over.
  void end();

  // What the graph's end means: tells a failure on standard error, and returns the exit status.
  // Does not return where a stage hangs: its thread can't be waited for.
  int settle();
  // From here on a signal ends the process at once: what is written at the end may have to wait for
  // somebody who doesn't read.
  void let_signals_end_it();

 private:
  const Descriptor signals_;
  const Descriptor over_;
  bool asked_ = false;
  std::optional<Engine> engine_;
};

// A duration that the user gave for `option`. Nothing where it is none or zero, which is then told
// on standard error.
std::optional<Duration> duration_or_tell(const char* option, const std::string& text);

}  // namespace sluice::app
