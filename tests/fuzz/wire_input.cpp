// A message as transport.receive gets it: the header, a NUL, which no header has, and the payload.

#include <algorithm>
#include <memory>
#include <numeric>

#include "target.hpp"
#include "transport/wire.hpp"

using namespace sluice;

namespace {

// Reads every byte, so that the sanitizer sees each that is out of bounds.
std::uint64_t sum(fuzz::Bytes bytes) {
  return std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0});
}

void is_a_frame(const Frame& frame) {
  fuzz::must(valid_source(frame.source), "a source's name is one");
  for (const auto& a : frame.annotations) {
    for (const double part : {a.box.x, a.box.y, a.box.width, a.box.height, a.score})
      fuzz::must(part >= 0.0 && part <= 1.0, "boxes and scores are parts of one");
  }
}

void is_an_event(const Event& event) {
  fuzz::must(valid_source(event.source), "an event is of a source");
  fuzz::must(!event.name.empty() && !to_json(event).empty(), "an event can be told");
}

// What Sluice makes of any message that it takes, it must itself be able to send on.
void survives_another_hop(const wire::Incoming& first, bool for_anyone) {
  const FramePtr frame = first.frame;
  const auto whole = wire::payload_of(frame);
  const auto sent = wire::payload_of(frame, for_anyone);
  const auto header = wire::header_of(*frame, {.run = first.run,
                                               .sent = first.sent.value_or(UtcTime{}),
                                               .offset = first.offset,
                                               .for_anyone = for_anyone});
  fuzz::must(header.size() <= wire::kLongestHeader, "our own header is short enough");
  const auto again = wire::message_of(header, sent.bytes, sent.owner, UtcTime{});
  fuzz::must(again.from_sluice && again.frame, "our own message is one");
  fuzz::must(again.offset == first.offset, "the clock's offset stays");
  fuzz::must(again.frame->source == frame->source, "the source stays");
  fuzz::must(again.frame->sequence == frame->sequence, "the sequence number stays");
  fuzz::must(again.frame->captured_known == frame->captured_known, "the time stays known");
  fuzz::must(!frame->captured_known || again.frame->captured == frame->captured, "the time stays");
  fuzz::must(again.frame->kind() == frame->kind(), "the kind stays");
  fuzz::must(again.frame->annotations.size() == frame->annotations.size(), "annotations stay");
  const auto got = wire::payload_of(again.frame);
  fuzz::must(std::ranges::equal(whole.bytes, got.bytes), "the picture stays");
}

void one_input(fuzz::Bytes bytes) {
  const auto end = std::find(bytes.begin(), bytes.end(), std::uint8_t{0});
  const std::string header(bytes.begin(), end);
  const auto rest = end == bytes.end() ? fuzz::Bytes{} : bytes.subspan(header.size() + 1);
  // In memory of exactly its size, and not always where numbers of several bytes should be.
  const std::size_t shift = header.size() % 2;
  const std::shared_ptr<std::uint8_t[]> memory(new std::uint8_t[shift + rest.size()]);
  std::copy(rest.begin(), rest.end(), memory.get() + shift);
  try {
    const auto incoming =
        wire::message_of(header, {memory.get() + shift, rest.size()}, memory, UtcTime{});
    fuzz::must((incoming.frame != nullptr) + incoming.event.has_value() + incoming.goodbye +
                       incoming.ping.has_value() ==
                   1,
               "a frame, an event, a goodbye or a ping");
    if (incoming.event) is_an_event(*incoming.event);
    if (!incoming.frame) return;
    is_a_frame(*incoming.frame);
    const auto payload = wire::payload_of(incoming.frame);
    // What follows a compressed one may be there for others.
    const bool whole = payload.bytes.size() == rest.size();
    const bool part = incoming.frame->encoded() && payload.bytes.size() < rest.size();
    fuzz::must(whole || (incoming.from_sluice && part), "a picture has all bytes of the payload");
    volatile std::uint64_t read = sum(payload.bytes);
    (void)read;
    survives_another_hop(incoming, false);
    if (incoming.frame->encoded()) survives_another_hop(incoming, true);
  } catch (const wire::BadMessage& refused) {
    fuzz::must(refused.what()[0] != '\0', "a refusal says why");
  }
}

const fuzz::Target target("wire", one_input);

}  // namespace
