// A sluice process with a graph that the test wrote, what it says, and what it holds.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "process.hpp"

namespace test {

class Running {
 public:
  // `prefix`: what comes before the command, such as {"/usr/bin/env", "X=1"}.
  explicit Running(const std::string& graph, std::vector<std::string> prefix = {});

  Process& process() { return process_; }
  bool says(const std::string& text) { return process_.says(text); }
  void signal(int number) { process_.signal(number); }

  // Its events so far, of one name or of all, with `time_s` besides: UTC.
  std::vector<nlohmann::json> events(std::string_view name = {}) const;
  // Waits for the first event of this name, at or after `since` (UTC), that is `wanted`.
  std::optional<nlohmann::json> wait_for(
      std::string_view name, double since,
      const std::function<bool(const nlohmann::json&)>& wanted = nullptr,
      std::chrono::seconds limit = std::chrono::seconds(30)) const;

  // Ends it in order and returns its report.
  nlohmann::json report();

  std::size_t descriptors() const;
  double resident_mib() const;

 private:
  Folder folder_;
  Process process_;
};

// A hub that takes frames at `address`, passes them on to a probe and tells its events. `more`:
// further lines for its transport.receive, which is called `cameras`.
std::string hub_graph(const std::string& address, const std::string& probe,
                      const std::string& more = {});

// A node with a made-up camera of grey pictures, unpacked. `camera` and `uplink`: lines for these
// stages.
std::string node_graph(const std::string& source, const std::string& address,
                       const std::string& camera = "width = 160\nheight = 120\nrate = 20",
                       const std::string& uplink = {});

// A node whose pictures go as JPEGs. `camera`: lines for its made-up camera; `more`: further lines.
std::string jpeg_node_graph(const std::string& address, const std::string& camera,
                            const std::string& more = {});

// A graph's mailboxes wait for room: none of its frames is dropped.
inline const std::string kAllWait = "[mailbox]\nwhen_full = \"block\"\n";

// MiB that a process may have grown by: some pages, not pictures that have piled up.
#ifdef __SANITIZE_ADDRESS__
inline constexpr double kMostGrown = 48;
#else
inline constexpr double kMostGrown = 8;
#endif

// One row of the table that the log of these tests is.
template <class... Values>
void row(fmt::format_string<Values...> text, Values&&... values) {
  fmt::print("row: {}\n", fmt::format(text, std::forward<Values>(values)...));
  std::fflush(stdout);
}

// Checks that the books of every stage in a report add up.
void adds_up(const nlohmann::json& report);

// Checks that of what node_graph()'s camera made, hub_graph()'s hub has taken or misses each, from
// the frame `first` on, and that both have counted the same. Returns that as text.
std::string same_books(const nlohmann::json& node, const nlohmann::json& hub,
                       std::uint64_t first = 0);

}  // namespace test
