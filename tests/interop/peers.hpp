// Real imagezmq programs, in processes of their own, and Sluice beside or between them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "process.hpp"

namespace test {

using Lines = std::vector<nlohmann::json>;

// One of the Python programs of this folder. Skips the test where tests/interop/venv has not
// installed what they need.
std::vector<std::string> python(const std::string& program,
                                const std::vector<std::string>& arguments);

// What a peer has told so far: a line of JSON for each frame, and for what else befell it. Only
// those that have this key.
Lines told(const Process& peer, const std::string& key = "sum");

// Waits until a peer has told so many such lines; false after a minute, or when it ended before.
bool tells(Process& peer, const std::string& key, std::size_t count);

// The values of one key, such as the checksums of the contents.
std::vector<std::string> column(const Lines& lines, const std::string& key = "sum");

// Sluice with a graph of the test's own.
class Running {
 public:
  explicit Running(const std::string& graph);
  // Ends it by SIGTERM; what its report says of the stages. Its failing fails the test.
  nlohmann::json end();
  // Lets it run until this peer has told of so many frames more, and ends it.
  nlohmann::json until(Process& peer, std::size_t more);
  Process& process() { return process_; }

 private:
  Folder folder_;
  Process process_;
};

// Lines of a transport stage.
std::string binds(const std::string& address);
std::string connects(const std::string& address);

// A graph that gives on what it takes and, by itself, drops nothing. `in` and `out` are further
// lines of its transport stages.
std::string relay_graph(const std::string& in, const std::string& out);

// A node with a camera of 64×48 pixels. `camera` and `uplink` are further lines of its first and
// its last stage; by itself it drops nothing.
struct Node {
  std::string source;
  std::string camera;
  std::string uplink;
  bool jpg = false;
};
std::string node_graph(const Node& node);

// A graph that counts what it takes, and prints events.
std::string hub_graph(const std::string& in);

}  // namespace test
