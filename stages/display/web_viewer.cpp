#include <fmt/format.h>
#include <sodium.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <display/web_viewer.hpp>
#include <string_view>

namespace sluice::display {

std::string new_boundary() {
  std::array<unsigned char, 16> random{};
  randombytes_buf(random.data(), random.size());
  return fmt::format("sluice-{:02x}", fmt::join(random, ""));
}

std::string stream_type(const std::string& boundary) {
  return "multipart/x-mixed-replace; boundary=" + boundary;
}

PictureViewer::PictureViewer(WebServer& s, MHD_Connection* c, WallPtr shown_on,
                             Board::ChannelPtr channel, bool stream, SteadyTime now,
                             std::string viewer)
    : server(s),
      connection(c),
      is_stream(stream),
      name(std::move(viewer)),
      wall(std::move(shown_on)),
      watch(wall->board(), std::move(channel)),
      wanted(std::max<std::uint64_t>(1, watch.look().frame)),
      asked(now),
      head_(between_.substr(2)) {}

// The boundary follows its picture at once, so that a reader knows the picture's end without
// waiting for the next one. Chromium wants the next part's header, too, before it shows a picture:
// a camera of one frame a second would be seen a second late, and one that fell silent never. The
// next picture's size isn't known yet, so for our own page the header does without it; for
// programs, it has the size, and comes with the picture.
std::string PictureViewer::between() const {
  return "\r\n--" + boundary + "\r\n" + (name.empty() ? "" : "Content-Type: image/jpeg\r\n\r\n");
}

void PictureViewer::begin(PicturePtr picture, SteadyTime now) {
  moved = now;
  if (name.empty()) {
    const auto since_1970 =
        std::chrono::floor<std::chrono::milliseconds>(picture->captured).time_since_epoch();
    const auto ms = std::max<std::int64_t>(0, since_1970.count());
    head_ = fmt::format(
        "Content-Type: image/jpeg\r\nContent-Length: {}\r\nX-Timestamp: {}.{:03}\r\n"
        "X-Sequence: {}\r\n\r\n",
        picture->jpeg.bytes.size(), ms / 1000, ms % 1000, picture->sequence);
  }
  sent = picture->number;
  picture_ = std::move(picture);
  position_ = 0;
}

std::size_t PictureViewer::copy(char* buffer, std::size_t most) {
  std::array<std::string_view, 3> parts{head_, {}, {}};
  if (picture_) {
    const auto bytes = picture_->jpeg.bytes;
    parts[1] = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    parts[2] = between_;
  }
  std::size_t copied = 0;
  std::size_t skip = position_;
  for (auto part : parts) {
    const std::size_t skipped = std::min(skip, part.size());
    skip -= skipped;
    part.remove_prefix(skipped);
    const std::size_t n = std::min(part.size(), most - copied);
    part.copy(buffer + copied, n);
    copied += n;
  }
  position_ += copied;
  if (copied == 0) {  // all was sent: no memory is kept while waiting for the next
    picture_.reset();
    head_.clear();
    position_ = 0;
  }
  return copied;
}

bool PictureViewer::has_news() const {
  const auto view = watch.look();
  if (view.removed || ended) return true;
  return is_stream ? view.picture && view.picture->number != sent : view.finished >= wanted;
}

bool PictureViewer::peer_gone() const {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  if (!info) return true;
  char byte;
  const ssize_t n = recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

}  // namespace sluice::display
