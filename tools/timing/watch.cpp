// What a hub that looks for motion can't do without: the bare decoder, brightness only and in half
// the size, and OpenCV's MOG2 on that. At a camera's rate, where caches are cold and clocks slow.

#include <fmt/format.h>
#include <turbojpeg.h>

#include <chrono>
#include <memory>
#include <opencv2/core/utility.hpp>
#include <opencv2/video/background_segm.hpp>
#include <sluice/observe/costs.hpp>
#include <stdexcept>
#include <thread>

#include "pictures.hpp"
#include "timing.hpp"

namespace timing {

// FOLDER RATE SECONDS
int watch(const Arguments& a) {
  const auto jpegs = jpegs_in(a[0]);
  const double rate = std::stod(a[1]);
  const int frames = static_cast<int>(rate * std::stod(a[2]));
  cv::setNumThreads(1);
  const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  const auto mog2 = cv::createBackgroundSubtractorMOG2(500, 16, false);
  constexpr tjscalingfactor kHalf{1, 2};
  sluice::Duration decoding{0}, watching{0};
  cv::Mat luma, changed;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < frames; ++i) {
    std::this_thread::sleep_until(begin + std::chrono::duration<double>(i / rate));
    const auto& jpeg = jpegs[static_cast<std::size_t>(i) % jpegs.size()];
    const auto before = sluice::costs_of_this_thread().cpu;
    int width = 0, height = 0, subsampling = 0, colours = 0;
    bool good = tjDecompressHeader3(decoder.get(), jpeg.data(), jpeg.size(), &width, &height,
                                    &subsampling, &colours) == 0;
    luma.create(TJSCALED(height, kHalf), TJSCALED(width, kHalf), CV_8UC1);
    good = good && tjDecompress2(decoder.get(), jpeg.data(), jpeg.size(), luma.data, luma.cols, 0,
                                 luma.rows, TJPF_GRAY, TJFLAG_FASTDCT) == 0;
    if (!good) throw std::runtime_error(tjGetErrorStr2(decoder.get()));
    const auto middle = sluice::costs_of_this_thread().cpu;
    mog2->apply(luma, changed);
    decoding += middle - before;
    watching += sluice::costs_of_this_thread().cpu - middle;
  }
  const auto ms = [&](sluice::Duration d) { return 1e3 * sluice::seconds(d) / frames; };
  fmt::print("{{\"decode_cpu_ms\": {:.4f}, \"mog2_cpu_ms\": {:.4f}}}\n", ms(decoding),
             ms(watching));
  return 0;
}

}  // namespace timing
