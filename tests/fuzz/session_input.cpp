// A hub's afternoon: what several peers send, in turn, with links that end, time that passes and a
// graph that has no room at times. Two bytes a step: what, and of whom or how much.

#include <algorithm>
#include <map>
#include <optional>

#include "../stages/transport/small_graph.hpp"
#include "target.hpp"
#include "transport/door.hpp"

using namespace sluice;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kMostSources = 4;
constexpr std::size_t kMostBytes = 64;  // of a message

class Afternoon {
 public:
  void step(std::uint8_t what, std::uint8_t which) {
    const int connection = which % 4;
    const auto name = static_cast<char>('a' + which / 4 % 8);
    switch (what % 16) {
      case 0:  // of an old sender's camera, which shows something new now and then
        return send(connection, old_header(name), connection, false, which / 32);
      case 1:
        return send(connection, old_header(name), connection);
      case 2:
      case 3:
        return send(connection, header(connection, name, ++sequence_), connection);
      case 4:  // one that came before, or leaps
        return send(connection, header(connection, name, std::uint64_t{which} << 56U), connection);
      case 5:
        return send(connection, std::string(1, name) + "|motion|moving", connection);
      case 6:
        return send(connection, R"({"msg":")" + std::string(1, name) + R"(|Heartbeat"})",
                    connection);
      case 7:
        return send(connection,
                    wire::ping_of(run(connection), std::chrono::milliseconds(1 + which)),
                    connection, true);
      case 8:
        return goodbye(connection);
      case 9:
        return door_.connection_lost(connection, "10.0.0.1", graph_);
      case 10:
        return door_.accepted(connection, graph_);
      case 11:
        graph_.passed += std::chrono::milliseconds(which * which);
        late_ = door_.answer_late(graph_);
        return door_.check(graph_);
      case 12:
        graph_.room = which == 255 ? SIZE_MAX : which % 8;
        return door_.move_on(graph_);
      case 13:
        return odd(connection, which / 4);
      case 14:
        graph_.memory_left = which % 2 == 0;
        return;
      default:
        bytes_[connection] += which;
    }
  }

  void holds() const {
    const auto must = fuzz::must;
    must(asked_ == answered_ + door_.waiting() + door_.answers_held(),
         "each is answered once, or waits, or its answer does");
    must(!late_ || *late_ > graph_.steady(), "no answer waits that was due");
    must(door_.bytes_kept() <= 4 * kMostSources * kMostBytes, "little is kept to compare with");
    must(door_.waiting() <= 4 * Door::kMostWaiting, "no more waits than may");
    must(door_.bytes_waiting() <= 4 * 4 * kMostBytes, "nor more bytes");
    must(door_.sources().size() <= kMostSources, "no more sources than may");
    must(door_.links() <= 4, "no more links than connections");
    must(static_cast<double>(graph_.events.size()) < 1200 + 80 * seconds(graph_.passed),
         "events have a limit");
  }

  // Frames of a source come from one sender, until the graph is told that it is gone.
  void was_never_mixed() const {
    std::map<std::string, int> holder;
    std::size_t gone = 0;
    for (std::size_t i = 0; i < graph_.frames.size(); ++i) {
      for (; gone < graph_.gone_at.size() && graph_.gone_at[gone].second <= i; ++gone)
        holder.erase(graph_.gone_at[gone].first);
      const auto& frame = *graph_.frames[i];
      const auto sender = static_cast<int>(*frame.image()->mat().data);
      const auto [it, is_new] = holder.emplace(frame.source, sender);
      fuzz::must(it->second == sender, "no name is held by two");
    }
  }

  void end() {
    graph_.memory_left = true;
    graph_.room = SIZE_MAX;
    door_.close(graph_);
    holds();
    fuzz::must(door_.waiting() == 0 && door_.bytes_waiting() == 0 && door_.answers_held() == 0,
               "nobody is left waiting");
    fuzz::must(graph_.held == 0, "nothing is held");
    was_never_mixed();
  }

 private:
  static std::string run(int connection) { return "run" + std::to_string(connection); }
  static std::string old_header(char name) {
    return R"({"msg":")" + std::string(1, name) + R"(","dtype":"uint8","shape":[16]})";
  }
  static std::string header(int connection, char name, std::uint64_t sequence) {
    return R"({"msg":")" + std::string(1, name) +
           R"(","dtype":"uint8","shape":[16],"sluice":{"v":1,"fmt":"array","run":")" +
           run(connection) + R"(","seq":)" + std::to_string(sequence) + "}}";
  }

  Door::Message message(int connection) const {
    // Two machines with two connections each.
    return {
        {{}, connection, connection < 2 ? "10.0.0.1" : "10.0.0.2", {}}, 0, {}, {}, 0, graph_.utc()};
  }
  static zmq::message_t part(const std::string& bytes) { return {bytes.data(), bytes.size()}; }

  void send(int connection, const std::string& header, int mark, bool empty = false,
            int picture = 0) {
    auto m = message(connection);
    m.parts.push_back(part("id"));
    m.parts.push_back(part(""));
    m.parts.push_back(part(header));
    std::string pixels(empty ? 0 : 16, static_cast<char>(mark));
    if (!empty) pixels.back() = static_cast<char>(picture);
    m.parts.push_back(part(pixels));
    ++asked_;
    door_.take(std::move(m), graph_);
  }
  void goodbye(int connection) {
    send(connection, wire::goodbye_of(run(connection)), connection, true);
    --asked_;  // it is not answered
  }
  void odd(int connection, int parts) {
    auto m = message(connection);
    for (int i = 0; i < parts % 8; ++i) m.parts.push_back(part(i == 1 ? "" : "x"));
    m.beyond = parts % 8 == 7 ? 3 : 0;
    if (m.parts.size() > 1) ++asked_;  // without the empty part there is no way back
    door_.take(std::move(m), graph_);
  }

  testkit::SmallGraph graph_;
  std::map<int, std::uint64_t> bytes_;
  std::uint64_t sequence_ = 0;
  std::size_t asked_ = 0, answered_ = 0;
  std::optional<SteadyTime> late_;  // the next answer that was held back, when it was last looked
  Door door_{
      {.most_sources = kMostSources, .most_bytes = kMostBytes},
      {[this](std::size_t, auto& envelope, auto text) {
         fuzz::must(!envelope.empty() && envelope.back().size() == 0, "the way back is kept");
         fuzz::must(!text.empty(), "an answer says something");
         ++answered_;
       },
       nullptr,
       [this](int connection) -> std::optional<std::uint64_t> { return bytes_[connection]; }}};
};

void one_input(fuzz::Bytes bytes) {
  Afternoon afternoon;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    afternoon.step(bytes[i], bytes[i + 1]);
    afternoon.holds();
  }
  afternoon.end();
}

const fuzz::Target target("session", one_input);

}  // namespace
