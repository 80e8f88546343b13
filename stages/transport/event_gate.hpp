// Peers make a hub raise events, at whatever rate they like. This lets through a number that people
// and programs can follow, and counts the rest.
#pragma once

#include <cstdint>
#include <optional>
#include <sluice/media/time.hpp>
#include <string>
#include <unordered_map>
#include <vector>

namespace sluice {

class EventGate {
 public:
  // Whether an event that `who` (a device, an address) has brought about may be raised now.
  bool passes(const std::string& who, SteadyTime now);

  struct HeldBack {
    std::string who;
    std::uint64_t count;
  };
  // What did not pass, of whom may raise again. Asked about once a second, it tells of each flood
  // while it lasts and at its end.
  std::vector<HeldBack> take_held_back(SteadyTime now);

 private:
  // So many at once, and so many a second.
  struct Rate {
    double burst, per_s;
  };
  class Bucket {
   public:
    Bucket(Rate rate, SteadyTime now) : rate_(rate), tokens_(rate.burst), since_(now) {}
    bool take(SteadyTime now);
    void put_back() { tokens_ += 1; }
    bool full(SteadyTime now);

   private:
    void fill(SteadyTime now);
    Rate rate_;
    double tokens_;
    SteadyTime since_;
  };
  struct Of {
    Bucket bucket;
    std::uint64_t held_back = 0;
  };

  // A hub with 256 cameras that comes up raises as many link.up and source.back.
  static constexpr Rate kEach{64, 8}, kAll{1024, 64};
  static constexpr std::size_t kMost = 1024;  // further ones share a bucket

  Of& of(const std::string& who, SteadyTime now);

  std::unordered_map<std::string, Of> each_;
  std::optional<Bucket> all_;
};

}  // namespace sluice
