// The frames that are under way to a command and back.
//
// A question is a request of ZeroMQ: a part that is its number, an empty one, and imagezmq's two
// (transport/wire.hpp). A REP socket keeps the first two to itself and puts them before what it
// sends next, so each answer tells which question it is to.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <sluice/media/frame.hpp>
#include <string>
#include <vector>
#include <zmq.hpp>

namespace sluice::external {

struct Question {
  std::uint64_t number;
  FramePtr frame;
};

// Belongs to one thread at a time.
class Questions {
 public:
  // Listens there. `window`: questions under way at once. A message of more than `most_bytes` ends
  // the command's connection. Throws zmq::error_t.
  Questions(zmq::context_t& context, const std::string& address, int window,
            std::int64_t most_bytes);

  zmq::socket_t& socket() { return socket_; }
  // Whether a command's socket is there; as long as it isn't, this one is not writable.
  bool connected() const { return (socket_.get(zmq::sockopt::events) & ZMQ_POLLOUT) != 0; }
  bool has_room() const { return under_way_.size() < window_ && connected(); }
  // The one that was asked first comes first.
  const std::deque<Question>& under_way() const { return under_way_; }

  // Where has_room().
  void ask(FramePtr frame, UtcTime now);

  struct Answer {
    std::optional<Question> question;  // none: nobody has asked for it, or it was answered already
    std::vector<zmq::message_t> parts;
  };
  // The next that has come, whose question is under way no more; nothing where none has.
  std::optional<Answer> next_answer();

 private:
  const std::size_t window_;
  zmq::socket_t socket_;
  std::deque<Question> under_way_;
  std::uint64_t next_number_ = 0;
};

}  // namespace sluice::external
