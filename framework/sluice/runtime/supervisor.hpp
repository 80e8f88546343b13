// Starts the replicas of a graph, each behind an actor, restarts those that fail, and ends them all
// in good order. CAF stays inside supervisor.cpp and stage_actor.cpp.
#pragma once

#include <functional>
#include <memory>
#include <sluice/runtime/replica.hpp>
#include <string>
#include <vector>

namespace sluice {

class Supervisor {
 public:
  struct Settings {
    Duration drain;
    Duration stuck_after, start_limit;
    std::function<void(const Event&)> on_event;  // its own: stage.failed, stage.restarted, ...
    std::function<void()> on_up;                 // once, if it comes to that: every stage is up
    std::function<void(std::string failure)> on_over;  // once; an empty text: all went well
  };

  // `replicas`: in the plan's order, so that each comes after those that feed it. The runs and
  // replicas must outlive the supervisor.
  Supervisor(std::vector<Replica*> replicas, Settings settings);
  // Ends what still runs, and waits for it.
  ~Supervisor();

  // Starts every stage, the last of the graph first, each when the one after it is up (one
  // that is optional is waited for briefly only). Returns at once. Where one can't start the graph
  // stops, and on_over says which and why.
  void start();

  // Sources stop, the rest drains; then on_over is called. Thread-safe, returns at once, at any
  // time.
  void stop();

  // on_over was called although a stage would not stop.
  bool hangs() const;

 private:
  struct Actors;
  std::unique_ptr<Actors> actors_;
};

}  // namespace sluice
