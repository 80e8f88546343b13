#include <fmt/format.h>

#include <sluice/runtime/wiring.hpp>
#include <stdexcept>

namespace sluice {
namespace {

// Past this many names, a source's worker follows from its name. Nothing is taken back when a
// source is gone: its frames may still wait there, and it may come back behind them.
constexpr std::size_t kMostAssigned = 1024;

}  // namespace

Inbox::Inbox(const MailboxRules& rules, int workers, MemoryBudget* budget) {
  for (int i = 0; i < workers; ++i) boxes_.push_back(std::make_unique<Mailbox>(rules, budget));
}

Mailbox& Inbox::of(const std::string& source) {
  if (boxes_.size() == 1) return *boxes_.front();
  const std::lock_guard lock(mutex_);
  if (const auto it = assigned_.find(source); it != assigned_.end()) return *it->second;
  if (assigned_.size() >= kMostAssigned)
    return *boxes_[std::hash<std::string>()(source) % boxes_.size()];
  auto* box = boxes_[assigned_.size() % boxes_.size()].get();
  assigned_.emplace(source, box);
  return *box;
}

void Inbox::nobody_waits(bool so) {
  for (auto& box : boxes_) box->nobody_waits(so);
}

void Inbox::add_producer() {
  for (auto& box : boxes_) box->add_producer();
}

void Inbox::producer_ended() {
  for (auto& box : boxes_) box->producer_ended();
}

const Output& Outputs::find(std::string_view name) const {
  for (const auto& output : frames)
    if (output.name == name) return output;
  throw std::logic_error(fmt::format("this stage type declares no output '{}'", name));
}

void Outputs::add_producer() const {
  for (const auto& output : frames)
    for (const auto& link : output.links) link.to->add_producer();
  for (auto* inbox : events) inbox->add_producer();
}

void Outputs::producer_ended() const {
  for (const auto& output : frames)
    for (const auto& link : output.links) link.to->producer_ended();
  for (auto* inbox : events) inbox->producer_ended();
}

void Outputs::gone(const std::string& source) const {
  for (const auto& output : frames)
    for (const auto& link : output.links) link.to->gone(source);
}

}  // namespace sluice
