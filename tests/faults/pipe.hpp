// One way of a connection through the proxy. Belongs to the proxy's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace test {

// What is done to the bytes on their way.
struct Conditions {
  std::chrono::milliseconds delay{0};
  std::size_t bytes_per_second = 0;  // 0: as many as come
  std::size_t slice = 0;             // the longest write; 0: any
  std::size_t corrupt_every = 0;     // 0: none
  bool stalled = false;
};

class Pipe {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Pipe(int from, int to) : from_(from), to_(to) {}

  // Whether it has room for more, and so wants to read.
  bool wants(const Conditions& conditions) const { return !ended_ && room(conditions) > 0; }
  // Whether something may be written at `now`.
  bool has(const Conditions& conditions, Time now) const;
  // When has() may next become true; nothing where only the other end can bring that about.
  std::optional<Time> next(const Conditions& conditions, Time now) const;

  // Both say false where the connection is broken.
  bool read(const Conditions& conditions, Time now);
  bool write(const Conditions& conditions, Time now);

  // Passes on no more, and tells the other end so.
  void half_close();
  // Whether all has been passed on, the end too.
  bool over() const { return closed_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  struct Piece {
    Time due;
    std::vector<std::uint8_t> bytes;
    std::size_t written = 0;
  };

  std::size_t room(const Conditions& conditions) const;

  int from_;
  int to_;
  std::deque<Piece> pieces_;
  std::size_t held_ = 0;
  bool ended_ = false;   // nothing more comes
  bool closed_ = false;  // and the other end has been told
  std::uint64_t read_ = 0;
  std::uint64_t bytes_ = 0;  // passed on
  Time paid_until_{};        // when what was written has used up its share of the bandwidth
};

}  // namespace test
