// What cameras write into their buffers becomes frames: the right pixels, without a copy where one
// can be spared, and nothing is read past the buffer's end.

#include "capture/raw_picture.hpp"

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <sluice/stage.hpp>

#include "catch.hpp"

namespace {

using namespace sluice;
using namespace sluice::capture;

struct Buffer {
  std::vector<std::uint8_t> bytes;
  std::shared_ptr<int> owner = std::make_shared<int>(0);

  Image image(Layout layout, int width, int height, std::size_t step,
              Levels levels = Levels::full) const {
    const auto payload =
        payload_of(layout, levels, width, height, planes_in(bytes, layout, height, step), owner);
    return std::get<Image>(payload);
  }
};

Buffer counting(std::size_t bytes) {
  Buffer buffer;
  for (std::size_t i = 0; i < bytes; ++i)
    buffer.bytes.push_back(static_cast<std::uint8_t>(i % 251));
  return buffer;
}

bool same(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}

}  // namespace

TEST_CASE("yuv420 in one piece is looked at where it lies, with its rows' padding") {
  const auto buffer = counting(16 * 5 + 8 * 3 * 2);  // 10 × 5, rows 16 apart
  const auto image = buffer.image(Layout::yuv420, 10, 5, 16);
  CHECK(image.format() == Kind::yuv420);
  CHECK(image.plane(0).data == buffer.bytes.data());
  CHECK(image.plane(1).data == buffer.bytes.data() + 16 * 5);
  CHECK(image.plane(2).data == buffer.bytes.data() + 16 * 5 + 8 * 3);
  CHECK(image.plane(1).size() == cv::Size(5, 3));
  CHECK(buffer.owner.use_count() == 2);
}

TEST_CASE("nv12 keeps its luma where it lies and parts its chroma") {
  const auto buffer = counting(16 * 6 + 16 * 3);
  const auto image = buffer.image(Layout::nv12, 12, 6, 16);
  CHECK(image.format() == Kind::yuv420);
  CHECK(image.plane(0).data == buffer.bytes.data());
  REQUIRE(image.plane(1).size() == cv::Size(6, 3));
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 6; ++column) {
      const auto* pair = buffer.bytes.data() + 16 * 6 + 16 * row + 2 * column;
      CHECK(image.plane(1).at<std::uint8_t>(row, column) == pair[0]);
      CHECK(image.plane(2).at<std::uint8_t>(row, column) == pair[1]);
    }
  CHECK(buffer.owner.use_count() == 2);
}

TEST_CASE("yuyv has the colours that OpenCV sees in it, and doesn't hold the buffer") {
  // Each colour fills whole pairs of rows, so that no chroma is lost with every second row.
  cv::Mat picture(8, 16, CV_8UC3);
  for (int row = 0; row < 8; ++row)
    picture.row(row) = cv::Scalar(20 + 25 * (row / 2), 200 - 30 * (row / 2), 90);
  Buffer buffer;
  cv::Mat yuv;
  cv::cvtColor(picture, yuv, cv::COLOR_BGR2YUV_I420);
  for (int row = 0; row < 8; ++row)
    for (int column = 0; column < 16; ++column) {
      const auto* chroma = yuv.ptr(8) + (column % 2) * 32 + (row / 2) * 8 + column / 2;
      buffer.bytes.push_back(yuv.at<std::uint8_t>(row, column));
      buffer.bytes.push_back(*chroma);
    }
  const auto image = buffer.image(Layout::yuyv, 16, 8, 32);
  CHECK(image.format() == Kind::yuv420);
  CHECK(buffer.owner.use_count() == 1);
  CHECK(same(image.plane(0), yuv.rowRange(0, 8)));
  CHECK(same(image.plane(1), cv::Mat(4, 8, CV_8UC1, yuv.ptr(8))));
  CHECK(same(image.plane(2), cv::Mat(4, 8, CV_8UC1, yuv.ptr(8) + 32)));
}

TEST_CASE("yuyv of an odd width fails as one frame") {
  const auto buffer = counting(32 * 4);
  CHECK_THROWS_AS(buffer.image(Layout::yuyv, 15, 4, 32), FrameError);
}

TEST_CASE("one plane of gray or colour is looked at where it lies") {
  const auto buffer = counting(64 * 4);
  for (const auto& [layout, kind, width] :
       {std::tuple(Layout::gray8, Kind::gray8, 60), std::tuple(Layout::bgr8, Kind::bgr8, 20),
        std::tuple(Layout::bgra8, Kind::bgra8, 16)}) {
    const auto image = buffer.image(layout, width, 4, 64);
    CHECK(image.format() == kind);
    CHECK(image.width() == width);
    CHECK(image.mat().data == buffer.bytes.data());
  }
}

TEST_CASE("video's levels become those of JPEGs, in memory of the picture's own") {
  // Black, white, and what is beyond them; chroma without colour, and the most and least there is.
  const std::vector<std::uint8_t> luma{16, 235, 0, 255}, chroma{128, 240, 16, 255};
  const std::vector<std::uint8_t> luma_after{0, 255, 0, 255}, chroma_after{128, 255, 0, 255};
  Buffer planar, pairs, packed;
  for (int row = 0; row < 4; ++row)
    for (const auto level : luma) planar.bytes.insert(planar.bytes.end(), {level, level});
  pairs.bytes = planar.bytes;
  for (int plane = 0; plane < 2; ++plane)
    for (int row = 0; row < 2; ++row)
      planar.bytes.insert(planar.bytes.end(), chroma.begin(), chroma.end());
  for (int row = 0; row < 2; ++row)
    for (const auto level : chroma) pairs.bytes.insert(pairs.bytes.end(), {level, level});
  for (int row = 0; row < 4; ++row)
    for (std::size_t i = 0; i < luma.size(); ++i)
      packed.bytes.insert(packed.bytes.end(), {luma[i], chroma[i], luma[i], chroma[i]});
  for (const auto& [layout, buffer, step] :
       {std::tuple(Layout::yuv420, &planar, 8), std::tuple(Layout::nv12, &pairs, 8),
        std::tuple(Layout::yuyv, &packed, 16)}) {
    const auto image = buffer->image(layout, 8, 4, static_cast<std::size_t>(step), Levels::limited);
    for (int row = 0; row < 4; ++row)
      for (int column = 0; column < 8; ++column)
        CHECK(image.plane(0).at<std::uint8_t>(row, column) ==
              luma_after[static_cast<std::size_t>(column) / 2]);
    for (const int plane : {1, 2})
      for (int row = 0; row < 2; ++row)
        for (int column = 0; column < 4; ++column)
          CHECK(std::abs(image.plane(plane).at<std::uint8_t>(row, column) -
                         chroma_after[static_cast<std::size_t>(column)]) <= 1);
    CHECK_FALSE(image.lent());
    CHECK(buffer->owner.use_count() == 1);
  }
}

TEST_CASE("what lies in a camera's buffer says so, and can be had without it") {
  auto buffer = counting(64 * 9);
  for (const auto layout :
       {Layout::gray8, Layout::bgr8, Layout::bgra8, Layout::yuv420, Layout::nv12}) {
    auto image = buffer.image(layout, 16, 6, 64);
    CHECK(image.lent());
    CHECK(buffer.owner.use_count() == 2);
    const auto owned = image.owned();
    CHECK_FALSE(owned.lent());
    CHECK(owned.format() == image.format());
    for (int plane = 0; plane < image.planes(); ++plane) {
      CHECK(same(owned.plane(plane), image.plane(plane)));
      CHECK(owned.plane(plane).data != image.plane(plane).data);
    }
    image = owned.owned();  // of its own already: no copy
    CHECK(image.mat().data == owned.mat().data);
    CHECK(buffer.owner.use_count() == 1);
  }
}

TEST_CASE("a JPEG passes through as the bytes that it is, and the camera has its buffer back") {
  Buffer buffer;
  buffer.bytes = {0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3};
  const auto payload = payload_of(Layout::jpeg, Levels::full, 640, 480,
                                  planes_in(buffer.bytes, Layout::jpeg, 480, 0), buffer.owner);
  const auto bytes = std::get<Encoded>(payload).bytes;
  CHECK(std::vector(bytes.begin(), bytes.end()) == buffer.bytes);
  CHECK(buffer.owner.use_count() == 1);
  buffer.bytes = {0, 0, 0, 0, 0};  // what a camera gives while it warms up
  CHECK_THROWS_AS(payload_of(Layout::jpeg, Levels::full, 640, 480,
                             planes_in(buffer.bytes, Layout::jpeg, 480, 0), buffer.owner),
                  FrameError);
}

TEST_CASE("a picture that is cut off fails as one frame") {
  for (const auto layout :
       {Layout::gray8, Layout::bgr8, Layout::bgra8, Layout::yuv420, Layout::nv12, Layout::yuyv}) {
    const int width = 16, height = 8;
    const std::size_t step = 64;
    const auto whole = counting(step * 8 * 2);
    std::size_t least = whole.bytes.size();
    const auto fits = [&](std::size_t bytes) {
      const std::span<const std::uint8_t> part(whole.bytes.data(), bytes);
      try {
        payload_of(layout, Levels::full, width, height, planes_in(part, layout, height, step),
                   nullptr);
        return true;
      } catch (const FrameError&) {
        return false;
      }
    };
    REQUIRE(fits(least));
    while (least > 0 && fits(least - 1)) --least;
    CHECK(least >= step * 7 + 16);  // seven whole rows and a part of the last one
    for (std::size_t bytes = 0; bytes < least; bytes += 13) CHECK_FALSE(fits(bytes));
  }
}
