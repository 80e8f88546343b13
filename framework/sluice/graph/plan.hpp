// A checked graph: everything that is needed to start it, as plain data.
#pragma once

#include <optional>
#include <sluice/graph/stage_type.hpp>
#include <string>
#include <utility>
#include <vector>

namespace sluice {

struct RestartRules {
  bool on_failure = true;  // false: the first failure is the last
  int at_most = 5;         // restarts ...
  Duration within = std::chrono::seconds(60);

  friend bool operator==(const RestartRules&, const RestartRules&) = default;
};

// Stands for an output's index where a link carries the events of its stage.
inline constexpr std::size_t kEventsOutput = static_cast<std::size_t>(-1);

struct LinkPlan {
  std::size_t from;    // index into Plan::stages
  std::size_t output;  // index into that stage's outputs, or kEventsOutput
  std::size_t input;   // index into this stage's inputs
  Kinds kinds;         // what may flow on it
};

struct StagePlan {
  std::string name;
  const StageType* type = nullptr;
  std::vector<std::pair<const Parameter*, ParamValue>> parameters;  // all of the type's, in order
  MailboxRules mailbox;
  int workers = 1;
  RestartRules restart;
  bool optional = false;
  bool hears_every_stage = false;  // its type hears all, and the graph doesn't say `from`
  std::vector<LinkPlan> links;     // what feeds it
};

// The page that a running graph is watched by.
struct DashboardPlan {
  std::string listen = "127.0.0.1:8080";  // see parse_listen(); beyond loopback there is a token
  std::string token;                      // empty: none is asked for
  std::vector<std::string> hosts;  // names that this machine is asked for by, besides its own

  friend bool operator==(const DashboardPlan&, const DashboardPlan&) = default;
};

struct Plan {
  std::string name;
  std::string device;
  Duration drain = std::chrono::seconds(2);  // for emptying the mailboxes at the end
  std::size_t memory = 0;  // bytes of frames that may be kept; 0: a quarter of the machine's
  std::optional<DashboardPlan> dashboard;  // nothing: the graph asks for none
  std::vector<StagePlan> stages;           // each after those that feed it
};

}  // namespace sluice
