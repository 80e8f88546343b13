#include "status_lines.hpp"

#include <sluice/observe/console.hpp>

namespace sluice::app {

StatusLines::StatusLines(const Engine& engine, bool wanted) : engine_(engine) {
  if (!wanted) return;
  due_ = Clock::system().steady() + std::chrono::seconds(1);
  before_ = engine_.report();
}

void StatusLines::tell_if_due() {
  if (Clock::system().steady() < due_) return;
  Report report = engine_.report();
  write_console(to_status(report, before_) + '\n');
  before_ = std::move(report);
  due_ += std::chrono::seconds(1);
}

}  // namespace sluice::app
