#include "pictures.hpp"

#include <fmt/format.h>
#include <turbojpeg.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <stdexcept>

#include "capture/scene.hpp"
#include "timing.hpp"

namespace timing {
namespace fs = std::filesystem;

std::vector<cv::Mat> pictures_of(const std::string& video, std::size_t count) {
  cv::VideoCapture file(video);
  std::vector<cv::Mat> pictures;
  for (cv::Mat picture; pictures.size() < count && file.read(picture);)
    pictures.push_back(picture.clone());
  if (pictures.empty()) throw std::runtime_error("no pictures in " + video);
  return pictures;
}

std::vector<Jpeg> jpegs_in(const std::string& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Jpeg> jpegs;
  for (const auto& path : files) {
    std::ifstream file(path, std::ios::binary);
    jpegs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    if (jpegs.back().empty()) throw std::runtime_error("cannot read " + path.string());
  }
  if (jpegs.empty()) throw std::runtime_error("no pictures in " + folder);
  return jpegs;
}

namespace {

Jpeg jpeg_of(const cv::Mat& picture, int quality) {
  const std::unique_ptr<void, int (*)(tjhandle)> encoder(tjInitCompress(), tjDestroy);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  if (tjCompress2(encoder.get(), picture.data, picture.cols, 0, picture.rows, TJPF_BGR, &bytes,
                  &size, TJSAMP_420, quality, 0) != 0)
    throw std::runtime_error(tjGetErrorStr2(encoder.get()));
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(bytes, tjFree);
  return {bytes, bytes + size};
}

}  // namespace

// VIDEO QUALITY COUNT FOLDER: for senders that are not to be measured by their encoder.
int jpegs(const Arguments& a) {
  int number = 0;
  for (const auto& picture : pictures_of(a[0], std::stoul(a[2]))) {
    const auto jpeg = jpeg_of(picture, std::stoi(a[1]));
    std::ofstream file(fs::path(a[3]) / fmt::format("{:04}.jpg", number++), std::ios::binary);
    file.write(reinterpret_cast<const char*>(jpeg.data()),
               static_cast<std::streamsize>(jpeg.size()));
    if (!file.flush()) throw std::runtime_error("cannot write to " + a[3]);
  }
  return 0;
}

// VIDEO COUNT WIDTH HEIGHT FILE: the same pictures in another size, without further loss.
int resize(const Arguments& a) {
  const cv::Size size(std::stoi(a[2]), std::stoi(a[3]));
  cv::VideoWriter file(a[4], cv::VideoWriter::fourcc('F', 'F', 'V', '1'), 10, size);
  if (!file.isOpened()) throw std::runtime_error("cannot write " + a[4]);
  for (const auto& picture : pictures_of(a[0], std::stoul(a[1]))) {
    cv::Mat resized;
    cv::resize(picture, resized, size, 0, 0, cv::INTER_CUBIC);
    file.write(resized);
  }
  return 0;
}

// WIDTH HEIGHT COUNT FILE: what capture.synthetic gives by itself, for those who can't be given its
// frames.
int scene(const Arguments& a) {
  using namespace std::chrono_literals;
  const sluice::capture::Scene pictures(
      {std::stoi(a[0]), std::stoi(a[1]), sluice::Kind::yuv420, 3, 1, 30, 5s, 3s});
  std::ofstream file(a[3], std::ios::binary);
  for (std::uint64_t n = 0; n < std::stoull(a[2]); ++n) {
    const auto image = pictures.frame(n).image;
    for (int plane = 0; plane < image.planes(); ++plane)
      for (int row = 0; row < image.plane(plane).rows; ++row)
        file.write(image.plane(plane).ptr<char>(row), image.plane(plane).cols);
  }
  if (!file.flush()) throw std::runtime_error("cannot write " + a[3]);
  return 0;
}

}  // namespace timing
