// From a stage's outputs to the mailboxes of the stages behind them.
#pragma once

#include <memory>
#include <sluice/runtime/mailbox.hpp>
#include <sluice/runtime/tap.hpp>

namespace sluice {

// The mailboxes of one stage, one for each worker. Every source has its worker, so order is kept
// per source and a stage's state by source lives in one place.
class Inbox {
 public:
  Inbox(const MailboxRules& rules, int workers, MemoryBudget* budget);

  Mailbox& of(const std::string& source);
  Mailbox& worker(std::size_t index) { return *boxes_[index]; }
  const Mailbox& worker(std::size_t index) const { return *boxes_[index]; }
  std::size_t workers() const { return boxes_.size(); }

  void add_producer();
  void producer_ended();
  void push(const Event& event) { boxes_.front()->push(event); }
  // See Mailbox.
  void gone(const std::string& source) { of(source).gone(source); }
  void nobody_waits(bool so);

 private:
  std::vector<std::unique_ptr<Mailbox>> boxes_;
  std::mutex mutex_;  // of the assignment, used where there are several workers
  std::unordered_map<std::string, Mailbox*> assigned_;
};

// Where a link leads.
struct Route {
  Inbox* to = nullptr;
  std::uint8_t input = 0;
};

struct Output {
  std::string name;
  std::vector<Route> links;
  std::unique_ptr<TapPoint> tap = std::make_unique<TapPoint>();
};

// All of a stage's outputs. Fixed before the graph starts.
struct Outputs {
  std::vector<Output> frames;
  std::vector<Inbox*> events;

  // Throws std::logic_error where the type declares no such output.
  const Output& find(std::string_view name) const;
  void add_producer() const;
  void producer_ended() const;
  // To every mailbox that frames go to.
  void gone(const std::string& source) const;
};

}  // namespace sluice
