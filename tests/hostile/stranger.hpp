// Who sends to a hub and keeps to nothing but ZeroMQ's own rules: whatever bytes, as fast as the
// hub takes them, and gone when destroyed.
#pragma once

#include <optional>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "hostile/way.hpp"

namespace test {

using Parts = std::vector<std::string>;

// `text` is what an old sender has as its name.
std::string header_of(const std::string& text, const std::string& dtype, const std::string& shape);

class Stranger {
 public:
  // `keys`, where the way has some: sends as `device`.
  Stranger(const Way& way, const std::string& endpoint, const Keys* keys,
           const std::string& device);

  // A message of these parts. False: the hub has taken nothing for a while, and it is not sent.
  bool send(const Parts& parts);
  // The same as it is, without the empty part that begins a request.
  bool send_bare(const Parts& parts);
  // The next reply; nothing after `limit`, and where the pattern has none.
  std::optional<std::string> reply(std::chrono::milliseconds limit = std::chrono::seconds(20));
  // Reads the replies that are there, and says how many.
  int replies();
  // Sends and waits for the reply. Where the pattern has none: an empty one, once it is sent.
  std::string ask(const Parts& parts);

  bool answered() const { return way_.pattern == "request"; }

 private:
  const Way way_;
  zmq::context_t context_{1};
  zmq::socket_t socket_;
};

}  // namespace test
