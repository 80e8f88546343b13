// A libcamera camera that is open and streams.
#pragma once

#include <libcamera/libcamera.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "capture/buffers.hpp"
#include "capture/libcamera_config.hpp"
#include "capture/libcamera_settling.hpp"

namespace sluice::capture {

// All is called by the stage's thread; what libcamera's own thread hands over goes through
// Completed.
class LibcameraLens {
 public:
  using Payload = std::variant<Image, Encoded>;
  struct Taken {
    enum class State {
      good,
      unsettled,  // see PictureState
      broken,     // and why
      no_buffer   // readers hold all the others: the camera got this one back at once
    } state = State::good;
    std::string why;
    std::optional<Payload> main, preview;
    Duration sensor_time{};  // since the machine was started; 0: not known
    unsigned sequence = 0;   // the camera's number, which may be rubbish
  };

  // Opens, configures and starts it. Throws LibcameraError.
  LibcameraLens(std::shared_ptr<libcamera::Camera> camera, const LibcameraWish& wish);
  ~LibcameraLens();
  LibcameraLens(const LibcameraLens&) = delete;
  LibcameraLens& operator=(const LibcameraLens&) = delete;

  // Buffers that it has to fill.
  std::size_t with_camera() const { return with_camera_; }
  // Readable while take() has something, or take_back() would.
  int completed_fd() const { return completed_->fd; }
  int returned_fd() const { return buffers_->fd(); }

  // The next picture, if one is there. Its payload holds the buffer.
  std::optional<Taken> take();
  // Gives the camera back what it has taken so far, which nobody is to see.
  void skip();
  // Gives the camera what readers are done with. False: it takes no more, it is gone.
  bool take_back();

 private:
  // Between libcamera's thread and ours.
  struct Completed {
    Completed();
    ~Completed();
    const int fd;
    std::mutex mutex;
    std::vector<libcamera::Request*> requests;  // guarded
  };
  struct Stream {
    libcamera::Stream* stream = nullptr;
    Layout layout = Layout::yuv420;
    Levels levels = Levels::full;
    int width = 0, height = 0;
    std::vector<RawPlanes> planes;  // by request
  };

  void add_stream(const libcamera::StreamConfiguration& configuration);
  RawPlanes map(const libcamera::StreamConfiguration& configuration,
                const libcamera::FrameBuffer& buffer, std::vector<int>& files);
  void make_requests();
  void stop();
  libcamera::Request* next_completed();
  void queue(unsigned index);
  // The camera has stopped by itself, or is unplugged.
  bool gone_for(const libcamera::Request& request);
  void fill(Taken& taken, const libcamera::Request& request);
  void read_access(unsigned index, std::uint64_t begin_or_end) const;

  const std::shared_ptr<libcamera::Camera> camera_;
  const std::shared_ptr<Completed> completed_ = std::make_shared<Completed>();
  const std::shared_ptr<Buffers> buffers_ = Buffers::make();
  std::unique_ptr<libcamera::FrameBufferAllocator> allocator_;
  std::vector<Stream> streams_;  // main, then preview
  std::vector<std::unique_ptr<libcamera::Request>> requests_;
  std::vector<std::vector<int>> files_;  // by request: whose memory its buffers are
  std::size_t with_camera_ = 0;
  Settling settling_;
  bool gone_ = false;
};

}  // namespace sluice::capture
