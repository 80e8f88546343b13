#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <sluice/graph/parameter_value.hpp>
#include <sluice/testkit.hpp>
#include <stdexcept>
#include <system_error>

namespace sluice::testkit {

UtcTime FakeClock::utc() const {
  return UtcTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)) +
         Duration(elapsed_.load());
}

FramePtr make_frame(cv::Mat pixels, std::string source, std::uint64_t sequence, UtcTime captured) {
  const Kind format = format_of(pixels);
  if (captured == UtcTime{}) captured = FakeClock().utc();
  return std::make_shared<const Frame>(
      Frame{std::move(source), sequence, captured, true, Image(format, std::move(pixels)), {}});
}

FramePtr FakeSource::frame(cv::Mat pixels) {
  const Kind format = format_of(pixels);
  return frame(Image(format, std::move(pixels)));
}

FramePtr FakeSource::frame(std::variant<Image, Encoded> payload) {
  const auto captured = clock_.utc() + interval_ * static_cast<std::int64_t>(sequence_);
  return std::make_shared<const Frame>(
      Frame{name_, sequence_++, captured, true, std::move(payload), {}});
}

// The stage's surroundings: writes down all that it does.
class StageTest::Recorder final : public LoopContext {
 public:
  Recorder(std::string stage_name, const StageType& type, const Clock& clock, FakeClock* fake)
      : name_(std::move(stage_name)),
        type_(type),
        clock_(clock),
        fake_(fake),
        wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (wake_fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  ~Recorder() override { close(wake_fd_); }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // The stage's functions are called by this thread from here on.
  void enter() { owner_ = std::this_thread::get_id(); }

  void emit(FramePtr frame, std::string_view output) override {
    own("emit()");
    if (!frame) throw std::logic_error("emit() without a frame");
    if (!type_.output(output))
      throw std::logic_error(fmt::format("'{}' has no output '{}'", type_.name, output));
    {
      const std::lock_guard lock(mutex_);
      if (type_.is_source()) ++counts_.in, ++counts_.out;
      frames_[std::string(output)].push_back(std::move(frame));
    }
    ask();
  }
  void offer(FramePtr frame, std::string_view output) override { emit(std::move(frame), output); }

  bool linked(std::string_view output) const override { return type_.output(output) != nullptr; }

  void raise(Event event) override {
    if (std::find(type_.events.begin(), type_.events.end(), event.name) == type_.events.end())
      throw std::logic_error(
          fmt::format("'{}' raised '{}', which it doesn't declare", type_.name, event.name));
    event.stage = name_;
    event.time = clock_.utc();
    {
      const std::lock_guard lock(mutex_);
      events_.push_back(std::move(event));
    }
    ask();
  }
  void figure(std::string_view name, const std::string& of, double value) override {
    const std::lock_guard lock(mutex_);
    figures_[std::string(name)][of] = value;
  }
  bool try_emit(FramePtr& frame, std::string_view output) override {
    {
      const std::lock_guard lock(mutex_);
      if (room_ == 0) return !frame;
      if (frame) --room_;
    }
    if (frame) emit(std::exchange(frame, nullptr), output);
    return true;
  }
  void drop(const std::string&, std::string_view cause) override {
    settle("drop()");
    {
      const std::lock_guard lock(mutex_);
      ++counts_.dropped[std::string(cause)];
    }
    ask();
  }
  void fail(const std::string&, std::string_view why) override {
    settle("fail()");
    {
      const std::lock_guard lock(mutex_);
      ++counts_.failed;
      log_.emplace_back(why);
    }
    ask();
  }
  void gone(const std::string& source) override {
    own("gone()");
    {
      const std::lock_guard lock(mutex_);
      gone_.push_back(source);
    }
    ask();
  }
  bool hold(std::size_t bytes) override {
    const std::lock_guard lock(mutex_);
    held_ = bytes;
    return bytes <= memory_;
  }
  // Of a frame that came: as the runtime does before a stage sees it.
  bool takes(const Frame& frame) {
    const auto* port = type_.input(input_);
    if (!port) throw std::logic_error(fmt::format("'{}' has no input '{}'", type_.name, input_));
    if (port->kinds.has(frame.kind())) return true;
    const std::lock_guard lock(mutex_);
    ++counts_.failed;
    log_.push_back(fmt::format("'{}' takes {}, and {} came", port->name, to_string(port->kinds),
                               to_string(frame.kind())));
    return false;
  }
  std::string_view input() const override { return input_; }
  const Clock& clock() const override { return clock_; }
  const std::string& stage_name() const override { return name_; }
  void log(LogLevel, std::string_view text) override {
    const std::lock_guard lock(mutex_);
    log_.emplace_back(text);
  }

  bool stopping() const override { return stopping_; }
  bool wait(Duration limit) override {
    if (fake_) {
      fake_->advance(limit);
      ask();
      std::this_thread::yield();
      return stopping_;
    }
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit, [&] { return stopping_.load(); });
    return stopping_;
  }
  FramePtr take(Duration limit) override {
    if (type_.is_source()) throw std::logic_error("take(): a source has no frames to take");
    own("take()");
    ask();
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, limit, [&] { return stopping_ || !queue_.empty() || ended_; });
      if (stopping_ || queue_.empty()) return nullptr;
      auto letter = std::move(queue_.front());
      queue_.pop_front();
      signal();
      if (auto* frame = std::get_if<FramePtr>(&letter)) {
        ++counts_.in;
        lock.unlock();
        if (!takes(**frame)) continue;
        lock.lock();
        ++in_hand_;
        return std::move(*frame);
      }
      lock.unlock();
      if (const auto* event = std::get_if<Event>(&letter))
        hear(*event);
      else
        forget(std::get<std::string>(letter));
    }
  }
  void done(std::size_t frames) override {
    own("done()");
    {
      const std::lock_guard lock(mutex_);
      if (frames > in_hand_)
        throw std::logic_error("done() for more frames than are in hand: each is settled once");
      in_hand_ -= frames;
      counts_.out += frames;
    }
    ask();
  }
  bool inputs_ended() const override {
    const std::lock_guard lock(mutex_);
    return ended_ && queue_.empty();
  }
  int wake_fd() const override { return wake_fd_; }

  // --- for StageTest
  template <class F>
  auto locked(F read) const {
    const std::lock_guard lock(mutex_);
    return read(*this);
  }
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      signal();
    }
    changed_.notify_all();
  }
  using Letter = std::variant<FramePtr, Event, std::string>;  // a frame, an event, a source gone
  void queue(Letter letter) {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(letter));
      signal();
    }
    changed_.notify_all();
  }
  void end_inputs() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      signal();
    }
    changed_.notify_all();
  }

  std::function<bool()> until;
  std::function<void(const Event&)> hear;          // the stage's on_event()
  std::function<void(const std::string&)> forget;  // its on_gone()
  std::string input_ = "in";
  std::size_t in_hand_ = 0;
  std::vector<std::string> gone_;
  std::size_t held_ = 0;
  std::size_t memory_ = std::numeric_limits<std::size_t>::max();
  std::size_t room_ = std::numeric_limits<std::size_t>::max();
  Counts counts_;
  std::map<std::string, std::vector<FramePtr>> frames_;
  std::vector<Event> events_;
  std::map<std::string, std::map<std::string, double>> figures_;
  std::vector<std::string> log_;

 private:
  void own(std::string_view call) const {
    if (owner_ != std::this_thread::get_id())
      throw std::logic_error(fmt::format(
          "{} was called from a thread that is not the stage's own: leave such calls to process() "
          "or run()",
          call));
  }
  // A frame in hand, or of a source something that came.
  void settle(std::string_view call) {
    own(call);
    const std::lock_guard lock(mutex_);
    if (type_.is_source()) {
      ++counts_.in;
      return;
    }
    if (in_hand_ == 0)
      throw std::logic_error(fmt::format("{} without a frame in hand: each is settled once", call));
    --in_hand_;
  }
  void ask() {
    if (until && !stopping_ && until()) stop();
  }
  // With the lock held: wake_fd_ is readable exactly while there is something to do.
  void signal() {
    std::uint64_t value = 1;
    if (stopping_ || ended_ || !queue_.empty()) {
      [[maybe_unused]] const auto n = write(wake_fd_, &value, sizeof value);
    } else {
      [[maybe_unused]] const auto n = read(wake_fd_, &value, sizeof value);
    }
  }

  const std::string name_;
  const StageType& type_;
  const Clock& clock_;
  FakeClock* const fake_;
  const int wake_fd_;
  std::atomic<std::thread::id> owner_{std::this_thread::get_id()};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> stopping_{false};
  std::deque<Letter> queue_;
  bool ended_ = false;
};

StageTest::StageTest(std::string_view type, const Parameters& parameters, const Clock* clock) {
  type_ = StageTypes::all().find(type);
  if (!type_) throw std::invalid_argument(fmt::format("there is no stage type '{}'", type));
  stage_ = type_->make();
  for (const auto& [name, raw] : parameters) {
    const auto* parameter = type_->parameter(name);
    if (!parameter)
      throw std::invalid_argument(fmt::format("'{}' has no parameter '{}'", type, name));
    auto checked = check_value(*parameter, raw);
    if (!checked.error.empty())
      throw std::invalid_argument(fmt::format("{}.{} {}", type, name, checked.error));
    parameter->set(*stage_, checked.value);
  }
  ParamProblems problems;
  if (type_->check) type_->check(*stage_, problems);
  if (!problems.empty())
    throw std::invalid_argument(
        fmt::format("{}: {}: {}", type, problems.front().message, problems.front().hint));
  recorder_ =
      std::make_unique<Recorder>("test", *type_, clock ? *clock : fake_, clock ? nullptr : &fake_);
  recorder_->hear = [this](const Event& event) { stage_->on_event(event, *recorder_); };
  recorder_->forget = [this](const std::string& source) { stage_->on_gone(source, *recorder_); };
}

StageTest::~StageTest() {
  if (!recorder_) return;
  recorder_->stop();
  if (thread_.joinable()) thread_.join();
}

void StageTest::start() {
  if (started_) return;
  started_ = true;
  stage_->start(*recorder_);
}

void StageTest::send(FramePtr frame, std::string_view input) {
  start();
  recorder_->enter();
  recorder_->input_ = std::string(input);
  ++recorder_->counts_.in;
  if (!recorder_->takes(*frame)) return;
  recorder_->in_hand_ = 1;
  try {
    stage_->process(frame, *recorder_);
    if (recorder_->in_hand_ == 1) ++recorder_->counts_.out;
  } catch (const FrameError& e) {
    if (recorder_->in_hand_ == 1) recorder_->fail(frame->source, e.what());
  }
  recorder_->in_hand_ = 0;
}

void StageTest::send(const Event& event) {
  start();
  recorder_->enter();
  stage_->on_event(event, *recorder_);
}

void StageTest::send_gone(const std::string& source) {
  start();
  recorder_->enter();
  stage_->on_gone(source, *recorder_);
}

void StageTest::tick() {
  start();
  stage_->on_tick(*recorder_);
}

void StageTest::finish() {
  start();
  stage_->finish(*recorder_);
}

void StageTest::queue(FramePtr frame) { recorder_->queue(std::move(frame)); }
void StageTest::queue(const Event& event) { recorder_->queue(event); }
void StageTest::queue_gone(const std::string& source) { recorder_->queue(source); }
void StageTest::end_inputs() { recorder_->end_inputs(); }

void StageTest::run(std::function<bool(const StageTest&)> until) {
  start();
  if (until) recorder_->until = [this, until = std::move(until)] { return until(*this); };
  dynamic_cast<LoopStage&>(*stage_).run(*recorder_);
}

void StageTest::run_in_thread() {
  start();
  outcome_ = std::make_shared<Outcome>();
  thread_ = std::thread([recorder = recorder_.get(), stage = stage_.get(), outcome = outcome_] {
    recorder->enter();
    try {
      dynamic_cast<LoopStage&>(*stage).run(*recorder);
    } catch (...) {  // handed to stop()
      outcome->thrown = std::current_exception();
    }
    outcome->returned = true;
  });
}

void StageTest::stop() {
  recorder_->stop();
  join();
  if (outcome_ && outcome_->thrown)
    std::rethrow_exception(std::exchange(outcome_->thrown, nullptr));
}

void StageTest::join() {
  if (!thread_.joinable()) return;
  if (eventually([this] { return outcome_->returned.load(); })) return thread_.join();
  // The thread goes on in there: what it uses must stay.
  thread_.detach();
  static_cast<void>(stage_.release());
  static_cast<void>(recorder_.release());
  throw std::logic_error(fmt::format(
      "'{}': run() has not returned within 10 s after stopping() turned true", type_->name));
}

bool StageTest::eventually(const std::function<bool()>& condition) const {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

std::vector<FramePtr> StageTest::frames(std::string_view output) const {
  return recorder_->locked([&](const Recorder& r) {
    const auto it = r.frames_.find(std::string(output));
    return it == r.frames_.end() ? std::vector<FramePtr>{} : it->second;
  });
}
std::vector<Event> StageTest::events() const {
  return recorder_->locked([](const Recorder& r) { return r.events_; });
}
std::map<std::string, std::map<std::string, double>> StageTest::figures() const {
  return recorder_->locked([](const Recorder& r) { return r.figures_; });
}
std::vector<std::string> StageTest::gone() const {
  return recorder_->locked([](const Recorder& r) { return r.gone_; });
}
std::size_t StageTest::held_bytes() const {
  return recorder_->locked([](const Recorder& r) { return r.held_; });
}
void StageTest::limit_memory(std::size_t bytes) {
  recorder_->locked([&](const Recorder&) { recorder_->memory_ = bytes; });
}
void StageTest::limit_room(std::size_t frames) {
  recorder_->locked([&](const Recorder&) { recorder_->room_ = frames; });
}
std::vector<std::string> StageTest::log() const {
  return recorder_->locked([](const Recorder& r) { return r.log_; });
}
Counts StageTest::counts() const {
  return recorder_->locked([](const Recorder& r) { return r.counts_; });
}

}  // namespace sluice::testkit
