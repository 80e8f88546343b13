// What a command is asked about a frame, and what its answer says.
//
// A question is a request of ZeroMQ: a part that is its number, an empty one, and imagezmq's two
// (transport/wire.hpp). A REP socket keeps the first two to itself and puts them before what it
// sends next, so each answer tells which question it is to. Of what follows them
//   [header, picture]  is the picture that goes on
//   [header, ""]       the picture goes on as it came
//   ["OK"]             nothing goes on
//   ["ERROR why"]      the frame fails
// Where the header has the key "sluice", the frame's annotations are those that it tells.
#pragma once

#include <cstdint>
#include <optional>
#include <sluice/media/frame.hpp>
#include <vector>
#include <zmq.hpp>

#include "transport/wire.hpp"

namespace sluice::external {

// A frame that is under way to the command and back.
struct Question {
  std::uint64_t number;
  FramePtr frame;
  wire::Payload payload;
};

// Where a REP socket is connected. False where none is.
bool ask(zmq::socket_t& socket, const Question& question, UtcTime now);

struct Answer {
  std::optional<std::uint64_t> number;  // of its question; nothing where it has no such beginning
  std::vector<zmq::message_t> parts;    // after that
};
// The next that is there; nothing where none is.
std::optional<Answer> next_answer(zmq::socket_t& socket);

// The frame that goes on, null where none does: what was asked about, with the answer's picture and
// annotations. Throws wire::BadMessage where the answer is none, or of another kind than `kind`,
// and FrameError with the command's own words where it refuses the frame.
FramePtr read_answer(const Question& question, std::vector<zmq::message_t> parts, Kind kind);

}  // namespace sluice::external
