// Bare TurboJPEG on a video's pictures, held in memory: what each takes by itself, and what comes
// through where one thread encodes and another decodes, which no path of one sender and one hub can
// beat.

#include <fmt/format.h>
#include <turbojpeg.h>

#include <array>
#include <chrono>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <thread>

#include "pictures.hpp"
#include "timing.hpp"

namespace timing {
namespace {

using Handle = std::unique_ptr<void, int (*)(tjhandle)>;

void need(int status, const Handle& handle) {
  if (status != 0) throw std::runtime_error(tjGetErrorStr2(handle.get()));
}

// A JPEG in memory that is used again.
class Slot {
 public:
  explicit Slot(cv::Size size)
      : most_(tjBufSize(size.width, size.height, TJSAMP_420)),
        bytes_(tjAlloc(static_cast<int>(most_)), tjFree) {}

  void encode(const Handle& encoder, const cv::Mat& picture, int quality) {
    unsigned char* bytes = bytes_.get();
    size_ = most_;
    need(tjCompress2(encoder.get(), picture.data, picture.cols, 0, picture.rows, TJPF_BGR, &bytes,
                     &size_, TJSAMP_420, quality, TJFLAG_NOREALLOC),
         encoder);
  }

  // With the fast transforms that decode.jpeg has by default.
  void decode(const Handle& decoder, cv::Mat& out) const {
    need(tjDecompress2(decoder.get(), bytes_.get(), size_, out.data, out.cols, 0, out.rows,
                       TJPF_BGR, TJFLAG_FASTDCT | TJFLAG_FASTUPSAMPLE),
         decoder);
  }

 private:
  unsigned long most_;
  std::unique_ptr<unsigned char, void (*)(unsigned char*)> bytes_;
  unsigned long size_ = 0;
};

struct Work {
  std::vector<cv::Mat> pictures;
  int quality;
  int frames;
  const cv::Mat& picture(int i) const {
    return pictures[static_cast<std::size_t>(i) % pictures.size()];
  }
};

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

struct Seconds {
  double encoding = 0, decoding = 0;
};

Seconds one_after_the_other(const Work& work) {
  const Handle encoder(tjInitCompress(), tjDestroy), decoder(tjInitDecompress(), tjDestroy);
  Slot slot(work.pictures[0].size());
  cv::Mat out(work.pictures[0].size(), CV_8UC3);
  Seconds sum;
  for (int i = 0; i < work.frames; ++i) {
    const auto begin = Clock::now();
    slot.encode(encoder, work.picture(i), work.quality);
    const auto middle = Clock::now();
    slot.decode(decoder, out);
    sum.encoding += std::chrono::duration<double>(middle - begin).count();
    sum.decoding += seconds_since(middle);
  }
  return sum;
}

double side_by_side(const Work& work) {
  constexpr int kQueue = 4;
  std::vector<Slot> slots;
  for (int i = 0; i < kQueue; ++i) slots.emplace_back(work.pictures[0].size());
  std::counting_semaphore<kQueue> empty(kQueue), full(0);
  const auto begin = Clock::now();
  std::thread decoding([&] {
    const Handle decoder(tjInitDecompress(), tjDestroy);
    cv::Mat out(work.pictures[0].size(), CV_8UC3);
    for (int i = 0; i < work.frames; ++i) {
      full.acquire();
      slots[static_cast<std::size_t>(i % kQueue)].decode(decoder, out);
      empty.release();
    }
  });
  const Handle encoder(tjInitCompress(), tjDestroy);
  for (int i = 0; i < work.frames; ++i) {
    empty.acquire();
    slots[static_cast<std::size_t>(i % kQueue)].encode(encoder, work.picture(i), work.quality);
    full.release();
  }
  decoding.join();
  return seconds_since(begin);
}

}  // namespace

// VIDEO QUALITY FRAMES
int codec(const Arguments& a) {
  const Work work{pictures_of(a[0], 25), std::stoi(a[1]), std::stoi(a[2])};
  const auto sum = one_after_the_other(work);
  const auto both = side_by_side(work);
  fmt::print("{{\"encode_ms\": {:.4f}, \"decode_ms\": {:.4f}, \"fps\": {:.2f}}}\n",
             1e3 * sum.encoding / work.frames, 1e3 * sum.decoding / work.frames,
             work.frames / both);
  return 0;
}

}  // namespace timing
