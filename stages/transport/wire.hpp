// imagezmq's two-part message: a JSON header, and the pixels or the compressed picture.
//
// Part 1 is {"msg": name} before a JPEG, {"msg": name, "dtype": "uint8", "shape": [h, w, 3]} before
// pixels in C order. What Sluice knows besides stands under one further key, "sluice", which
// imagezmq's programs ignore:
//   v    version, 1
//   run  tells one run of the sender from the next, whose sequence numbers begin anew
//   seq  sequence number
//   t    capture time, UTC, ns, by the sender's clock
//   sent when the message left, by the same clock
//   off  what to add to these two to have them in the receiver's clock, ns; where it is known
//   fmt  payload kind: "bgr8", "yuv420", "jpeg", ...
//   w, h of a yuv420 picture, whose planes follow each other as Y, U, V
//   ann  annotations: [{"l": label, "b": [x, y, width, height], "s": score, "t": text}]
//   n    bytes of a picture whose header says how to read it as pixels, too (see below)
// A sender that ends says goodbye: {"msg": "", "sluice": {"v": 1, "run": ..., "bye": true}} before
// an empty payload. One that has heard nothing for a while pings, {"msg": "", "sluice": {"v": 1,
// "run": ..., "ping": 667}}, which is answered at once; from its first ping on it sends something
// at least that often, in ms, while pings are answered. Only Sluice is sent these.
//
// imagezmq's recv_image() raises where the header has no dtype and shape, which ends most programs
// that call it. So as long as nobody knows who will read a JPEG, its header has both: recv_image()
// makes a senseless picture of its bytes, which are filled up with zeros that JPEG decoders pass
// over; recv_jpg() and Sluice find the JPEG.
//
// Everything read here comes from outside and is checked before it is believed.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <sluice/media/annotation.hpp>
#include <sluice/media/event.hpp>
#include <sluice/media/frame.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "transport/json_limits.hpp"

namespace sluice::wire {

// What came is no frame; says why.
class BadMessage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Incoming {
  // Exactly one of these four.
  std::shared_ptr<Frame> frame;  // nobody else has it yet
  std::optional<Event> event;    // an old peer's text that tells something
  bool goodbye = false;
  std::optional<Duration> ping;  // how long the sender will at most be silent

  bool from_sluice = false;
  // Of a Sluice peer:
  std::string run;
  std::optional<std::uint64_t> sequence;  // of its frame, as it numbers it
  std::optional<UtcTime> sent;
  std::optional<Duration> offset;
};

inline constexpr std::size_t kLongestHeader = kLongestJson;

// What the header of a frame says besides the frame.
struct Sending {
  std::string_view run;
  UtcTime sent{};
  std::optional<Duration> offset;
  bool for_anyone = false;   // a compressed picture can be read as pixels, too
  bool for_netgear = false;  // a JPEG can be read by VidGear's NetGear, too
};
std::string header_of(const Frame& frame, const Sending& sending);
// To who knows texts only: imagehub.
std::string header_of(std::string_view msg);
std::string goodbye_of(std::string_view run);
std::string ping_of(std::string_view run, Duration every);

// The payload's bytes as they go over the wire: a view of the frame's own memory, which `owner`
// keeps, or of a copy where the pixels are not contiguous, or zeros follow (`for_anyone`).
struct Payload {
  std::span<const std::uint8_t> bytes;
  std::shared_ptr<const void> owner;
};
Payload payload_of(const FramePtr& frame, bool for_anyone = false);

// What the two parts are. The payload's memory is kept by `owner` and becomes the
// frame's, without a copy but where pixels of several bytes each are not aligned or of the other
// byte order. Throws BadMessage.
Incoming message_of(std::string_view header, std::span<const std::uint8_t> payload,
                    std::shared_ptr<const void> owner, UtcTime arrived);

// What a header says was found in its frame; nothing where it lacks the key "sluice". The rest of
// it need not be there, and is not looked at. Throws BadMessage.
std::optional<std::vector<Annotation>> annotations_of(std::string_view header);

// A source's name from an old peer's text: what stands before the first '|', with characters that
// a name can't have replaced by '-'. Where others than spaces were replaced, four hexadecimal
// digits that depend on the text follow, so that different texts stay different sources.
std::string source_of(std::string_view text);

}  // namespace sluice::wire
