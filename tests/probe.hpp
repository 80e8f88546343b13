// A hub's next hub, as old as imagezmq: what a hub passes on to it is what the hub has taken, frame
// by frame, at the moment that it took it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace test {

struct Seen {
  std::string source;
  std::uint64_t sequence = 0;
  double age_s = 0;      // by its capture time, as the hub has it
  double arrived_s = 0;  // UTC
  std::vector<int> shape;
  bool whole = true;  // as the Probe's `check` finds
};

class Probe {
 public:
  // Says whether the picture is what its source and number promise. Called in the probe's thread.
  using Check = std::function<bool(const Seen&, std::span<const std::uint8_t> picture)>;

  explicit Probe(Check check = nullptr);
  ~Probe();
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  const std::string& address() const { return address_; }

  // What has come so far, of one source or of all.
  std::vector<Seen> seen(const std::string& source = {}) const;
  std::size_t count(const std::string& source = {}) const { return seen(source).size(); }
  // Waits for the first frame, past the first `after` of its source, that is `wanted`.
  std::optional<Seen> wait_for(const std::string& source, std::size_t after,
                               const std::function<bool(const Seen&)>& wanted,
                               std::chrono::seconds limit = std::chrono::seconds(30)) const;
  // Waits for `more` frames of a source past those that are there; false if they don't come.
  bool flows(const std::string& source, std::size_t more = 10,
             std::chrono::seconds limit = std::chrono::seconds(30)) const;

 private:
  void run();

  const Check check_;
  std::string address_;
  std::atomic<bool> over_{false};
  mutable std::mutex mutex_;
  mutable std::condition_variable news_;
  std::vector<Seen> seen_;
  std::thread thread_;
};

// Seconds since 1970, of this machine's clock.
double utc_s();

}  // namespace test
