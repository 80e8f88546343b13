// The scene that capture.synthetic looks at.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <sluice/media/annotation.hpp>
#include <sluice/media/image.hpp>
#include <sluice/media/time.hpp>
#include <vector>

namespace sluice::capture {

struct SceneSettings {
  int width = 640;
  int height = 480;
  Kind format = Kind::bgr8;  // bgr8, gray8 or yuv420
  int objects = 3;
  std::uint64_t seed = 1;
  double rate = 30;  // frames per second of the scene's own time
  Duration moving{};
  Duration still{};
};

// A textured wall, noise as a camera's sensor has it, and bright rectangles that bounce between the
// edges for a while and are gone for a while. Frame n is a function of the settings and n alone.
//
// What it doesn't have: shadows, changing light, blur by motion. What finds its way around here
// may fail outdoors.
//
// The noise is one field, larger than the picture and drawn once; each frame adds it from another
// corner. That costs one cv::add per frame instead of a random number per pixel.
class Scene {
 public:
  explicit Scene(const SceneSettings& settings);

  struct View {
    Image image;                    // in memory of its own
    std::vector<Annotation> truth;  // label "truth": the visible objects' boxes
  };
  View frame(std::uint64_t n) const;

 private:
  // Positions are fractions of the way that the object has, a way there and back being 2.
  struct Object {
    cv::Size size;      // pixels
    cv::Scalar colour;  // in the format's channels, Y, U, V for yuv420
    double start_x, start_y;
    double speed_x, speed_y;  // ways per second
  };

  void make_background();
  void make_objects();
  std::vector<cv::Rect> objects_at(std::uint64_t n) const;

  SceneSettings settings_;
  std::uint64_t moving_frames_;
  std::uint64_t still_frames_;
  std::vector<cv::Mat> background_;  // by plane; the first one less the noise's mean
  cv::Mat noise_;                    // for the first plane
  std::vector<Object> objects_;
};

}  // namespace sluice::capture
