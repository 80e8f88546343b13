// A message as transport.receive gets it: the header, a NUL, which no header has, and the payload.

#include <numeric>
#include <sluice/media/image.hpp>

#include "target.hpp"
#include "transport/wire.hpp"

using namespace sluice;

namespace {

// Reads every byte, so that the sanitizer sees each that is out of bounds.
std::uint64_t sum(fuzz::Bytes bytes) {
  return std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0});
}

wire::Incoming read_back(const FramePtr& frame, const std::string& run) {
  const auto header = wire::header_of(*frame, run);
  const auto payload = wire::payload_of(frame);
  return wire::frame_of(header, payload.bytes, payload.owner, UtcTime{});
}

void is_a_frame(const Frame& frame) {
  fuzz::must(valid_source(frame.source), "a source's name is one");
  for (const auto& a : frame.annotations) {
    for (const double part : {a.box.x, a.box.y, a.box.width, a.box.height, a.score})
      fuzz::must(part >= 0.0 && part <= 1.0, "boxes and scores are parts of one");
  }
}

// What Sluice makes of any message it can take, it must itself be able to send on.
void survives_another_hop(const FramePtr& frame, const std::string& run) {
  const auto again = read_back(frame, run);
  fuzz::must(again.from_sluice, "our own header says whose it is");
  fuzz::must(again.frame->source == frame->source, "the source stays");
  fuzz::must(again.frame->sequence == frame->sequence, "the sequence number stays");
  fuzz::must(again.frame->captured_known == frame->captured_known, "the time stays known");
  fuzz::must(!frame->captured_known || again.frame->captured == frame->captured, "the time stays");
  fuzz::must(again.frame->kind() == frame->kind(), "the kind stays");
  fuzz::must(again.frame->annotations.size() == frame->annotations.size(), "annotations stay");
  const auto sent = wire::payload_of(frame);
  const auto got = wire::payload_of(again.frame);
  fuzz::must(std::equal(sent.bytes.begin(), sent.bytes.end(), got.bytes.begin(), got.bytes.end()),
             "the picture stays");
}

void one_input(fuzz::Bytes bytes) {
  const auto end = std::find(bytes.begin(), bytes.end(), std::uint8_t{0});
  const std::string header(bytes.begin(), end);
  const auto rest = end == bytes.end() ? fuzz::Bytes{} : bytes.subspan(header.size() + 1);
  // In memory of exactly its size, and not always where numbers of several bytes should be.
  const std::size_t shift = header.size() % 2;
  const auto memory = std::make_shared<std::vector<std::uint8_t>>(shift + rest.size());
  std::copy(rest.begin(), rest.end(), memory->begin() + static_cast<std::ptrdiff_t>(shift));
  memory->shrink_to_fit();
  try {
    const auto incoming =
        wire::frame_of(header, fuzz::Bytes(*memory).subspan(shift), memory, UtcTime{});
    is_a_frame(*incoming.frame);
    const auto payload = wire::payload_of(incoming.frame);
    fuzz::must(payload.bytes.size() == rest.size(), "a picture has all bytes of the payload");
    volatile std::uint64_t read = sum(payload.bytes);
    (void)read;
    survives_another_hop(incoming.frame, incoming.run);
  } catch (const wire::BadMessage& refused) {
    fuzz::must(refused.what()[0] != '\0', "a refusal says why");
  }
}

const fuzz::Target target("wire", one_input);

}  // namespace
