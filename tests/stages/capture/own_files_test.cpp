#include "capture/own_files.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include "catch.hpp"

using namespace sluice::capture;
using namespace std::chrono_literals;

namespace {

// Runs `waits` in a thread with files of its own, and cuts it until it returns.
void cut_while(const std::function<void()>& waits) {
  allow_cutting();
  std::atomic<bool> cut{false}, ended{false};
  std::thread thread([&] {
    const OwnFiles files(cut);
    waits();
    ended = true;
  });
  std::this_thread::sleep_for(20ms);  // into the wait, most times; it must end either way
  cut = true;
  while (!ended) {
    pthread_kill(thread.native_handle(), kCutSignal);
    std::this_thread::sleep_for(5ms);
  }
  thread.join();
}

int bound_socket(int type) {
  const int fd = socket(AF_INET, type, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return -1;
  return fd;
}

}  // namespace

#ifndef __SANITIZE_THREAD__  // under which a thread has no files of its own

TEST_CASE("a thread that waits for a socket without a limit returns when it is cut") {
  cut_while([] {
    const int fd = bound_socket(SOCK_DGRAM);
    char byte = 0;
    while (recv(fd, &byte, 1, 0) < 0 && errno == EINTR) {
    }
    close(fd);
  });
  cut_while([] {
    const int fd = bound_socket(SOCK_STREAM);
    listen(fd, 1);
    while (accept(fd, nullptr, nullptr) < 0 && errno == EINTR) {
    }
    close(fd);
  });
  cut_while([] {
    const int fd = bound_socket(SOCK_DGRAM);
    pollfd p{fd, POLLIN, 0};
    while (poll(&p, 1, -1) < 0 && errno == EINTR) {
    }
    close(fd);
  });
}

TEST_CASE("a cut leaves the files of other threads as they are") {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  bool mine_was_there = true;
  cut_while([&] {
    mine_was_there = fcntl(ends[0], F_GETFD) >= 0 && fcntl(ends[1], F_GETFD) >= 0;
    for (int fd; (fd = dup(0)) >= 0 && fd < 64;) {  // the same numbers
    }
    const int fd = bound_socket(SOCK_DGRAM);
    char byte = 0;
    while (recv(fd, &byte, 1, 0) < 0 && errno == EINTR) {
    }
  });
  CHECK_FALSE(mine_was_there);
  CHECK(write(ends[1], "x", 1) == 1);
  char byte = 0;
  CHECK(read(ends[0], &byte, 1) == 1);
  CHECK(byte == 'x');
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("the signal does nothing to threads that have no files of their own") {
  allow_cutting();
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  pthread_kill(pthread_self(), kCutSignal);
  CHECK(write(ends[1], "x", 1) == 1);
  close(ends[0]);
  close(ends[1]);
}

#endif
