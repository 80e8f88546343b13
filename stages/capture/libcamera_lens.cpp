#include "capture/libcamera_lens.hpp"

#include <fmt/format.h>
#include <linux/dma-buf.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <sluice/stage.hpp>
#include <system_error>

#include "capture/libcamera_manager.hpp"

namespace sluice::capture {
namespace {

using libcamera::FrameBuffer;
using libcamera::Request;
using libcamera::StreamConfiguration;

void must(int result, const std::string& camera, std::string_view what) {
  if (result >= 0) return;
  if (result == -EBUSY)
    throw LibcameraError(
        fmt::format("{} is in use by another stage or another program; several stages can take the "
                    "frames of one that has it",
                    camera));
  throw LibcameraError(fmt::format("{}: {}: {}", camera, what, std::strerror(-result)));
}

// How much of a plane the picture takes; where the camera tells nonsense, all of it.
std::size_t used(const FrameBuffer& buffer, std::size_t plane, std::size_t length) {
  const auto planes = buffer.metadata().planes();
  if (plane >= planes.size()) return length;
  const std::size_t bytes = planes[plane].bytesused;
  return bytes == 0 || bytes > length ? length : bytes;
}

}  // namespace

LibcameraLens::Completed::Completed() : fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

LibcameraLens::Completed::~Completed() { close(fd); }

LibcameraLens::LibcameraLens(std::shared_ptr<libcamera::Camera> camera, const LibcameraWish& wish)
    : camera_(std::move(camera)) {
  must(camera_->acquire(), camera_->id(), "can't be opened");
  try {
    const auto configuration = agreed_with(*camera_, wish);
    must(camera_->configure(configuration.get()), camera_->id(), "can't be configured");
    const auto controls = controls_for(*camera_, wish);  // their ranges depend on the configuration
    allocator_ = std::make_unique<libcamera::FrameBufferAllocator>(camera_);
    for (const auto& stream : *configuration) add_stream(stream);
    make_requests();
    camera_->requestCompleted.connect(this, [completed = completed_](Request* request) {
      {
        const std::lock_guard lock(completed->mutex);
        completed->requests.push_back(request);
      }
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto n = write(completed->fd, &one, sizeof one);
    });
    must(camera_->start(&controls), camera_->id(), "can't be started");
    // Some pipelines take controls from here, and none from start().
    requests_.front()->controls().merge(controls);
    for (unsigned i = 0; i < requests_.size(); ++i) queue(i);
    if (gone_) throw LibcameraError(camera_->id() + " takes no buffers");
  } catch (...) {
    stop();
    throw;
  }
}

LibcameraLens::~LibcameraLens() { stop(); }

void LibcameraLens::stop() {
  camera_->stop();  // requests under way complete as cancelled, then none does any more
  camera_->requestCompleted.disconnect(this);
  requests_.clear();
  allocator_.reset();
  camera_->release();
}

void LibcameraLens::add_stream(const StreamConfiguration& configuration) {
  const auto layout = layout_of(configuration.pixelFormat);
  if (!layout) throw LibcameraError("no layout of " + configuration.pixelFormat.toString());
  must(allocator_->allocate(configuration.stream()), camera_->id(), "has no memory for buffers");
  Stream stream;
  stream.stream = configuration.stream();
  stream.layout = *layout;
  stream.levels = levels_of(configuration);
  stream.width = static_cast<int>(configuration.size.width);
  stream.height = static_cast<int>(configuration.size.height);
  const auto& buffers = allocator_->buffers(stream.stream);
  files_.resize(std::max(files_.size(), buffers.size()));
  for (std::size_t i = 0; i < buffers.size(); ++i)
    stream.planes.push_back(map(configuration, *buffers[i], files_[i]));
  streams_.push_back(std::move(stream));
}

// Several planes may lie in one file, which is mapped once.
RawPlanes LibcameraLens::map(const StreamConfiguration& configuration, const FrameBuffer& buffer,
                             std::vector<int>& files) {
  std::map<int, std::size_t> sizes;
  for (const auto& plane : buffer.planes()) {
    auto& size = sizes[plane.fd.get()];
    size = std::max<std::size_t>(size, plane.offset + plane.length);
  }
  std::map<int, std::span<const std::uint8_t>> memory;
  for (const auto& [file, size] : sizes) {
    memory[file] = buffers_->map(file, size);
    files.push_back(file);
  }
  const auto layout = *layout_of(configuration.pixelFormat);
  const auto height = static_cast<int>(configuration.size.height);
  const auto& first = buffer.planes().front();
  const auto whole = memory[first.fd.get()].subspan(first.offset, first.length);
  auto planes = planes_in(whole, layout, height, configuration.stride);
  if (buffer.planes().size() > 1)
    for (std::size_t i = 0; i < std::min(planes.size(), buffer.planes().size()); ++i) {
      const auto& plane = buffer.planes()[i];
      planes[i].bytes = memory[plane.fd.get()].subspan(plane.offset, plane.length);
    }
  return planes;
}

// One request for each buffer that all streams have.
void LibcameraLens::make_requests() {
  std::size_t number = streams_.front().planes.size();
  for (const auto& stream : streams_) number = std::min(number, stream.planes.size());
  for (std::size_t i = 0; i < number; ++i) {
    auto request = camera_->createRequest(i);
    if (!request) throw LibcameraError(camera_->id() + " gives no requests");
    for (const auto& stream : streams_)
      must(request->addBuffer(stream.stream, allocator_->buffers(stream.stream)[i].get()),
           camera_->id(), "takes no buffer");
    requests_.push_back(std::move(request));
  }
}

void LibcameraLens::queue(unsigned index) {
  if (camera_->queueRequest(requests_[index].get()) < 0)
    gone_ = true;
  else
    ++with_camera_;
}

// The kernel makes the processor's caches fit what the camera wrote. Where the memory is no DMA
// buffer the call fails, and there is nothing to do.
void LibcameraLens::read_access(unsigned index, std::uint64_t begin_or_end) const {
  const dma_buf_sync sync{begin_or_end | DMA_BUF_SYNC_READ};
  for (const int file : files_[index]) ioctl(file, DMA_BUF_IOCTL_SYNC, &sync);
}

Request* LibcameraLens::next_completed() {
  const std::lock_guard lock(completed_->mutex);
  auto& requests = completed_->requests;
  if (requests.empty()) {
    std::uint64_t value = 0;
    [[maybe_unused]] const auto n = read(completed_->fd, &value, sizeof value);
    return nullptr;
  }
  auto* const request = requests.front();
  requests.erase(requests.begin());
  return request;
}

bool LibcameraLens::gone_for(const Request& request) {
  // A running camera cancels nothing. Given back, it would be cancelled again, without end.
  gone_ = gone_ || request.status() == Request::RequestCancelled;
  return gone_;
}

std::optional<LibcameraLens::Taken> LibcameraLens::take() {
  auto* const request = next_completed();
  if (!request) return std::nullopt;
  --with_camera_;
  if (gone_for(*request)) return std::nullopt;

  Taken taken;
  const auto& metadata = request->buffers().at(streams_.front().stream)->metadata();
  taken.sequence = metadata.sequence;
  const auto time = request->metadata().get(libcamera::controls::SensorTimestamp);
  taken.sensor_time = Duration(time ? *time : static_cast<std::int64_t>(metadata.timestamp));
  auto worst = PictureState::good;
  for (const auto& [stream, buffer] : request->buffers())
    worst = std::max(worst, state_of(buffer->metadata().status));
  const auto state = settling_.next(worst);
  if (state == PictureState::unsettled) {
    taken.state = Taken::State::unsettled;
  } else if (with_camera_ == 0 && requests_.size() > 1) {
    taken.state = Taken::State::no_buffer;
  } else if (state == PictureState::broken) {
    taken.state = Taken::State::broken;
    taken.why = "the camera says that a picture is broken";
  }

  if (taken.state == Taken::State::good) {
    fill(taken, *request);
    request->reuse(Request::ReuseBuffers);
  } else {
    request->reuse(Request::ReuseBuffers);
    queue(static_cast<unsigned>(request->cookie()));
  }
  return taken;
}

// From here on the buffer is given back by the last who holds the payload.
void LibcameraLens::fill(Taken& taken, const Request& request) {
  const auto index = static_cast<unsigned>(request.cookie());
  read_access(index, DMA_BUF_SYNC_START);
  const auto loan = buffers_->lend(index);
  try {
    for (const auto& stream : streams_) {
      auto planes = stream.planes[index];
      const auto& buffer = *request.buffers().at(stream.stream);
      if (stream.layout == Layout::jpeg)
        planes[0].bytes = planes[0].bytes.first(used(buffer, 0, planes[0].bytes.size()));
      auto& payload = &stream == &streams_.front() ? taken.main : taken.preview;
      payload = payload_of(stream.layout, stream.levels, stream.width, stream.height, planes, loan);
    }
  } catch (const FrameError& e) {
    taken.state = Taken::State::broken;
    taken.why = e.what();
  }
}

void LibcameraLens::skip() {
  while (auto* const request = next_completed()) {
    --with_camera_;
    if (gone_for(*request)) continue;
    request->reuse(Request::ReuseBuffers);
    queue(static_cast<unsigned>(request->cookie()));
  }
}

bool LibcameraLens::take_back() {
  for (const unsigned index : buffers_->take_back()) {
    read_access(index, DMA_BUF_SYNC_END);
    if (!gone_) queue(index);
  }
  return !gone_;
}

}  // namespace sluice::capture
