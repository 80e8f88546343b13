// What the timing program measures; each prints one line of JSON.
#pragma once

#include <string>
#include <vector>

namespace timing {

using Arguments = std::vector<std::string>;

// HOPS CAPACITY FRAMES: a source, so many stages that pass a frame on by reference, a sink, as fast
// as it goes.
int hops(const Arguments& arguments);

// HOPS RATE SECONDS: the same at a camera's rate: latency of a hop, CPU of it all.
int paced(const Arguments& arguments);

// VIDEO QUALITY FRAMES: bare TurboJPEG on the video's pictures: the limit of any path that encodes
// and decodes them.
int codec(const Arguments& arguments);

// BYTES MESSAGES: bare libzmq, PUSH to PULL over loopback.
int zmq(const Arguments& arguments);

}  // namespace timing
