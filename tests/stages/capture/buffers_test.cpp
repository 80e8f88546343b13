// Buffers that frames hold: given back once the last reader is done, by whichever thread that is.

#include "capture/buffers.hpp"

#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <system_error>
#include <thread>

#include "catch.hpp"

namespace {

using sluice::capture::Buffers;

bool readable(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  return poll(&waiting, 1, 0) == 1;
}

struct Memory {
  Memory() : fd(memfd_create("camera", MFD_CLOEXEC)) {
    REQUIRE(fd >= 0);
    REQUIRE(write(fd, "picture", 7) == 7);
  }
  ~Memory() { close(fd); }
  const int fd;
};

}  // namespace

TEST_CASE("a lent buffer comes back when its last holder lets go of it") {
  const auto buffers = Buffers::make();
  auto frame = buffers->lend(3);
  auto reader = frame;
  frame.reset();
  CHECK(buffers->take_back().empty());
  CHECK_FALSE(readable(buffers->fd()));
  reader.reset();
  CHECK(readable(buffers->fd()));
  CHECK(buffers->take_back() == std::vector<unsigned>{3});
  CHECK(buffers->take_back().empty());
  CHECK_FALSE(readable(buffers->fd()));
}

TEST_CASE("buffers come back from many threads, each once") {
  const auto buffers = Buffers::make();
  std::vector<unsigned> back(8);
  std::vector<std::thread> readers;
  for (unsigned n = 0; n < back.size(); ++n)
    readers.emplace_back([&, n] {
      for (int i = 0; i < 500; ++i) buffers->lend(n);
    });
  unsigned all = 0;
  while (all < 4000) {
    pollfd waiting{buffers->fd(), POLLIN, 0};
    REQUIRE(poll(&waiting, 1, 10'000) == 1);
    for (const unsigned n : buffers->take_back()) ++back[n], ++all;
  }
  for (auto& reader : readers) reader.join();
  CHECK(back == std::vector<unsigned>(8, 500));
}

TEST_CASE("the memory outlives the camera for as long as a frame holds it") {
  auto buffers = Buffers::make();
  std::span<const std::uint8_t> picture;
  {
    const Memory memory;
    picture = buffers->map(memory.fd, 7);
  }
  const auto frame = buffers->lend(0);
  buffers.reset();
  CHECK(std::string(picture.begin(), picture.end()) == "picture");
}

TEST_CASE("what can't be mapped is told, with what was being done") {
  CHECK_THROWS_AS(Buffers::make()->map(-1, 10), std::system_error);
}
