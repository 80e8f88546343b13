// Which pictures a libcamera camera is to give.
#pragma once

#include <libcamera/libcamera.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "capture/raw_picture.hpp"

namespace sluice::capture {

struct StreamWish {
  Kind kind = Kind::yuv420;
  int width = 0, height = 0;  // 0: as the camera likes
};

struct LibcameraWish {
  StreamWish main;
  std::optional<StreamWish> preview;
  libcamera::Transform transform = libcamera::Transform::Identity;
  double rate = 0;                    // frames/s; 0: as the camera likes
  std::vector<std::string> controls;  // see controls_from()
  unsigned buffers = 8;
};

// How the pixels of one of our layouts lie, by libcamera's name; nothing for one that we don't
// know.
std::optional<Layout> layout_of(const libcamera::PixelFormat& format);

// Of YUV. What a pipeline leaves open is as agreed_with() asks for: full.
Levels levels_of(const libcamera::StreamConfiguration& stream);

// What the camera has agreed to: exactly what was wished for. Throws LibcameraError where it can't,
// with what it can.
std::unique_ptr<libcamera::CameraConfiguration> agreed_with(libcamera::Camera& camera,
                                                            const LibcameraWish& wish);

// The wished controls and the rate. Throws LibcameraError.
libcamera::ControlList controls_for(const libcamera::Camera& camera, const LibcameraWish& wish);

// "yuv420 from NV12: 640x480, 1280x720".
std::vector<std::string> modes_of(libcamera::Camera& camera);

}  // namespace sluice::capture
