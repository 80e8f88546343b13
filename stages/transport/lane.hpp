// One address that a sender sends to: its socket, what is under way there, and what its replies
// tell.
#pragma once

#include <deque>
#include <sluice/stage.hpp>
#include <string>
#include <utility>
#include <vector>

#include "transport/peer_clock.hpp"
#include "transport/readable.hpp"
#include "transport/refusals.hpp"
#include "transport/socket.hpp"
#include "transport/window.hpp"
#include "transport/wire.hpp"

namespace sluice {

enum class Pattern { request, publish, push };

class Lane {
 public:
  struct Rules {
    Pattern pattern = Pattern::request;
    int window = 4;
    Duration reply_limit{};
    Duration dead_after{};
    std::string run;  // of this sender, see wire.hpp
    Doorkeeper::Limits limits;
    Peer peer = Peer::sluice;
  };
  Lane(zmq::context_t& context, Rules rules, std::string address, bool listens,
       VideoSocket::Secure secure, SteadyTime now);

  VideoSocket& socket() { return socket_; }
  // Whether a frame would leave at once.
  bool has_room();
  // Whether has_room() waits for nothing but the socket.
  bool waits_for_socket() const;
  std::size_t under_way() const { return under_way_.size(); }
  // Whether the hub has answered as imagezmq's do.
  bool to_old_hub() const { return to_old_hub_; }
  // When keep() has something to do though nothing happens; never later than in a second.
  SteadyTime due(SteadyTime now) const;

  // Where has_room() was true. What it takes under `request`, it settles; the other patterns know
  // of no more than that it was taken.
  // `text`: what to call the frame to a hub that knows no more of it; empty: its source, and all
  // that Sluice knows.
  bool send(const FramePtr& frame, const std::string& text, LoopContext& context);
  // A text that brings no picture, under `request`. What was not acknowledged when the connection
  // ended is given back, oldest first.
  bool tell(const std::string& text, const Encoded& blank, LoopContext& context);
  std::vector<std::string> take_unacknowledged() { return std::exchange(unacknowledged_, {}); }
  // Settles what was replied to, raises what happened, makes a broken connection anew.
  void keep(LoopContext& context, Refusals& refusals);
  // Settles what is still under way as dropped.
  void drop_under_way(LoopContext& context, std::string_view cause);
  // To a Sluice hub; an old one would take it for a frame.
  void say_goodbye();

 private:
  struct Request {
    std::string source;
    std::uint64_t sequence;
    SteadyTime sent;
    bool alone;        // nothing else was under way then
    std::string text;  // of a text, which is no frame
  };

  bool post(const std::string& header, const wire::Payload& payload, Request request);
  void let_go(const Request& request, LoopContext& context, std::string_view cause);
  bool for_anyone() const;
  void take_replies(LoopContext& context, Refusals& refusals);
  void settle(std::string_view reply, LoopContext& context);
  void met_old_hub(LoopContext& context);
  void read_times(const Request& request, UtcTime received, UtcTime sent, LoopContext& context);
  void begin(SteadyTime now);
  void ping(SteadyTime now);
  bool is_silent(SteadyTime now);
  void give_up(const char* why, LoopContext& context);
  void give_up_waiting(LoopContext& context);

  const Rules rules_;
  VideoSocket socket_;
  Window window_;
  std::deque<Request> under_way_;
  std::vector<std::string> unacknowledged_;
  RoundTrips clock_;
  bool old_hub_told_ = false;

  // Of the connection, under `request`.
  bool to_sluice_ = false;            // a reply has said so
  bool to_old_hub_ = false;           // a reply has shown it
  std::size_t owed_ = 0;              // replies
  SteadyTime heard_{};                // the last reply
  SteadyTime moved_{};                // when bytes were last seen to move
  std::optional<SteadyTime> pinged_;  // and it was not answered yet
  bool has_pinged_ = false;
  std::optional<Traffic> traffic_;  // when last looked at
  Duration patience_;               // a hub that is silent for so long is given up
};

}  // namespace sluice
