// Which of a libcamera camera's pictures are for anybody.
#pragma once

namespace sluice::capture {

// From good to bad: of the streams of one request the worst counts.
enum class PictureState {
  good,
  unsettled,  // one of the first, which the camera means for nobody
  broken
};

// What a picture's metadata says (FrameMetadata::Status). From 0.6 on, and in Raspberry Pi's 0.5,
// the pictures with which a camera finds its exposure and its white balance are told from others;
// before, the camera kept them to itself.
template <class Status>
PictureState state_of(Status status) {
  if constexpr (requires { Status::FrameStartup; })
    if (status == Status::FrameStartup) return PictureState::unsettled;
  return status == Status::FrameError ? PictureState::broken : PictureState::good;
}

// Some sensors begin with broken pictures. Of a camera since it was opened.
class Settling {
 public:
  static constexpr int kMost = 16;  // more, and it is the camera that is broken

  PictureState next(PictureState said) {
    if (said == PictureState::good) broken_ = kMost;
    if (said != PictureState::broken || broken_ == kMost) return said;
    ++broken_;
    return PictureState::unsettled;
  }

 private:
  int broken_ = 0;  // before any good one
};

}  // namespace sluice::capture
