#include <opencv2/imgproc.hpp>
#include <sluice/media/image.hpp>
#include <stdexcept>

namespace sluice {
namespace {

int type_of(Kind format) {
  switch (format) {
    case Kind::gray8:
      return CV_8UC1;
    case Kind::bgr8:
      return CV_8UC3;
    case Kind::bgra8:
      return CV_8UC4;
    default:
      return -1;
  }
}

std::size_t pixel_bytes(const cv::Mat& m) { return m.total() * m.elemSize(); }

}  // namespace

Image::Image(Kind format, cv::Mat pixels, std::shared_ptr<const void> owner)
    : format_(format), owner_(std::move(owner)) {
  if (!kinds::images.has(format) || format == Kind::yuv420)
    throw std::invalid_argument("Image: " + std::string(to_string(format)) +
                                " is not a one-plane image format");
  if (format != Kind::array && (pixels.type() != type_of(format) || pixels.dims > 2))
    throw std::invalid_argument("Image: the pixels' type doesn't fit " +
                                std::string(to_string(format)));
  if (pixels.empty()) throw std::invalid_argument("Image: no pixels");
  planes_[0] = std::move(pixels);
}

Image Image::yuv420(cv::Mat y, cv::Mat u, cv::Mat v, std::shared_ptr<const void> owner) {
  const int chroma_rows = (y.rows + 1) / 2;
  const int chroma_cols = (y.cols + 1) / 2;
  for (const auto* plane : {&y, &u, &v})
    if (plane->type() != CV_8UC1 || plane->empty())
      throw std::invalid_argument("Image: yuv420 takes three 8-bit planes");
  for (const auto* plane : {&u, &v})
    if (plane->rows != chroma_rows || plane->cols != chroma_cols)
      throw std::invalid_argument("Image: yuv420 chroma planes must have half the luma's size");
  Image image;
  image.format_ = Kind::yuv420;
  image.planes_ = {std::move(y), std::move(u), std::move(v)};
  image.owner_ = std::move(owner);
  return image;
}

Image Image::make_yuv420(int width, int height) {
  const int cw = (width + 1) / 2;
  const int ch = (height + 1) / 2;
  const auto luma = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  const auto chroma = static_cast<std::size_t>(cw) * static_cast<std::size_t>(ch);
  const std::shared_ptr<std::uint8_t[]> memory(new std::uint8_t[luma + 2 * chroma]);
  std::uint8_t* base = memory.get();
  return yuv420(cv::Mat(height, width, CV_8UC1, base), cv::Mat(ch, cw, CV_8UC1, base + luma),
                cv::Mat(ch, cw, CV_8UC1, base + luma + chroma), memory);
}

int Image::width() const { return mat().dims > 2 ? mat().size[1] : mat().cols; }
int Image::height() const { return mat().dims > 2 ? mat().size[0] : mat().rows; }

std::size_t Image::bytes() const {
  std::size_t sum = 0;
  for (const auto& plane : planes_) sum += pixel_bytes(plane);
  return sum;
}

Image Image::owned() const {
  if (!lent_) return *this;
  Image copy;
  copy.format_ = format_;
  for (std::size_t i = 0; i < planes_.size(); ++i) copy.planes_[i] = planes_[i].clone();
  return copy;
}

cv::Mat Image::gray() const {
  cv::Mat gray;
  switch (format_) {
    case Kind::gray8:
    case Kind::yuv420:
      return mat();
    case Kind::bgr8:
      cv::cvtColor(mat(), gray, cv::COLOR_BGR2GRAY);
      return gray;
    case Kind::bgra8:
      cv::cvtColor(mat(), gray, cv::COLOR_BGRA2GRAY);
      return gray;
    default:
      throw std::invalid_argument("Image: an array has no luma");
  }
}

cv::Mat Image::bgr() const {
  cv::Mat bgr;
  switch (format_) {
    case Kind::bgr8:
      return mat();
    case Kind::gray8:
      cv::cvtColor(mat(), bgr, cv::COLOR_GRAY2BGR);
      return bgr;
    case Kind::bgra8:
      cv::cvtColor(mat(), bgr, cv::COLOR_BGRA2BGR);
      return bgr;
    case Kind::yuv420: {
      // OpenCV wants the three planes stacked, and chroma of even size; scale chroma up instead.
      cv::Mat u, v, yuv;
      cv::resize(plane(1), u, mat().size(), 0, 0, cv::INTER_LINEAR);
      cv::resize(plane(2), v, mat().size(), 0, 0, cv::INTER_LINEAR);
      cv::merge(std::array<cv::Mat, 3>{mat(), v, u}, yuv);  // OpenCV's order is Y, Cr, Cb
      cv::cvtColor(yuv, bgr, cv::COLOR_YCrCb2BGR);
      return bgr;
    }
    default:
      throw std::invalid_argument("Image: an array has no colours");
  }
}

Kind format_of(const cv::Mat& pixels) {
  if (pixels.dims > 2) return Kind::array;
  switch (pixels.type()) {
    case CV_8UC1:
      return Kind::gray8;
    case CV_8UC3:
      return Kind::bgr8;
    case CV_8UC4:
      return Kind::bgra8;
    default:
      return Kind::array;
  }
}

}  // namespace sluice
