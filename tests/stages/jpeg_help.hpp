// Pictures for the tests of the JPEG stages, and TurboJPEG called directly, as a second opinion.
#pragma once

#include <turbojpeg.h>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <sluice/testkit.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"

namespace jpeg_help {

using Bytes = std::vector<std::uint8_t>;

// Shaded, with colours, edges and a little noise: like a camera's.
inline cv::Mat picture(int width, int height, unsigned seed = 1) {
  cv::Mat m(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      m.at<cv::Vec3b>(y, x) = cv::Vec3b(static_cast<uchar>(40 + 160 * x / std::max(width, 64)),
                                        static_cast<uchar>(60 + 120 * y / std::max(height, 64)),
                                        static_cast<uchar>(200 - 100 * x / std::max(width, 64)));
  // Mild colours: whatever is lost to the chroma's subsampling must not hide a real fault.
  if (width >= 8 && height >= 8) {
    cv::circle(m, {width / 3, height / 2}, height / 5, {110, 120, 190}, cv::FILLED);
    cv::rectangle(m, {width / 2, height / 4}, {width * 4 / 5, height / 2}, {190, 170, 150}, 2);
  }
  cv::Mat noise(height, width, CV_8UC3);
  cv::RNG rng(seed);
  rng.fill(noise, cv::RNG::UNIFORM, 0, 6);
  cv::Mat out = m + noise;
  return out;
}

inline cv::Mat gray_of(const cv::Mat& bgr) {
  cv::Mat gray;
  cv::cvtColor(bgr, gray, cv::COLOR_BGR2GRAY);
  return gray;
}

// JFIF's planes: full range, chroma averaged.
inline sluice::Image yuv_of(const cv::Mat& bgr) {
  cv::Mat all;
  cv::cvtColor(bgr, all, cv::COLOR_BGR2YCrCb);
  std::vector<cv::Mat> p;
  cv::split(all, p);
  const cv::Size half((bgr.cols + 1) / 2, (bgr.rows + 1) / 2);
  cv::Mat u, v;
  cv::resize(p[2], u, half, 0, 0, cv::INTER_AREA);
  cv::resize(p[1], v, half, 0, 0, cv::INTER_AREA);
  return sluice::Image::yuv420(p[0], u, v);
}

inline sluice::FramePtr frame(sluice::Image image, std::uint64_t sequence = 0) {
  return std::make_shared<const sluice::Frame>(sluice::Frame{
      "cam", sequence, sluice::testkit::FakeClock().utc(), true, std::move(image), {}});
}

inline sluice::FramePtr frame(Bytes jpeg, sluice::Kind codec = sluice::Kind::jpeg) {
  return std::make_shared<const sluice::Frame>(
      sluice::Frame{"cam",
                    0,
                    sluice::testkit::FakeClock().utc(),
                    true,
                    sluice::Encoded::from(codec, std::move(jpeg)),
                    {}});
}

inline Bytes compress(const cv::Mat& pixels, int quality = 90, int subsampling = TJSAMP_420,
                      int flags = 0, int format = TJPF_BGR) {
  tjhandle handle = tjInitCompress();
  unsigned char* data = nullptr;
  unsigned long size = 0;
  if (pixels.channels() == 1) format = TJPF_GRAY, subsampling = TJSAMP_GRAY;
  const int status =
      tjCompress2(handle, pixels.data, pixels.cols, static_cast<int>(pixels.step), pixels.rows,
                  format, &data, &size, subsampling, quality, flags | TJFLAG_ACCURATEDCT);
  Bytes bytes(data, data + size);
  tjFree(data);
  tjDestroy(handle);
  if (status != 0) throw std::runtime_error("tjCompress2");
  return bytes;
}

struct Header {
  int width = 0, height = 0, subsampling = -1, colourspace = -1;
};

inline Header header(std::span<const std::uint8_t> jpeg) {
  tjhandle handle = tjInitDecompress();
  Header h;
  const int status = tjDecompressHeader3(handle, jpeg.data(), jpeg.size(), &h.width, &h.height,
                                         &h.subsampling, &h.colourspace);
  tjDestroy(handle);
  if (status != 0) throw std::runtime_error("tjDecompressHeader3");
  return h;
}

inline cv::Mat decompress(std::span<const std::uint8_t> jpeg) {
  const Header h = header(jpeg);
  const bool gray = h.colourspace == TJCS_GRAY;
  cv::Mat m(h.height, h.width, gray ? CV_8UC1 : CV_8UC3);
  tjhandle handle = tjInitDecompress();
  const int status =
      tjDecompress2(handle, jpeg.data(), jpeg.size(), m.data, m.cols, static_cast<int>(m.step),
                    m.rows, gray ? TJPF_GRAY : TJPF_BGR, TJFLAG_ACCURATEDCT);
  tjDestroy(handle);
  if (status != 0) throw std::runtime_error("tjDecompress2");
  return m;
}

inline std::span<const std::uint8_t> jpeg_of(const sluice::FramePtr& f) {
  REQUIRE(f->kind() == sluice::Kind::jpeg);
  return f->encoded()->bytes;
}

inline double psnr(const cv::Mat& a, const cv::Mat& b) {
  REQUIRE(a.size() == b.size());
  REQUIRE(a.type() == b.type());
  return cv::PSNR(a, b);
}

}  // namespace jpeg_help
