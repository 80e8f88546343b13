#include <fmt/format.h>

#include <sluice/runtime/wiring.hpp>
#include <stdexcept>

namespace sluice {

Inbox::Inbox(const MailboxRules& rules, int workers) {
  for (int i = 0; i < workers; ++i) boxes_.push_back(std::make_unique<Mailbox>(rules));
}

Mailbox& Inbox::of(const std::string& source) {
  if (boxes_.size() == 1) return *boxes_.front();
  const std::lock_guard lock(mutex_);
  const auto [it, fresh] = assigned_.try_emplace(source, nullptr);
  if (fresh) it->second = boxes_[(assigned_.size() - 1) % boxes_.size()].get();
  return *it->second;
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

}  // namespace sluice
