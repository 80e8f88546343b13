// The page that a running graph is watched by: the graph as a picture with live figures, its
// sources, its events, and the same for programs.
#pragma once

#include <atomic>
#include <display/web_server.hpp>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sluice/runtime/engine.hpp>
#include <string>

#include "dashboard/figures.hpp"
#include "dashboard/health.hpp"
#include "dashboard/recent_events.hpp"
#include "dashboard/walls.hpp"

namespace sluice::app {

class Dashboard final : private display::WebPart {
 public:
  // Listens from here on, before the graph is started or while it runs. `engine`, whose plan has a
  // dashboard, and `events` outlive it. Throws std::runtime_error.
  Dashboard(Engine& engine, const RecentEvents& events);
  // Nobody is answered afterwards.
  ~Dashboard() override;
  Dashboard(const Dashboard&) = delete;
  Dashboard& operator=(const Dashboard&) = delete;

  std::string url() const { return server_->url(); }

 private:
  // The graph's picture, from left to right and from top to bottom; or why there is none.
  struct Pictures {
    std::string right, down, failure;
  };

  // WebPart; called by the server's thread, which owns figures_ and walls_.
  std::string section() override;
  std::optional<display::WebText> text(std::string_view path, const Argument& argument) override;
  void beat() override;
  std::vector<display::SourceState> sources() override;
  display::WallPtr wall() override;
  display::WallPtr link_wall(std::string_view id) override;

  display::WebText picture(bool down);
  nlohmann::ordered_json graph_json();
  nlohmann::ordered_json events_json(const char* after) const;
  Health health() const;

  Engine& engine_;
  const RecentEvents& events_;
  const Clock& clock_ = Clock::system();
  Figures figures_;
  std::atomic<bool> closing_{false};
  std::future<Pictures> drawing_;  // being made
  std::optional<Pictures> drawn_;
  std::shared_ptr<display::WebServer> server_;
  Walls walls_;
};

}  // namespace sluice::app
