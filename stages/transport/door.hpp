// What a hub does with each message that comes in: says what it is, whether its sender may send it,
// hands on the frame, and answers. What the graph has no room for yet waits here, and so do the
// answers, which makes senders wait; nobody else does. No sockets: told what came by which
// connection.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <sluice/stage.hpp>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>
#include <zmq.hpp>

#include "transport/event_gate.hpp"
#include "transport/peer_clock.hpp"
#include "transport/repeats.hpp"
#include "transport/sources.hpp"
#include "transport/wire.hpp"

namespace sluice {

class Door {
 public:
  struct Rules {
    std::size_t most_sources = 256;
    Duration stale_after = std::chrono::seconds(3);
    // A peer that pings is lost when nothing has come from it for so long.
    Duration dead_after = std::chrono::seconds(2);
    // Senders get answers; else what they sent stays when they are gone.
    bool answers = true;
    // What the graph has no room for waits here; else it is dropped, as a publisher waits for
    // nobody.
    bool waits = true;
    std::size_t most_bytes = 8 << 20;  // of a message
    // An old sender's source that brings nothing but repeats for so long is frozen; 0: never.
    Duration frozen_after = std::chrono::seconds(10);
    int max_rate = 0;  // frames/s of an old sender's source; 0: any
  };
  // Of one connection, and of all, what may wait here.
  static constexpr std::size_t kMostWaiting = 64, kMostBytesWaiting = 128 << 20;
  // Of all old senders' newest pictures.
  static constexpr std::size_t kMostBytesKept = 64 << 20;

  // What it needs of its surroundings. All called from within the functions below.
  struct Outside {
    // Sends an answer; `envelope`: what came before the empty part, and that.
    std::function<void(std::size_t socket, std::vector<zmq::message_t>& envelope,
                       std::string_view answer)>
        answer;
    // With keys: whether the device may send under the name. Empty: anybody may.
    std::function<bool(const std::string& device, const std::string& source)> may_send_as;
    // Bytes that have come over a connection; none where that isn't known.
    std::function<std::optional<std::uint64_t>(int connection)> bytes_from;
  };

  struct Message {
    Sender sender;           // its run is found here
    std::size_t socket = 0;  // the answer's way
    std::vector<zmq::message_t> parts;
    std::vector<zmq::message_t>
        envelope;            // see Outside::answer; what of the parts it is shows here
    std::size_t beyond = 0;  // parts that were not kept
    UtcTime arrived{};
  };

  Door(Rules rules, Outside outside);

  void accepted(int connection, LoopContext& context);
  void take(Message message, LoopContext& context);
  // Hands on what waits, as far as there is room. Call it when the graph may have some.
  void move_on(LoopContext& context);
  // Sends the answers that were held back until now. The next is due then, if there is one.
  std::optional<SteadyTime> answer_late(LoopContext& context);
  void connection_lost(int connection, const std::string& address, LoopContext& context);
  // A key of this sender's is not allowed any more: its names are free.
  void shut_out(Message message, LoopContext& context);
  // Whether it has sent something that makes it a peer.
  bool knows(int connection) const;
  // Finds who has fallen silent. Call it several times a second.
  void check(LoopContext& context);
  // Nobody is kept waiting by a stage that ends.
  void close(LoopContext& context);

  // For tests. `waiting`: frames.
  std::size_t waiting() const { return waiting_; }
  std::size_t bytes_waiting() const { return bytes_; }
  std::size_t bytes_kept() const { return kept_; }
  std::size_t answers_held() const;
  std::size_t links() const { return links_.size(); }
  const Sources& sources() const { return sources_; }

 private:
  struct Waiting {
    FramePtr frame;  // null: the sender's goodbye
    std::size_t bytes = 0;
    Sender sender;
    std::size_t socket = 0;
    std::vector<zmq::message_t> envelope;
    std::optional<std::uint64_t> sequence;  // as its sender, a Sluice, numbers it
    UtcTime arrived{};
  };
  // An answer that waits, so that an old sender does.
  struct Late {
    SteadyTime due{};
    std::size_t socket = 0;
    std::vector<zmq::message_t> envelope;
  };
  struct Link {
    std::string address, owner;
    bool up = false;                         // link.up was raised
    bool ended = false;                      // over; what waits is still handed on
    SteadyTime last{};                       // that anything came
    std::optional<Duration> silent_at_most;  // of a peer that pings
    std::optional<std::uint64_t> bytes;      // that had come when it was last looked at
    std::deque<Waiting> waiting;
    std::size_t bytes_waiting = 0;
    Repeats repeats;           // of an old sender
    std::optional<Late> late;  // who sends though it waits for an answer gets it then
    std::unordered_set<std::string_view> told;  // why frames of its were refused
  };

  bool open(Message& message, LoopContext& context) const;
  Link& link_of(const Sender& sender, LoopContext& context);
  void take_parsed(Message& message, wire::Incoming& incoming, Link& link, LoopContext& context);
  void take_frame(Message& message, wire::Incoming& incoming, Link& link, LoopContext& context);
  void take_event(Message& message, wire::Incoming& incoming, LoopContext& context);
  void bad(Message& message, std::string why, LoopContext& context);
  void refuse(Message& message, const wire::Incoming& incoming, Link& link, std::string_view cause,
              const std::string& why, LoopContext& context);
  void tell_refused(const Sender& sender, const std::string& source, Link& link,
                    std::string_view cause, const std::string& why, LoopContext& context);
  template <class Change>
  void change(Link& link, Change change);
  void remember(Link& link, const FramePtr& frame, LoopContext& context);
  void forget_pictures(Link& link);
  void answer_frame(Link& link, std::size_t socket, std::vector<zmq::message_t>& envelope,
                    std::optional<std::uint64_t> sequence, UtcTime arrived, LoopContext& context);
  void answer_at(SteadyTime due, Link& link, std::size_t socket,
                 std::vector<zmq::message_t>& envelope);
  void answer_now(Link& link);
  bool hold(std::size_t more, LoopContext& context);
  void correct(wire::Incoming& incoming, UtcTime arrived, LoopContext& context);
  bool make_room(const Link& link, std::size_t bytes, LoopContext& context);
  void wait(Message& message, const wire::Incoming& incoming, Link& link, std::size_t bytes);
  template <class Which>
  void drop_waiting(Link& link, std::string_view cause, LoopContext& context, Which which);
  void lose(std::unordered_map<int, Link>::iterator link, const char* why, LoopContext& context);
  Duration silent_for(int connection, SteadyTime now);
  void raise(Event event, const std::string& who, Context& context);
  void tell(LoopContext& context);
  void tell_held_back(Context& context);
  std::string reply_of(std::optional<std::uint64_t> sequence, std::string_view word,
                       UtcTime arrived, const Context& context) const;

  const Rules rules_;
  const Outside outside_;
  Sources sources_;
  std::unordered_map<int, Link> links_;  // by connection
  std::deque<int> turn_;                 // connections of which something waits
  std::size_t waiting_ = 0, bytes_ = 0;
  std::size_t kept_ = 0;           // bytes of old senders' newest pictures
  std::unordered_set<int> ended_;  // connections that are over, until their number is used again
  std::unordered_map<std::string, LeastDelay> delays_;  // by source
  std::unordered_set<std::string> told_;  // of whose frames it was said why they are refused
  EventGate gate_;
  SteadyTime told_held_back_{};
  double ages_clamped_ = 0;
};

}  // namespace sluice
