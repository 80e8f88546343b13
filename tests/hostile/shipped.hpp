// The graphs of configs/ as they are shipped, each in a process of its own: a hub, and a camera's
// node at it that must lose nothing whatever others do to the hub.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "hostile/stranger.hpp"
#include "hostile/way.hpp"
#include "http_client.hpp"
#include "running.hpp"

namespace test {

// A graph that is the shipped one of this name with these lines laid over it.
std::string shipped(const std::string& name, const std::string& over);

// Who has it may look at the page of a hub that asks for one.
inline constexpr const char* kToken = "0f9c2b7d5e8a4136a1b2c3d4e5f60718";

// What a hub of 2 GB gives to frames, and what its process may have of memory at any time.
inline constexpr const char* kMemory = "512MiB";
inline constexpr double kMostMib = 1024;

class ShippedHub {
 public:
  // Both run and frames flow. `over`: lines laid over configs/hub.toml.
  // `prefix`: what comes before the command; `top`: lines before the first table.
  explicit ShippedHub(Way way = {}, const std::string& over = {},
                      std::vector<std::string> prefix = {}, const std::string& top = {});

  const Way way;
  const Keys* keys() const { return keys_ ? &*keys_ : nullptr; }
  Stranger stranger(const std::string& device = "eve") const {
    return Stranger(way, endpoint_, keys(), device);
  }
  const std::string& endpoint() const { return endpoint_; }
  std::string address() const { return endpoint_.substr(endpoint_.find("//") + 2); }
  std::uint16_t page() const { return page_; }
  Running& process() { return *hub_; }

  // What the page answers to this path, with kToken.
  sluice::testkit::HttpAnswer get(const std::string& path) const;
  // How many frames of a source have come to a stage.
  std::uint64_t frames(const std::string& stage, const std::string& source) const;
  // Any of its figures, as in sluice_stage_age_seconds_sum and {"stage=\"cameras\""}; nothing
  // where there is no such line.
  std::optional<double> figure(const std::string& name,
                               const std::vector<std::string>& labels) const;

  // Waits until so many more of the true camera's frames are on the page; fails the test where
  // they don't come.
  void camera_goes_on(std::uint64_t more = 10);
  // Ends both. Checks that nothing of the true camera's was lost, by what they both have counted,
  // and that the hub's memory was held. Returns the hub's report.
  nlohmann::json end();

 private:
  Folder folder_;
  std::optional<Keys> keys_;
  std::string endpoint_;
  std::uint16_t page_;
  std::optional<Running> hub_;
  std::optional<Running> node_;
};

}  // namespace test
