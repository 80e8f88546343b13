#include "faults/pipe.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace test {

std::size_t Pipe::room(const Conditions& c) const {
  if (c.stalled) return 0;
  std::size_t most = 4 << 20;  // a network holds no more than so much either
  // On a slow link bytes wait at the sender, but for what is on its way and 20 ms' worth.
  if (c.bytes_per_second > 0)
    most = std::max<std::size_t>(
        1, c.bytes_per_second * (static_cast<std::size_t>(c.delay.count()) + 20) / 1000);
  return most - std::min(most, held_);
}

bool Pipe::has(const Conditions& conditions, Time now) const {
  const auto at = next(conditions, now);
  return at && *at <= now;
}

std::optional<Pipe::Time> Pipe::next(const Conditions& conditions, Time now) const {
  if (conditions.stalled || closed_) return {};
  if (pieces_.empty()) return ended_ ? std::optional(now) : std::nullopt;
  return std::max(pieces_.front().due, paid_until_);
}

bool Pipe::read(const Conditions& conditions, Time now) {
  std::array<std::uint8_t, 32 * 1024> buffer;
  const auto n =
      recv(from_, buffer.data(), std::min(buffer.size(), room(conditions)), MSG_DONTWAIT);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  if (n == 0) {
    ended_ = true;
    return true;
  }
  const auto size = static_cast<std::size_t>(n);
  Piece piece{now + conditions.delay, {buffer.begin(), buffer.begin() + n}, 0};
  if (conditions.corrupt_every > 0)
    for (std::size_t i = 0; i < size; ++i)
      if ((read_ + i) % conditions.corrupt_every == conditions.corrupt_every - 1)
        piece.bytes[i] ^= 0x10;
  read_ += size;
  held_ += size;
  pieces_.push_back(std::move(piece));
  return true;
}

bool Pipe::write(const Conditions& conditions, Time now) {
  if (pieces_.empty()) {
    if (ended_) half_close();
    return true;
  }
  auto& piece = pieces_.front();
  std::size_t size = piece.bytes.size() - piece.written;
  if (conditions.slice > 0) size = std::min(size, conditions.slice);
  const auto n = send(to_, piece.bytes.data() + piece.written, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  const auto written = static_cast<std::size_t>(n);
  piece.written += written;
  held_ -= written;
  bytes_ += written;
  if (piece.written == piece.bytes.size()) pieces_.pop_front();
  if (conditions.bytes_per_second > 0)
    paid_until_ = std::max(paid_until_, now) +
                  std::chrono::nanoseconds(1'000'000'000 * written / conditions.bytes_per_second);
  return true;
}

void Pipe::half_close() {
  if (closed_) return;
  ended_ = closed_ = true;
  pieces_.clear();
  held_ = 0;
  shutdown(to_, SHUT_WR);
}

}  // namespace test
