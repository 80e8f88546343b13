// Pixels in memory, shared and never changed once a frame carries them.
#pragma once

#include <array>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <sluice/media/kind.hpp>

namespace sluice {

// An uncompressed picture. Copying an Image copies references, not pixels.
//
// Planes by format (rows × columns, all with their own row step):
//   gray8   plane 0: height × width, CV_8UC1
//   bgr8    plane 0: height × width, CV_8UC3
//   bgra8   plane 0: height × width, CV_8UC4
//   yuv420  plane 0: height × width, planes 1 and 2: ceil(height/2) × ceil(width/2), all CV_8UC1
//           levels from 0 to 255, as in JPEGs
//   array   plane 0: any type, any number of dimensions
//
// The pixels belong to the Mats, or to `owner` where a Mat only points at memory that something
// else allocated (a message, a camera's buffer); `owner` is let go with the last copy.
class Image {
 public:
  Image() = default;

  // One-plane formats. Throws std::invalid_argument where the Mat's type doesn't fit the format.
  Image(Kind format, cv::Mat pixels, std::shared_ptr<const void> owner = {});

  // yuv420 from its planes. Throws std::invalid_argument where sizes or types don't fit.
  static Image yuv420(cv::Mat y, cv::Mat u, cv::Mat v, std::shared_ptr<const void> owner = {});

  // yuv420 with freshly allocated planes, contiguous in memory in the order Y, U, V.
  static Image make_yuv420(int width, int height);

  Kind format() const { return format_; }
  int width() const;   // pixels; of an array: its second dimension, else 1
  int height() const;  // pixels; of an array: its first dimension
  int planes() const { return format_ == Kind::yuv420 ? 3 : 1; }
  const cv::Mat& plane(int index) const { return planes_[static_cast<std::size_t>(index)]; }

  // The pixels of a one-plane format; of yuv420 the luma plane. Treat as read-only: other stages
  // look at the same memory at the same time.
  const cv::Mat& mat() const { return planes_[0]; }

  // Luma at full size: without a copy for gray8 and yuv420, converted for bgr8 and bgra8.
  // Throws std::invalid_argument for an array.
  cv::Mat gray() const;

  // Blue, green, red at full size: without a copy for bgr8, converted for the rest.
  // Throws std::invalid_argument for an array.
  cv::Mat bgr() const;

  std::size_t bytes() const;  // of pixels, without row padding

  // The pixels lie in one of a camera's few buffers, which it waits for: whoever keeps such frames
  // for longer than it takes to work on them keeps owned() instead.
  bool lent() const { return lent_; }
  // Said by who makes the image, of memory that is such, or of a view of an image that is.
  void mark_lent(bool lent = true) { lent_ = lent; }
  // This image, or where it is lent the same pixels in memory of their own.
  Image owned() const;

 private:
  Kind format_ = Kind::gray8;
  std::array<cv::Mat, 3> planes_;
  std::shared_ptr<const void> owner_;
  bool lent_ = false;
};

// The format that fits a Mat: gray8, bgr8 or bgra8 by its 8-bit channels, else array.
Kind format_of(const cv::Mat& pixels);

}  // namespace sluice
