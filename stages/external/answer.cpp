#include "external/answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sluice/stage.hpp>
#include <utility>

#include "transport/wire.hpp"

namespace sluice::external {
namespace {

constexpr std::size_t kLongestWords = 200;

FramePtr read_words(std::string_view words) {
  constexpr std::string_view kError = "ERROR";
  if (words.substr(0, 2) == "OK") return nullptr;
  if (words.substr(0, kError.size()) == kError) {
    words.remove_prefix(std::min(words.size(), kError.size() + 1));
    throw FrameError(
        fmt::format("the command refused a frame: {}",
                    words.empty() ? "it doesn't say why" : words.substr(0, kLongestWords)));
  }
  throw wire::BadMessage("a part that is neither OK nor ERROR and why; a picture has two");
}

FramePtr read_picture(const Question& question, std::string_view header, zmq::message_t picture,
                      Kind kind) {
  auto frame = std::make_shared<Frame>(*question.frame);
  if (picture.size() == 0) {
    if (auto told = wire::annotations_of(header)) frame->annotations = std::move(*told);
  } else {
    // The frame keeps ZeroMQ's own memory: no copy of the picture is made.
    const auto message = std::make_shared<zmq::message_t>(std::move(picture));
    auto told = wire::message_of(header, {message->data<const std::uint8_t>(), message->size()},
                                 message, frame->captured);
    if (!told.frame) throw wire::BadMessage("a header that is no picture's");
    if (told.from_sluice) frame->annotations = std::move(told.frame->annotations);
    frame->payload = std::move(told.frame->payload);
  }
  if (frame->kind() != kind)
    throw wire::BadMessage(fmt::format("a picture of kind {0} where {1} is due; gives = \"{0}\"?",
                                       to_string(frame->kind()), to_string(kind)));
  return frame;
}

}  // namespace

FramePtr read_answer(const Question& question, std::vector<zmq::message_t> parts, Kind kind) {
  if (parts.size() == 1) return read_words(parts[0].to_string_view());
  if (parts.size() != 2) throw wire::BadMessage("an answer of more than two parts");
  return read_picture(question, parts[0].to_string_view(), std::move(parts[1]), kind);
}

}  // namespace sluice::external
