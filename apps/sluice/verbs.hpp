// The verbs of the command line, one file each. A verb adds itself to the parser, and returns what
// to run when it is the one called; that returns the exit status.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

namespace sluice::app {

// Exit statuses.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;  // while running
inline constexpr int kWrong = 2;   // the call or the graph

using Verb = std::function<int()>;

Verb add_run(CLI::App& app);
Verb add_check(CLI::App& app);
Verb add_stages(CLI::App& app);
Verb add_new_stage(CLI::App& app);
Verb add_keygen(CLI::App& app);
Verb add_graph(CLI::App& app);
Verb add_schema(CLI::App& app);
Verb add_time(CLI::App& app);

// Those of `sluice time`.
Verb add_time_send(CLI::App& time);
Verb add_time_receive(CLI::App& time);
Verb add_time_stages(CLI::App& time);

}  // namespace sluice::app
