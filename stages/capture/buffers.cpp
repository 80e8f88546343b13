#include "capture/buffers.hpp"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <sluice/media/recycled_memory.hpp>
#include <system_error>

namespace sluice::capture {
namespace {

// More than any driver has: giving back must not need memory.
constexpr std::size_t kMostBuffers = 64;

}  // namespace

class Buffers::Loan {
 public:
  Loan(std::shared_ptr<Buffers> of, unsigned index) : of_(std::move(of)), index_(index) {}
  ~Loan() { of_->give_back(index_); }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;

 private:
  const std::shared_ptr<Buffers> of_;
  const unsigned index_;
};

Buffers::Buffers() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  returned_.reserve(kMostBuffers);
  taken_back_.reserve(kMostBuffers);
}

Buffers::~Buffers() {
  for (const auto& part : mapped_) munmap(part.data(), part.size());
  close(fd_);
}

std::span<const std::uint8_t> Buffers::map(int fd, std::size_t bytes, std::int64_t offset) {
  mapped_.reserve(mapped_.size() + 1);  // before there is something to undo
  void* const memory = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, offset);
  if (memory == MAP_FAILED)
    throw std::system_error(errno, std::generic_category(), "mapping a camera's buffer");
  mapped_.emplace_back(static_cast<std::uint8_t*>(memory), bytes);
  return mapped_.back();
}

std::shared_ptr<const void> Buffers::lend(unsigned index) {
  return std::allocate_shared<const Loan>(std::pmr::polymorphic_allocator<>(&recycled_memory()),
                                          shared_from_this(), index);
}

void Buffers::give_back(unsigned index) noexcept {
  {
    const std::lock_guard lock(mutex_);
    returned_.push_back(index);
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = write(fd_, &one, sizeof one);
}

const std::vector<unsigned>& Buffers::take_back() {
  std::uint64_t value = 0;
  [[maybe_unused]] const auto n = read(fd_, &value, sizeof value);
  taken_back_.clear();
  const std::lock_guard lock(mutex_);
  taken_back_.swap(returned_);
  return taken_back_;
}

}  // namespace sluice::capture
