#include "hostile/shipped.hpp"

#include <algorithm>
#include <sstream>

#include "catch.hpp"
#include "contains.hpp"
#include "eventually.hpp"

namespace test {

using nlohmann::json;

namespace {

std::string keys_of(const std::optional<Keys>& keys, const std::string& device) {
  if (!keys) return {};
  const auto own = fmt::format("security = \"curve\"\nkey = \"{}\"\n", keys->secret_of(device));
  return own + (device == "hub" ? fmt::format("allowed = \"{}\"\n", keys->allowed())
                                : fmt::format("peer_key = \"{}\"\n", keys->of("hub")));
}

std::string endpoint_of(const Way& way, const Folder& folder) {
  return way.transport == "ipc" ? "ipc://" + (folder.path() / "hub").string()
                                : "tcp://" + free_address();
}

std::uint16_t port_of(const std::string& address) {
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
}

}  // namespace

std::string shipped(const std::string& name, const std::string& over) {
  return fmt::format("name = \"{0}\"\ninclude = [\"{1}/configs/{0}.toml\"]\n{2}", name,
                     SLUICE_SOURCE_DIR, over);
}

ShippedHub::ShippedHub(Way of, const std::string& over, std::vector<std::string> prefix,
                       const std::string& top)
    : way(std::move(of)), endpoint_(endpoint_of(way, folder_)) {
  if (way.keys) keys_.emplace(std::vector<std::string>{"hub", "porch", "eve"});
  const auto page = free_address();
  page_ = port_of(page);
  prefix.insert(prefix.begin(), {"/usr/bin/env", "PAGE=" + page});
  hub_.emplace(shipped("hub", fmt::format(R"(
memory = "{}"
{}
[stage.cameras]
bind    = "{}"
pattern = "{}"
{}
{}
)",
                                          kMemory, top, endpoint_, way.pattern,
                                          keys_of(keys_, "hub"), over)),
               std::move(prefix));
  const bool listens = hub_->says("listening on");
  INFO(hub_->process().err());
  REQUIRE(listens);
  // A camera that waits for five seconds, should a loaded machine make it, and loses none for that.
  node_.emplace(shipped("pi", fmt::format(R"(
[stage.camera]
type   = "capture.synthetic"
source = "porch"
width  = 160
height = 120
rate   = 20
moving = "500ms"
still  = "500ms"
[stage.jpeg]
mailbox = {{ capacity = 100, when_full = "drop_oldest" }}
[stage.uplink]
connect = "{}"
pattern = "{}"
mailbox = {{ capacity = 100, when_full = "drop_oldest", max_age = "1m" }}
{}
)",
                                          endpoint_, way.pattern, keys_of(keys_, "porch"))),
                std::vector<std::string>{"/usr/bin/env", "HOSTNAME=porch"});
  camera_goes_on();
}

sluice::testkit::HttpAnswer ShippedHub::get(const std::string& path) const {
  sluice::testkit::HttpClient client(page_);
  client.send(fmt::format(
      "GET {} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
      path, kToken));
  const auto head = client.head();
  return {sluice::testkit::HttpClient::status(head), head, client.to_end()};
}

std::optional<double> ShippedHub::figure(const std::string& name,
                                         const std::vector<std::string>& labels) const {
  const auto answer = get("/metrics");
  REQUIRE(answer.status == 200);
  std::istringstream lines(answer.body);
  for (std::string line; std::getline(lines, line);)
    if (line.rfind(name + "{", 0) == 0 &&
        std::all_of(labels.begin(), labels.end(),
                    [&](const auto& label) { return line.find(label) != std::string::npos; }))
      return std::stod(line.substr(line.rfind(' ')));
  return {};
}

std::uint64_t ShippedHub::frames(const std::string& stage, const std::string& source) const {
  return static_cast<std::uint64_t>(
      figure("sluice_source_frames_total",
             {fmt::format("stage=\"{}\"", stage), fmt::format("source=\"{}\"", source)})
          .value_or(0));
}

void ShippedHub::camera_goes_on(std::uint64_t more) {
  const auto before = frames("show", "porch");
  const bool came = eventually([&] { return frames("show", "porch") >= before + more; });
  INFO(hub_->process().err());
  REQUIRE(came);
}

json ShippedHub::end() {
  camera_goes_on();
  CHECK_THAT(node_->process().err(), !ContainsSubstring("lost "));
  // In this order, since sources that have said goodbye may be forgotten.
  const auto taken = hub_->report();
  const auto sent = node_->report();
  adds_up(sent);
  adds_up(taken);
  const auto& uplink = sent["stages"]["uplink"];
  INFO("the node's uplink: " << uplink.dump());
  CHECK(sent["stages"]["camera"]["dropped"].empty());
  CHECK(sent["stages"]["jpeg"]["dropped"].empty());
  CHECK(uplink["failed"] == 0);
  // What was under way when both ended is nobody's fault.
  for (const auto& [cause, count] : uplink["dropped"].items()) {
    CHECK((cause == "no_reply" || cause == "link_lost" || cause == "shutdown"));
    CHECK(count <= 100);
  }
  const auto& porch = taken["stages"]["cameras"]["sources"]["porch"];
  INFO("at the hub: " << porch.dump());
  // A publisher waits for nobody: what a hub on a busy machine was too slow for is let go.
  CHECK(porch["missing"].get<int>() <=
        (way.pattern == "publish" ? porch["in"].get<int>() / 20 : 0));
  CHECK(porch["failed"] == 0);
  CHECK(porch["dropped"].empty());
  if (way.pattern == "request") CHECK(porch["in"] >= uplink["out"]);
  for (const auto& [name, stage] : taken["stages"].items()) {
    INFO(name << ": " << stage.dump());
    CHECK(stage["restarts"] == 0);
    if (stage["sources"].contains("porch")) CHECK(stage["sources"]["porch"]["failed"] == 0);
  }
#ifndef __SANITIZE_ADDRESS__
  CHECK(taken["max_rss_bytes"].get<double>() / 1048576 <= kMostMib);
#endif
  return taken;
}

}  // namespace test
