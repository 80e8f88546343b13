// Work done in processes of its own, one after the other.
#pragma once

#include <functional>
#include <optional>

#include "session.hpp"
#include "time/timed_run.hpp"

namespace sluice::app {

// Made and used while the process has one thread, as it forks.
class Children {
 public:
  Children();

  // What `work` gave in a process of its own, whose standard output goes nowhere. Nothing where it
  // threw, which the child tells on standard error, or died. SIGINT and SIGTERM are passed on to
  // the child and noted; a second one ends both at once.
  std::optional<Json> run(const std::function<Json()>& work);

  bool asked() const { return asked_; }

 private:
  std::string read_all(int from, int child);

  const Descriptor signals_;
  bool asked_ = false;
};

}  // namespace sluice::app
