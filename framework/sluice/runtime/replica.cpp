#include <algorithm>
#include <sluice/runtime/replica.hpp>
#include <utility>

namespace sluice {

StageRun::StageRun(const StagePlan& stage_plan, const Environment& surroundings)
    : plan(stage_plan), environment(surroundings), log(stage_plan.name) {
  if (!plan.type->is_source()) inbox = std::make_unique<Inbox>(plan.mailbox, plan.workers);
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
  auto stage = run_.plan.type->make();
  for (const auto& [parameter, value] : run_.plan.parameters) parameter->set(*stage, value);
  stage->start(context());
  stage_ = std::move(stage);
}

void Replica::destroy() {
  stage_.reset();
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
  // `of` may be a name from the network.
  constexpr std::size_t kMost = 1024;
  const std::lock_guard lock(figures_mutex_);
  auto& values = figures_[std::string(name)];
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

void Replica::settle_dropped(const std::string& source, std::string_view cause) {
  if (recorder_) recorder_->dropped(source, cause);
  if (mailbox_) return mailbox_->settle_dropped(source, cause);
  const std::lock_guard lock(source_mutex_);
  source_ledger_.arrived_unknown();
  source_ledger_.settle_dropped(source, cause);
}

void Replica::settle_failed(const std::string& source, std::string_view why) {
  run_.log.write(LogLevel::warning,
                 source.empty() ? std::string(why) : source + ": " + std::string(why));
  if (recorder_) recorder_->failed(source);
  if (mailbox_) return mailbox_->settle_failed(source);
  const std::lock_guard lock(source_mutex_);
  source_ledger_.arrived_unknown();
  source_ledger_.settle_failed(source);
}

Duration Replica::source_arrived(const Frame& frame, SteadyTime now) {
  const Duration frame_age = clock().utc() - frame.captured;
  const std::lock_guard lock(source_mutex_);
  source_ledger_.arrived(frame, now).age->add(frame_age, frame);
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
