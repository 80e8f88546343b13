// Two ways to tell what moves from what is always there.
#pragma once

#include <cstddef>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <opencv2/video/background_segm.hpp>

namespace sluice {

// What one fixed camera sees when nothing moves, learnt from its pictures. Owned by a stage, one
// for each source.
class Background {
 public:
  virtual ~Background() = default;

  // Compares a picture (CV_8UC1, always of the same size) with the background: `changed` becomes a
  // mask of that size, 255 where it differs. Then learns from it. While `settling`, the mask means
  // nothing and the picture is taken as background whatever it shows.
  virtual void update(const cv::Mat& luma, cv::Mat& changed, bool settling) = 0;
};

// The running average of all pictures, after imagenode's detector (Jeff Bass,
// github.com/jeffbass/imagenode): a pixel has changed where it is more than `threshold` away from
// the average, into which each picture goes by the share `alpha`.
//
// But no pixel takes the average further in one picture than one at the threshold does. Else what
// moves leaves a trail of itself in the average, the longer the more it stands out, and that looks
// like motion behind it. For large differences this is the approximated median of N. McFarlane and
// C. Schofield, "Segmentation and tracking of piglets in images", 1995. Where most of the picture
// changes at once it is the light or the exposure, and all of it goes in.
//
// That alone would keep the ghost of what stood there at first for many seconds. So a pixel that
// has changed, and then has kept its value for `absorb` pictures, is background from then on: a
// parked car, and the ground where one was parked. It misleads where something moves so slowly, or
// is so large and so smooth, that a pixel sees the same of it for so long.
class AverageBackground final : public Background {
 public:
  // threshold: levels of gray. absorb: pictures, 2 to 255.
  AverageBackground(double alpha, double threshold, int absorb)
      : alpha_(static_cast<float>(alpha)),
        threshold_(static_cast<float>(threshold)),
        absorb_(absorb) {}
  void update(const cv::Mat& luma, cv::Mat& changed, bool settling) override;

  static constexpr std::size_t kBytesPerPixel = sizeof(float) + 2;  // mean_, held_ and frames_

 private:
  float alpha_;
  float threshold_;
  int absorb_;
  int seen_ = 0;           // pictures while settling
  cv::Mat mean_;           // CV_32FC1
  cv::Mat held_, frames_;  // CV_8UC1: the value that each pixel keeps, and for how many pictures
};

// A mixture of Gaussians for each pixel, which learns that some things move all the time, such as
// leaves (Z. Zivkovic, "Improved adaptive Gaussian mixture model for background subtraction", 2004;
// OpenCV's). At least five times the work.
class Mog2Background final : public Background {
 public:
  // history: pictures. threshold: variances, of the squared distance.
  Mog2Background(int history, double threshold)
      : model_(cv::createBackgroundSubtractorMOG2(history, threshold, false)) {}
  void update(const cv::Mat& luma, cv::Mat& changed, bool settling) override;

  // OpenCV's: five Gaussians of a weight, a mean and a variance each, and how many are in use.
  static constexpr std::size_t kBytesPerPixel = 5 * 3 * sizeof(float) + 1;

 private:
  cv::Ptr<cv::BackgroundSubtractorMOG2> model_;
};

}  // namespace sluice
