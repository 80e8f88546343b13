#include <fmt/format.h>

#include <algorithm>
#include <sluice/runtime/replica.hpp>
#include <utility>

namespace sluice {

StageRun::StageRun(const StagePlan& stage_plan, const Environment& surroundings)
    : plan(stage_plan), environment(surroundings), log(stage_plan.name) {
  if (!plan.type->is_source()) {
    auto rules = plan.mailbox;
    // One mailbox alone can't take all of the graph's memory.
    if (rules.max_bytes == 0)
      rules.max_bytes = std::max<std::size_t>(1, environment.memory.limit() / 4);
    inbox = std::make_unique<Inbox>(rules, plan.workers, &environment.memory);
  }
  for (const auto& port : plan.type->outputs)
    outputs.frames.push_back({.name = port.name, .links = {}});
}

Replica::Replica(StageRun& run, std::size_t worker)
    : run_(run),
      worker_(worker),
      recorder_(run.environment.traced ? std::make_unique<FlightRecorder>(run.environment.clock)
                                       : nullptr),
      mailbox_(run.inbox ? &run.inbox->worker(worker) : nullptr) {
  if (mailbox_ && recorder_) mailbox_->record(*recorder_);
  if (!timed()) return;
  if (mailbox_)
    mailbox_->time_sources();
  else
    source_ledger_.time_sources();
}

void Replica::on_wake(Waker waker) {
  wake_ = std::move(waker);
  if (mailbox_) mailbox_->on_wake(wake_);
}

void Replica::make() {
  enter();
  auto stage = run_.plan.type->make();
  for (const auto& [parameter, value] : run_.plan.parameters) parameter->set(*stage, value);
  stage->start(context());
  stage_ = std::move(stage);
}

void Replica::destroy() {
  stage_.reset();
  hold(0);
  if (recorder_) recorder_->all_failed();
  if (mailbox_) return mailbox_->fail_all_in_hand();
  const std::lock_guard lock(source_mutex_);
  for (; source_in_hand_ > 0; --source_in_hand_) source_ledger_.settle_failed({});
}

void Replica::abandon(std::string_view cause) {
  if (mailbox_) mailbox_->abandon(cause);
}

void Replica::measure(const Mailbox::Taken& taken, SteadyTime now, UtcTime utc) {
  const Duration frame_age = utc - taken.letter->frame->captured;
  const Duration wait = now - taken.letter->queued;
  const Frame& frame = *taken.letter->frame;
  waiting.add(wait, frame);
  age.add(frame_age, frame);
  taken.book->age->add(frame_age, frame);
  if (taken.book->times) taken.book->times->wait.add(wait, frame);
  // It may have come after the clock was read: a frame is nowhere before it left where it was.
  if (recorder_)
    recorder_->took(frame, std::max(now, taken.letter->queued), std::max(wait, Duration(0)),
                    frame_age);
}

void Replica::forget_maxima() {
  processing.forget_max();
  waiting.forget_max();
  age.forget_max();
  read_books([](const Ledger& ledger, std::size_t) {
    for (const auto& [name, book] : ledger.sources()) {
      book.age->forget_max();
      if (!book.times) continue;
      book.times->process.forget_max();
      book.times->wait.forget_max();
    }
  });
}

void Replica::raise(Event event) {
  event.stage = run_.plan.name;
  event.time = clock().utc();
  run_.environment.on_event(event);
  for (auto* inbox : run_.outputs.events) inbox->push(event);
}

void Replica::figure(std::string_view name, const std::string& of, double value) {
  // `of` may be a name from the network, and both what a plugin makes up.
  constexpr std::size_t kMostNames = 64, kMost = 1024, kLongest = 256;
  if (name.size() > kLongest || of.size() > kLongest) return;
  const std::lock_guard lock(figures_mutex_);
  auto it_of_name = figures_.find(std::string(name));
  if (it_of_name == figures_.end()) {
    if (figures_.size() >= kMostNames) return;
    it_of_name = figures_.try_emplace(std::string(name)).first;
  }
  auto& values = it_of_name->second;
  if (const auto it = values.find(of); it != values.end())
    it->second = value;
  else if (values.size() < kMost)
    values.emplace(of, value);
}

void Replica::read_figures(Figures& into) const {
  const std::lock_guard lock(figures_mutex_);
  for (const auto& [name, values] : figures_)
    for (const auto& [of, value] : values) into[name][of] = value;
}

void Replica::tell_foreign(std::string_view call) {
  mistake(fmt::format(
      "{} was called from a thread that is not the stage's own, and does nothing: leave such calls "
      "to process() or run()",
      call));
}

void Replica::mistake(std::string_view what) {
  run_.log.write(LogLevel::error, fmt::format("a mistake of the stage's own code: {}", what));
  figure("mistakes", "all", static_cast<double>(++mistakes_));
}

bool Replica::takes(const Letter& letter) {
  const auto& port = run_.plan.type->inputs[letter.input];
  const Kind kind = letter.frame->kind();
  if (port.kinds.has(kind)) return true;
  settle_failed(letter.frame->source, fmt::format("'{}' takes {}, and {} came", port.name,
                                                  to_string(port.kinds), to_string(kind)));
  return false;
}

// A mailbox's books forget by themselves.
void Replica::forget_source(const std::string& source) {
  {
    // A camera that has left is still in the report, as long as there are few.
    constexpr std::size_t kFew = 256;
    const std::lock_guard lock(figures_mutex_);
    for (auto& [name, values] : figures_)
      if (values.size() > kFew) values.erase(source);
  }
  if (mailbox_) return;
  const std::lock_guard lock(source_mutex_);
  source_ledger_.gone(source);
}

bool Replica::take_memory(std::atomic<std::size_t>& of, std::size_t bytes) {
  auto& memory = run_.environment.memory;
  const auto before = of.exchange(bytes, std::memory_order_relaxed);
  if (bytes <= before)
    memory.give_back(before - bytes);
  else
    memory.add(bytes - before);
  return memory.roomy();
}

std::size_t Replica::held_bytes() const {
  return held_.load(std::memory_order_relaxed) + parked_bytes() +
         (mailbox_ ? mailbox_->bytes() : 0);
}

std::optional<SteadyTime> Replica::busy_since() const {
  const auto since = busy_since_.load(std::memory_order_relaxed);
  if (since == 0) return std::nullopt;
  return SteadyTime(Duration(since));
}

void Replica::settle_dropped(const std::string& source, std::string_view cause) {
  if (mailbox_) {
    if (!mailbox_->settle_dropped(source, cause))
      return mistake("drop() without a frame in hand: each is settled once");
    if (recorder_) recorder_->dropped(source, cause);
    return;
  }
  if (recorder_) recorder_->dropped(source, cause);
  const std::lock_guard lock(source_mutex_);
  source_ledger_.arrived_unknown();
  source_ledger_.settle_dropped(source, cause);
}

void Replica::settle_failed(const std::string& source, std::string_view why) {
  run_.log.write(LogLevel::warning,
                 source.empty() ? std::string(why) : source + ": " + std::string(why));
  if (mailbox_) {
    if (!mailbox_->settle_failed(source))
      return mistake("fail() without a frame in hand: each is settled once");
    if (recorder_) recorder_->failed(source);
    return;
  }
  if (recorder_) recorder_->failed(source);
  const std::lock_guard lock(source_mutex_);
  source_ledger_.arrived_unknown();
  source_ledger_.settle_failed(source);
}

Duration Replica::source_arrived(const Frame& frame, SteadyTime now) {
  const Duration frame_age = clock().utc() - frame.captured;
  const std::lock_guard lock(source_mutex_);
  source_ledger_.arrived(frame, now, frame.bytes()).age->add(frame_age, frame);
  age.add(frame_age, frame);
  ++source_in_hand_;
  return frame_age;
}

void Replica::source_out() {
  const std::lock_guard lock(source_mutex_);
  source_ledger_.settle_out();
  --source_in_hand_;
}

}  // namespace sluice
