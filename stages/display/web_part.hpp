// What a web server shows besides display.web's pictures: the dashboard, of which this folder knows
// no more than this.
#pragma once

#include <display/wall.hpp>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::display {

struct WebText {
  unsigned status = 200;
  std::string type;
  std::string body;
};

// A source as the page's list has it.
struct SourceState {
  std::string name;
  bool silent = false;
  Duration quiet{};             // since its last frame
  std::optional<Duration> age;  // of that frame; nothing where it isn't known
  double fps = 0;
  std::string format;  // of its payload; empty: not known
};

// Thrown where another wall is not to be had at the moment.
class NoRoom : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Called by the server's thread only, and nothing here may wait.
class WebPart {
 public:
  virtual ~WebPart() = default;

  // HTML for the page "/", behind the pictures. Its script and style are at /part.js and /part.css.
  virtual std::string section() = 0;
  // What is at this path; `argument` gives what the address says of a key, or null.
  using Argument = std::function<const char*(const char* key)>;
  virtual std::optional<WebText> text(std::string_view path, const Argument& argument) = 0;

  // Called at least once a second while somebody watches.
  virtual void beat() = 0;

  virtual std::vector<SourceState> sources() = 0;
  // All sources' pictures, for a server that has no wall of its own. Null: there are none.
  virtual WallPtr wall() = 0;
  // The pictures that flow on one link, at "/link/ID/...". Null: there is no such link. Throws
  // NoRoom.
  virtual WallPtr link_wall(std::string_view id) = 0;
};

}  // namespace sluice::display
