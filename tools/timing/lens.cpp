// What a camera's node can't do without: the bare encoder, given the camera's planes as they are.
// At a camera's rate, where caches are cold and clocks slow. TurboJPEG takes the coarser DCT below
// quality 96, which SIMD makes no quicker than the other.

#include <fmt/format.h>
#include <turbojpeg.h>

#include <array>
#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>
#include <sluice/observe/costs.hpp>
#include <stdexcept>
#include <thread>

#include "timing.hpp"

namespace timing {

// FILE WIDTH HEIGHT QUALITY RATE SECONDS
int lens(const Arguments& a) {
  std::ifstream file(a[0], std::ios::binary);
  const std::vector<unsigned char> bytes{std::istreambuf_iterator<char>(file), {}};
  const int width = std::stoi(a[1]), height = std::stoi(a[2]), quality = std::stoi(a[3]);
  const double rate = std::stod(a[4]);
  const int frames = static_cast<int>(rate * std::stod(a[5]));
  const auto luma = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  const auto picture = luma * 3 / 2;
  const auto pictures = bytes.size() / picture;
  if (width % 2 != 0 || height % 2 != 0 || pictures == 0)
    throw std::runtime_error(a[0] + " has no picture of that size");

  const std::unique_ptr<void, int (*)(tjhandle)> encoder(tjInitCompress(), tjDestroy);
  const unsigned long most = tjBufSize(width, height, TJSAMP_420);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> jpeg(
      tjAlloc(static_cast<int>(most)), tjFree);
  sluice::Duration encoding{0};
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < frames; ++i) {
    std::this_thread::sleep_until(begin + std::chrono::duration<double>(i / rate));
    const unsigned char* y = bytes.data() + static_cast<std::size_t>(i) % pictures * picture;
    std::array<const unsigned char*, 3> planes{y, y + luma, y + luma * 5 / 4};
    unsigned char* out = jpeg.get();
    unsigned long size = most;
    const auto before = sluice::costs_of_this_thread().cpu;
    if (tjCompressFromYUVPlanes(encoder.get(), planes.data(), width, nullptr, height, TJSAMP_420,
                                &out, &size, quality, TJFLAG_NOREALLOC) != 0)
      throw std::runtime_error(tjGetErrorStr2(encoder.get()));
    encoding += sluice::costs_of_this_thread().cpu - before;
  }
  fmt::print("{{\"sender_cpu_ms\": {:.4f}}}\n", 1e3 * sluice::seconds(encoding) / frames);
  return 0;
}

}  // namespace timing
