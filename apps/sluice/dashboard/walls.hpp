// The pictures that flow in a running graph, tapped for as long as somebody looks.
#pragma once

#include <display/wall.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <sluice/runtime/engine.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dashboard/figures.hpp"

namespace sluice::app {

// Used by one thread, but for the walls themselves. Their viewers own them: with the last viewer a
// wall is gone, and its taps with it.
class Walls {
 public:
  // So many of links at a time: each has a thread, and keeps a frame of each source.
  static constexpr std::size_t kMost = 8;

  // `engine` outlives what is open; `ready`: see Composer.
  Walls(Engine& engine, const Clock& clock, std::function<void(bool all)> ready);
  ~Walls() { close(); }
  Walls(const Walls&) = delete;
  Walls& operator=(const Walls&) = delete;

  // Every source as it leaves the last stage that it has reached or, where that gives no pictures,
  // as it comes there.
  display::WallPtr all(const std::map<std::string, LastSeen>& sources);
  // Sources come and move: the wall of all, if somebody looks at it, follows.
  void follow(const std::map<std::string, LastSeen>& sources);

  // "STAGE.OUTPUT": what leaves a stage there; "STAGE": what comes to it. Null: there is no such
  // thing, or no pictures flow there. Throws display::NoRoom where there are kMost already.
  display::WallPtr link(std::string_view id, const Report& report);

  // Tells in the log what pictures could not be made; closes a wall whose thread has failed.
  void tend();

  // Ends all taps, and sends the viewers away.
  void close();

 private:
  using Output = std::pair<std::size_t, std::size_t>;  // stage and output, indices as in the plan
  // By output, which sources are wanted from there; nothing said: all.
  using Wanted = std::map<Output, std::set<std::string>>;

  struct Tapped : display::Wall {
    using Wall::Wall;
    Wanted wanted;
    bool failed = false;
    std::vector<std::unique_ptr<Tap>> taps;  // they go before the wall does
  };

  std::shared_ptr<Tapped> open(const std::string& id, const Wanted& wanted);
  void tap(Tapped& wall, const Wanted& wanted);
  Wanted wanted_of(const std::map<std::string, LastSeen>& sources) const;
  std::vector<Output> into(std::size_t stage) const;
  std::vector<Output> out_of(std::size_t stage) const;

  Engine& engine_;
  const Clock& clock_;
  const std::function<void(bool)> ready_;
  const std::size_t most_bytes_;  // of one wall's pictures
  std::map<std::string, std::weak_ptr<Tapped>, std::less<>> walls_;
};

}  // namespace sluice::app
