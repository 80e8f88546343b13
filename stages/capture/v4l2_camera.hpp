// An opened V4L2 camera that streams.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <sluice/media/frame.hpp>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "capture/buffers.hpp"
#include "capture/device_file.hpp"
#include "capture/v4l2_modes.hpp"

namespace sluice::capture::v4l2 {

// Used by one thread; what its pictures point at may be let go by any.
//
// All that can go wrong is a std::runtime_error of one line: there is no such camera, it hasn't
// what is asked of it, or, later, it is gone.
class Camera {
 public:
  // Opens it, sets it up and lets it stream. It has at least two buffers.
  Camera(const std::string& path, const Wish& wish, unsigned buffers,
         const std::vector<std::string>& controls);
  ~Camera();
  Camera(const Camera&) = delete;
  Camera& operator=(const Camera&) = delete;

  struct Picture {
    unsigned buffer = 0;
    std::span<const std::uint8_t> bytes;
    std::uint32_t sequence = 0;  // by the driver's count
    Duration told{};             // when, since the machine was started; zero: it doesn't say
    bool broken = false;
  };
  // Takes a filled buffer from the driver; none: there is none now. Each goes back by either of the
  // two below.
  std::optional<Picture> take();
  void give_back(const Picture& picture) { queue(picture.buffer); }
  // Throws FrameError for what is no picture; its buffer comes back by take_back().
  std::variant<Image, Encoded> payload_of(const Picture& picture);

  // Gives the driver the buffers that frames no longer hold.
  void take_back();
  // What it can fill.
  unsigned queued() const { return queued_; }

  // What the driver tells besides pictures: throws where the picture's size has changed.
  void look_at_events();

  int fd() const { return device_.get(); }
  int returned_fd() const { return buffers_->fd(); }

  // "YUYV 640 x 480 at 30 frames/s"
  const std::string& mode() const { return mode_; }

 private:
  void refuse_what_has_no_plain_pictures() const;
  void set_format(const Wish& wish);
  Levels levels_now() const;
  void set_rate(const Interval& wished);
  void subscribe_size_changes();
  void stream(unsigned buffers);
  void stop() noexcept;
  std::span<const std::uint8_t> memory_of(unsigned buffer);
  void queue(unsigned buffer);

  const std::string path_;
  const DeviceFile device_;
  Choice choice_;
  std::size_t step_ = 0;  // bytes from a row to the next
  Levels levels_ = Levels::full;
  std::string mode_;
  std::shared_ptr<Buffers> buffers_ = Buffers::make();
  std::vector<std::span<const std::uint8_t>> memory_;  // of each buffer
  unsigned queued_ = 0;
};

}  // namespace sluice::capture::v4l2
