// encode.jpeg: pictures to JPEG.

#include <memory>
#include <sluice/stage.hpp>

#include "codec/jpeg_compressor.hpp"

namespace sluice {
namespace {

using codec::JpegCompressor, codec::Subsampling;

struct JpegEncode : Stage {
  int quality = 85;
  Subsampling subsampling = Subsampling::s420;
  int restart_rows = 0;
  bool fast_dct = false;

  static void declare(Declare<JpegEncode>& d) {
    d.summary("Compresses pictures to JPEG");
    d.manual(R"(
Takes pixels as they are: yuv420 from a camera goes in plane by plane, without any conversion of
colours. The alpha of bgra8 is left out.

The subsampling is how much colour is kept: "4:2:0" a quarter, "4:2:2" half, "4:4:4" all, "gray"
none. yuv420 has a quarter already: it stays at 4:2:0 unless "gray" is asked for. gray8 stays gray.

Restart markers let a decoder find its way again behind damaged bytes, at the price of a few bytes
for each. Within one network, where a transport loses whole pictures or nothing, they gain nothing.
)");
    d.input(kinds::pictures);
    d.output(Kind::jpeg);
    d.param("quality", &JpegEncode::quality, "from small to faithful").range(1, 100);
    d.choice("subsampling", &JpegEncode::subsampling,
             {{"4:2:0", Subsampling::s420},
              {"4:2:2", Subsampling::s422},
              {"4:4:4", Subsampling::s444},
              {"gray", Subsampling::gray}},
             "how much colour is kept; yuv420 stays 4:2:0 unless this is gray");
    d.param("restart_rows", &JpegEncode::restart_rows,
            "a restart marker every so many rows of blocks; 0: none")
        .range(0, 8192)
        .unit("rows of blocks (16 lines at 4:2:0, else 8)");
    d.param("fast_dct", &JpegEncode::fast_dct,
            "a coarser DCT, 0.4 dB worse at quality 95; quicker only on processors without SIMD");
    d.example(R"(
[stage.camera]
type = "capture.synthetic"

[stage.jpeg]
type    = "encode.jpeg"
from    = "camera"
quality = 80

[stage.end]
type = "sink.discard"
from = "jpeg"
)");
  }

  void start(Context&) override { compressor_ = std::make_unique<JpegCompressor>(); }

  void process(const FramePtr& frame, Context& context) override {
    const Image& image = *frame->image();
    context.emit(
        frame->with(compressor_->encode(image, {quality, subsampling, restart_rows, fast_dct})));
  }

 private:
  std::unique_ptr<JpegCompressor> compressor_;
};
SLUICE_STAGE(JpegEncode, "encode.jpeg");

}  // namespace
}  // namespace sluice
