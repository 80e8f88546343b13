#include "transport/readable.hpp"

#include <fmt/format.h>

#include <sluice/stage.hpp>

#include "codec/jpeg_decoder.hpp"
#include "codec/yuv.hpp"

namespace sluice {

FramePtr Readable::of(const FramePtr& frame, Peer peer) {
  switch (peer) {
    case Peer::sluice:
      return frame;
    case Peer::imagezmq_images:
      return pixels(frame);
    case Peer::imagezmq_jpegs:
    case Peer::imagehub:
    case Peer::netgear:
    case Peer::smoothstream:
      return jpeg(frame);
  }
  return frame;
}

Encoded Readable::blank() {
  return compressor_.encode(Image(Kind::gray8, cv::Mat::zeros(2, 2, CV_8UC1)), {});
}

// Numbers that are no picture go as they are: NumPy has them all.
FramePtr Readable::pixels(const FramePtr& frame) {
  switch (frame->kind()) {
    case Kind::jpeg: {
      codec::JpegDecoder decoder(
          frame->encoded()->bytes,
          {codec::JpegLimits{}.max_pixels, codec::JpegLimits{}.max_scans,
           "; put decode.jpeg before this stage, which can be told to take larger ones"},
          false);
      constexpr int kFullSize = 8;
      return frame->with(decoder.decode(Kind::bgr8, kFullSize, true));
    }
    case Kind::png:
      throw FrameError("the hub reads pixels, and this is a PNG, which isn't decoded here");
    case Kind::yuv420:
      return frame->with(Image(Kind::bgr8, codec::colours_of(*frame->image(), Kind::bgr8)));
    case Kind::bgra8:
      return frame->with(Image(Kind::bgr8, frame->image()->bgr()));
    default:
      return frame;
  }
}

FramePtr Readable::jpeg(const FramePtr& frame) {
  switch (frame->kind()) {
    case Kind::jpeg:
      return frame;
    case Kind::png:
    case Kind::array:
      throw FrameError(fmt::format("the hub reads JPEGs, and {} can't be made one here",
                                   frame->kind() == Kind::png ? "a PNG" : "an array"));
    default:
      return frame->with(compressor_.encode(*frame->image(), {}));
  }
}

}  // namespace sluice
