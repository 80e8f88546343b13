// What a command's answer says.
#pragma once

#include <sluice/media/frame.hpp>
#include <vector>
#include <zmq.hpp>

#include "external/questions.hpp"

namespace sluice::external {

// The frame that goes on, null where none does:
//   [header, picture]  what was asked about, with that picture
//   [header, ""]       the same, with the picture as it came
//   ["OK"]             none
// Where the header has the key "sluice", the frame's annotations are those that it tells; without a
// picture it needs no other. Throws wire::BadMessage where the answer is none of these, or of
// another kind than `kind`; and FrameError where it is ["ERROR why"].
FramePtr read_answer(const Question& question, std::vector<zmq::message_t> parts, Kind kind);

}  // namespace sluice::external
