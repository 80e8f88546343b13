// What the program at the other end can read, and frames in that form.
#pragma once

#include <sluice/media/frame.hpp>

#include "codec/jpeg_compressor.hpp"

namespace sluice {

// sluice: every kind.
// imagezmq_images: pixels as OpenCV has them, what recv_image() gives to imagezmq's programs.
// imagezmq_jpegs: JPEGs, for recv_jpg().
// imagehub: JPEGs, with the texts that it files them under.
// netgear: JPEGs, with what VidGear's NetGear looks for in the header.
// smoothstream: the base64 of JPEGs, and no header.
enum class Peer { sluice, imagezmq_images, imagezmq_jpegs, imagehub, netgear, smoothstream };

// Used by one thread.
class Readable {
 public:
  // The frame as it is where the peer can read it, else the same picture in another form. Throws
  // FrameError where there is none.
  FramePtr of(const FramePtr& frame, Peer peer);
  // Goes with a text that brings no picture, as imagenode does it: two by two gray pixels.
  Encoded blank();

 private:
  FramePtr pixels(const FramePtr& frame);
  FramePtr jpeg(const FramePtr& frame);

  codec::JpegCompressor compressor_;
};

}  // namespace sluice
