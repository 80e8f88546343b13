// How frames get to a hub: a pattern, a transport, with keys or without.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "process.hpp"

namespace test {

struct Way {
  std::string pattern = "request";
  std::string transport = "tcp";
  bool keys = false;
};

inline std::ostream& operator<<(std::ostream& out, const Way& way) {
  return out << way.pattern << " over " << way.transport << (way.keys ? " with keys" : "");
}

// Key files as `sluice keygen` makes them, each device's in one folder, as if it were its own. A
// hub's `allowed` folder lies beside them.
class Keys {
 public:
  // The first is the hub's; all others are allowed.
  explicit Keys(const std::vector<std::string>& names);

  std::string of(const std::string& name) const { return path(name + ".key"); }
  std::string secret_of(const std::string& name) const { return path(name + ".key_secret"); }
  std::string allowed() const { return path("allowed"); }

 private:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  Folder folder_;
};

// One key's text, as libzmq wants it: `field` is public-key or secret-key.
std::string key_text(const std::string& file, const std::string& field);

}  // namespace test
