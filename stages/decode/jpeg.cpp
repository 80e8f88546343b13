// decode.jpeg: JPEG to pixels.

#include <sluice/stage.hpp>

#include "codec/jpeg_decoder.hpp"

namespace sluice {
namespace {

struct JpegDecode : Stage {
  Kind format = Kind::bgr8;
  int eighths = 8;
  bool fast = true;
  bool tolerate = false;
  std::int64_t max_pixels = codec::JpegLimits{}.max_pixels;
  int max_scans = codec::JpegLimits{}.max_scans;

  static void declare(Declare<JpegDecode>& d) {
    d.summary("Decodes JPEG to pixels");
    d.manual(R"(
Gives the format that the next stage wants, so that nothing is converted twice: bgr8 for most,
gray8 for motion detection (the colours are not even decoded), yuv420 for encoders. A JPEG stored at
4:2:0 becomes yuv420 without any conversion; from 4:2:2, 4:4:4 and others only the chroma planes are
resized; a gray one gets chroma planes without colour.

`scale` shrinks inside the decoder, which saves most of its work but for the Huffman codes. yuv420
that is shrunk is made from bgr8.

`fast` takes a coarser DCT and upsampling of colours: some 15 % less time. On a video at quality 85
that changed the fidelity by 0.2 dB, at quality 95 by 1 dB: nobody sees it. Turn it off where pixels
are measured.

A picture that is cut off or damaged fails: half a picture would be taken for motion. With
`tolerate` it goes on, gray where nothing was decoded; what can't be read at all still fails. A few
extraneous bytes before a marker, as some webcams make them, are tolerated.

Pictures above the limits fail before memory is taken for them, and so do CMYK pictures. Scans times
pixels may be 1000 million: more would take longer than a second.

What comes as pixels goes on as it came, in its own format and size: some of a hub's senders compress,
and some don't.
)");
    d.input(kinds::images | Kind::jpeg);
    d.output_chosen(Kind::bgr8 | Kind::gray8 | Kind::yuv420, "format").passing(kinds::images);
    d.choice("format", &JpegDecode::format,
             {{"bgr8", Kind::bgr8}, {"gray8", Kind::gray8}, {"yuv420", Kind::yuv420}},
             "what the pixels are");
    d.choice("scale", &JpegDecode::eighths, {{"1", 8}, {"1/2", 4}, {"1/4", 2}, {"1/8", 1}},
             "size of the result, of width and height, rounded up");
    d.param("fast", &JpegDecode::fast, "a quicker, coarser DCT and upsampling of colours");
    d.param("tolerate", &JpegDecode::tolerate, "pass on damaged pictures as far as they go");
    d.param("max_pixels", &JpegDecode::max_pixels, "refuse larger pictures")
        .range(1, 65535.0 * 65535.0)
        .unit("pixels");
    d.param("max_scans", &JpegDecode::max_scans,
            "refuse progressive pictures of more scans, which take very long on purpose")
        .range(1, 10'000);
    d.example(R"(
[stage.camera]
type = "capture.synthetic"

[stage.jpeg]
type = "encode.jpeg"
from = "camera"

[stage.small]
type   = "decode.jpeg"
from   = "jpeg"
format = "gray8"
scale  = "1/2"

[stage.end]
type = "sink.discard"
from = "small"
)");
  }

  void process(const FramePtr& frame, Context& context) override {
    if (frame->image()) return context.emit(frame);
    codec::JpegDecoder decoder(
        frame->encoded()->bytes,
        {max_pixels, max_scans, "; raise it where cameras send such pictures"}, tolerate);
    context.emit(frame->with(decoder.decode(format, eighths, fast)));
  }
};
SLUICE_STAGE(JpegDecode, "decode.jpeg");

}  // namespace
}  // namespace sluice
