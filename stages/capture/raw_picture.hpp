// A picture as cameras write it into their buffers, and what a frame carries of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <sluice/media/frame.hpp>
#include <span>
#include <variant>

namespace sluice::capture {

// How the pixels lie in a buffer.
enum class Layout {
  gray8,
  bgr8,
  bgra8,   // or a byte that says nothing in alpha's place
  yuv420,  // planes Y, U, V
  nv12,    // planes Y, and U and V by turns
  yuyv,    // Y U Y V: chroma at half width and full height
  jpeg,    // a whole JPEG, as "MJPEG" cameras give
};

// What black and white are in planes of YUV: 0 and 255 as in JPEGs, or 16 and 235 as in video. What
// frames carry is full.
enum class Levels { full, limited };

// What a frame carries of it: nv12 and yuyv become yuv420.
Kind kind_of(Layout layout);

struct RawPlane {
  std::span<const std::uint8_t> bytes;
  std::size_t step = 0;  // bytes from a row to the next
};
using RawPlanes = std::array<RawPlane, 3>;

// The planes of a picture that lies in one piece, one plane after the other, as V4L2 has it:
// chroma rows of yuv420 are half as far apart as luma rows, those of nv12 just as far.
RawPlanes planes_in(std::span<const std::uint8_t> bytes, Layout layout, int height,
                    std::size_t step);

// The payload, which holds `owner` where it points into the buffer, and is lent then. Nothing is
// copied but
// - the chroma of nv12, of which every second pair of bytes goes another way;
// - all of yuyv, whose chroma loses every second row;
// - YUV of limited levels, which are stretched;
// - JPEGs: a hundredth of the buffer, which the camera has back at once, however long they wait.
// Throws FrameError where the bytes are too few or no JPEG.
std::variant<Image, Encoded> payload_of(Layout layout, Levels levels, int width, int height,
                                        const RawPlanes& planes, std::shared_ptr<const void> owner);

}  // namespace sluice::capture
