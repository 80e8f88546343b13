// One picture and what is known of it. A frame is immutable and shared; whoever wants to change
// something makes another frame, which shares what is the same.
#pragma once

#include <cstdint>
#include <memory>
#include <sluice/media/annotation.hpp>
#include <sluice/media/image.hpp>
#include <sluice/media/time.hpp>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace sluice {

// A compressed picture: a view of bytes, and what keeps them alive.
struct Encoded {
  Kind codec = Kind::jpeg;  // jpeg or png
  std::span<const std::uint8_t> bytes;
  std::shared_ptr<const void> owner;

  static Encoded from(Kind codec, std::vector<std::uint8_t> bytes);
};

struct Frame;
using FramePtr = std::shared_ptr<const Frame>;

struct Frame {
  std::string source;          // the camera's name, see valid_source()
  std::uint64_t sequence = 0;  // counts up by one at the camera
  UtcTime captured{};          // when the camera took it
  bool captured_known = true;  // false: the peer sent no time, `captured` is when it arrived
  std::variant<Image, Encoded> payload;
  std::vector<Annotation> annotations;
  // Who brought it, as a number: sources of one sender share a turn where frames wait, so that many
  // names are of no use. 0: a device of this machine, whose sources have a turn each.
  std::uint64_t sender = 0;

  // Null where the payload is of the other sort.
  const Image* image() const { return std::get_if<Image>(&payload); }
  const Encoded* encoded() const { return std::get_if<Encoded>(&payload); }

  Kind kind() const;
  std::size_t bytes() const;  // of the payload

  // The same frame with another payload, or with further annotations.
  FramePtr with(Image image) const;
  FramePtr with(Encoded encoded) const;
  FramePtr annotated(std::vector<Annotation> more) const;
};

// Makes a frame that stages can share. Its memory, but not that of what it points at, comes from
// where the memory of earlier frames was given back to: in steady state nothing is allocated.
FramePtr share(Frame frame);

// A source's name is [A-Za-z0-9_-]{1,64}: safe in file names, addresses and log lines.
bool valid_source(std::string_view name);

}  // namespace sluice
