#include "capture/v4l2_camera.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/videodev2.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "capture/address.hpp"
#include "capture/v4l2_controls.hpp"
#include "capture/v4l2_nodes.hpp"

namespace sluice::capture::v4l2 {
namespace {

constexpr auto kCapture = V4L2_BUF_TYPE_VIDEO_CAPTURE;

// Says what is wrong before anything is opened for good.
int opened(const std::string& path) {
  check_device(path);
  return open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

[[noreturn]] void fail(const std::string& path, int error, std::string_view what) {
  if (error == EBUSY) throw std::runtime_error(in_use(path));
  if (error == ENODEV) throw std::runtime_error(path + " is gone");
  // What the USB driver says when the bus is full.
  if (error == ENOSPC)
    throw std::runtime_error(path +
                             ": its USB bus has no room for it; ask for format = \"jpeg\", a "
                             "smaller size or a lower rate, "
                             "or put it on another bus");
  throw std::runtime_error(
      fmt::format("{} can't {}: {}", path, what, std::generic_category().message(error)));
}

// What goes wrong there doesn't say of which camera.
template <class Work>
void of_this_camera(const std::string& path, Work work) {
  try {
    work();
  } catch (const std::runtime_error& e) {
    throw std::runtime_error(fmt::format("{}: {}", path, e.what()));
  }
}

// Of pixels in YUV.
Levels levels_of(const v4l2_pix_format& picture) {
  const auto quantization =
      picture.quantization == V4L2_QUANTIZATION_DEFAULT
          ? V4L2_MAP_QUANTIZATION_DEFAULT(false, picture.colorspace, picture.ycbcr_enc)
          : static_cast<v4l2_quantization>(picture.quantization);
  return quantization == V4L2_QUANTIZATION_FULL_RANGE ? Levels::full : Levels::limited;
}

v4l2_buffer buffer_number(unsigned index) {
  v4l2_buffer buffer{};
  buffer.type = kCapture;
  buffer.memory = V4L2_MEMORY_MMAP;
  buffer.index = index;
  return buffer;
}

}  // namespace

Camera::Camera(const std::string& path, const Wish& wish, unsigned buffers,
               const std::vector<std::string>& controls)
    : path_(path), device_(opened(path)) {
  if (device_.get() < 0) fail(path_, errno, "be opened");
  refuse_what_has_no_plain_pictures();
  set_format(wish);
  of_this_camera(path_, [&] { set_controls(device_, controls); });
  subscribe_size_changes();
  try {
    stream(buffers);
  } catch (...) {
    stop();
    throw;
  }
}

Camera::~Camera() { stop(); }

// Of its input, such as a grabber's HDMI socket. Not every driver has inputs, or tells of such.
void Camera::subscribe_size_changes() {
  int input = 0;
  device_.ask(VIDIOC_G_INPUT, &input);
  v4l2_event_subscription changes{};
  changes.type = V4L2_EVENT_SOURCE_CHANGE;
  changes.id = static_cast<std::uint32_t>(input);
  device_.ask(VIDIOC_SUBSCRIBE_EVENT, &changes);
}

// The camera is free for others then, though frames may hold its buffers still. A device that is
// gone refuses both.
void Camera::stop() noexcept {
  int type = kCapture;
  device_.ask(VIDIOC_STREAMOFF, &type);
  v4l2_requestbuffers none{};
  none.type = kCapture;
  none.memory = V4L2_MEMORY_MMAP;
  device_.ask(VIDIOC_REQBUFS, &none);
}

void Camera::refuse_what_has_no_plain_pictures() const {
  const auto can = node_of(device_, path_).can;
  if ((can & V4L2_CAP_VIDEO_CAPTURE) == 0)
    throw std::runtime_error(
        path_ +
        " has the multi-planar API only, which Sluice doesn't speak; on a Raspberry Pi and "
        "other small machines capture.libcamera opens such cameras");
  if ((can & V4L2_CAP_STREAMING) == 0)
    throw std::runtime_error(path_ + " doesn't stream into buffers; another program must read it");
}

void Camera::set_format(const Wish& wish) {
  v4l2_format format{};
  format.type = kCapture;
  if (const int error = device_.ask(VIDIOC_G_FMT, &format); error != 0)
    fail(path_, error, "tell its format");
  auto& picture = format.fmt.pix;
  of_this_camera(path_, [&] {
    choice_ = choose(modes_of(device_, wish), wish, picture.width, picture.height);
  });
  picture.pixelformat = choice_.fourcc;
  picture.width = choice_.width;
  picture.height = choice_.height;
  picture.field = V4L2_FIELD_ANY;
  picture.bytesperline = picture.sizeimage = 0;  // as the driver likes
  // All 256 levels, as JPEG has it; few drivers let that be chosen.
  picture.flags = V4L2_PIX_FMT_FLAG_SET_CSC;
  picture.quantization = V4L2_QUANTIZATION_FULL_RANGE;
  if (const int error = device_.ask(VIDIOC_S_FMT, &format); error != 0)
    fail(path_, error, "be set to " + name_of(choice_.fourcc));
  // The driver takes what is near.
  if (picture.pixelformat != choice_.fourcc || picture.width != choice_.width ||
      picture.height != choice_.height)
    throw std::runtime_error(fmt::format(
        "{} gives {} {} x {} instead of {} {} x {}", path_, name_of(picture.pixelformat),
        picture.width, picture.height, name_of(choice_.fourcc), choice_.width, choice_.height));
  if (picture.field != V4L2_FIELD_NONE && picture.field != V4L2_FIELD_INTERLACED)
    throw std::runtime_error(path_ +
                             " gives half pictures (fields), each with every second row only");
  step_ = picture.bytesperline;
  levels_ = levels_now();
  mode_ = fmt::format("{} {} x {}", name_of(choice_.fourcc), choice_.width, choice_.height);
  if (kind_of(choice_.layout) == Kind::yuv420 && levels_ == Levels::limited)
    mode_ += " (levels 16 to 235, which are stretched)";
  if (choice_.interval) set_rate(*choice_.interval);
}

// What was asked for isn't looked at: a driver that knows nothing of levels leaves it as it was.
Levels Camera::levels_now() const {
  v4l2_format format{};
  format.type = kCapture;
  if (const int error = device_.ask(VIDIOC_G_FMT, &format); error != 0)
    fail(path_, error, "tell its format");
  return levels_of(format.fmt.pix);
}

void Camera::set_rate(const Interval& wished) {
  v4l2_streamparm parameters{};
  parameters.type = kCapture;
  auto& interval = parameters.parm.capture.timeperframe;
  interval = {wished.numerator, wished.denominator};
  if (const int error = device_.ask(VIDIOC_S_PARM, &parameters); error == EBUSY) {
    fail(path_, error, "");
  } else if (error != 0 || (parameters.parm.capture.capability & V4L2_CAP_TIMEPERFRAME) == 0) {
    throw std::runtime_error(path_ + " doesn't let its rate be set; leave 'rate' out");
  }
  const Interval set{interval.numerator, interval.denominator};
  if (set.numerator == 0 || !about_the_same(set.rate(), wished.rate()))
    throw std::runtime_error(fmt::format("{} gives {:.4g} frames/s instead of {:.4g}", path_,
                                         set.numerator == 0 ? 0 : set.rate(), wished.rate()));
  mode_ += fmt::format(" at {:.4g} frames/s", set.rate());
}

void Camera::stream(unsigned buffers) {
  v4l2_requestbuffers request{};
  request.type = kCapture;
  request.memory = V4L2_MEMORY_MMAP;
  request.count = buffers;
  if (const int error = device_.ask(VIDIOC_REQBUFS, &request); error != 0)
    fail(path_, error, "give buffers");
  if (request.count < 2) throw std::runtime_error(path_ + " has no memory for two buffers");
  for (unsigned index = 0; index < request.count; ++index) {
    of_this_camera(path_, [&] { memory_.push_back(memory_of(index)); });
    queue(index);
  }
  int type = kCapture;
  if (const int error = device_.ask(VIDIOC_STREAMON, &type); error != 0)
    fail(path_, error, "stream");
}

// As a DMA buffer, where the driver has such: that is memory of its own, while what is mapped of
// the device keeps the device open and in use for as long as a frame holds it.
std::span<const std::uint8_t> Camera::memory_of(unsigned index) {
  auto buffer = buffer_number(index);
  if (const int error = device_.ask(VIDIOC_QUERYBUF, &buffer); error != 0)
    throw std::system_error(error, std::generic_category(),
                            "it doesn't tell where its buffers are");
  v4l2_exportbuffer exported{};
  exported.type = kCapture;
  exported.index = index;
  exported.flags = O_RDONLY | O_CLOEXEC;
  if (device_.ask(VIDIOC_EXPBUF, &exported) != 0)
    return buffers_->map(device_.get(), buffer.length, buffer.m.offset);
  const DeviceFile memory(exported.fd);
  return buffers_->map(memory.get(), buffer.length);
}

void Camera::queue(unsigned index) {
  auto buffer = buffer_number(index);
  if (const int error = device_.ask(VIDIOC_QBUF, &buffer); error != 0)
    fail(path_, error, "take a buffer back");
  ++queued_;
}

std::optional<Camera::Picture> Camera::take() {
  auto buffer = buffer_number(0);
  if (const int error = device_.ask(VIDIOC_DQBUF, &buffer); error == EAGAIN) {
    return std::nullopt;
  } else if (error != 0) {
    fail(path_, error, "give a picture");
  }
  if (buffer.index >= memory_.size())
    throw std::runtime_error(path_ + " gave a buffer that it hasn't");
  --queued_;
  const auto& memory = memory_[buffer.index];
  Picture picture{buffer.index,
                  memory.first(std::min<std::size_t>(buffer.bytesused, memory.size())),
                  buffer.sequence,
                  {},
                  (buffer.flags & V4L2_BUF_FLAG_ERROR) != 0};
  if ((buffer.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) == V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC)
    picture.told = std::chrono::seconds(buffer.timestamp.tv_sec) +
                   std::chrono::microseconds(buffer.timestamp.tv_usec);
  return picture;
}

std::variant<Image, Encoded> Camera::payload_of(const Picture& picture) {
  const auto height = static_cast<int>(choice_.height);
  return capture::payload_of(choice_.layout, levels_, static_cast<int>(choice_.width), height,
                             planes_in(picture.bytes, choice_.layout, height, step_),
                             buffers_->lend(picture.buffer));
}

void Camera::take_back() {
  for (const unsigned index : buffers_->take_back()) queue(index);
}

void Camera::look_at_events() {
  v4l2_event event{};
  while (device_.ask(VIDIOC_DQEVENT, &event) == 0)
    if (event.type == V4L2_EVENT_SOURCE_CHANGE &&
        (event.u.src_change.changes & V4L2_EVENT_SRC_CH_RESOLUTION) != 0)
      throw std::runtime_error("what it gives has changed its size, or is gone");
}

}  // namespace sluice::capture::v4l2
