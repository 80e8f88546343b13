// The memory of an opened camera's buffers, which frames hold without a copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace sluice::capture {

// What a camera fills, frames read, and the camera gets back when the last reader is done. Frames
// may outlive the camera: the memory stays mapped as long as anybody has this object or a loan of
// it.
//
// Frames give back from any thread; all else is called by the one that owns the camera.
class Buffers : public std::enable_shared_from_this<Buffers> {
 public:
  static std::shared_ptr<Buffers> make() { return std::shared_ptr<Buffers>(new Buffers); }
  ~Buffers();
  Buffers(const Buffers&) = delete;
  Buffers& operator=(const Buffers&) = delete;

  // Maps a part of what the descriptor stands for, for reading. Throws std::system_error.
  std::span<const std::uint8_t> map(int fd, std::size_t bytes, std::int64_t offset = 0);

  // Buffer number `index` belongs to whoever holds the result.
  std::shared_ptr<const void> lend(unsigned index);

  // Readable while there are buffers that were given back.
  int fd() const { return fd_; }
  // Which these are, in the order of their return; they are not told again.
  const std::vector<unsigned>& take_back();

 private:
  class Loan;
  Buffers();
  void give_back(unsigned index) noexcept;

  const int fd_;
  std::vector<std::span<std::uint8_t>> mapped_;
  std::mutex mutex_;
  std::vector<unsigned> returned_;  // guarded by mutex_
  std::vector<unsigned> taken_back_;
};

}  // namespace sluice::capture
