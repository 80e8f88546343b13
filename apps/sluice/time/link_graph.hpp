// The graphs of `sluice time send` and `sluice time receive`, as texts.
#pragma once

#include <string>

namespace sluice::app {

struct LinkEnd {
  std::string address;
  std::string pattern = "request";
  bool listens = false;  // else it connects
};

// What a sender sends: pictures that are made or read once and held in memory.
struct Pictures {
  std::string name;  // of the source; empty: the host's
  int width = 1280, height = 720;
  double rate = 0;    // frames/s; 0: as fast as they are taken
  std::string video;  // a file; then its own size, flat out
  bool raw = false;
  int quality = 0;  // of the JPEG; 0: encode.jpeg's own
};

// Stages `camera`, `jpeg` unless raw, `send`.
std::string graph_of_sender(const LinkEnd& link, const Pictures& pictures);

// Stages `receive`, `decode`, `end`: takes JPEGs and pixels.
std::string graph_of_receiver(const LinkEnd& link);

}  // namespace sluice::app
