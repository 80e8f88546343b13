// What the timing program does. What measures prints one line of JSON.
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

// VIDEO MESSAGES: bare libzmq, PUSH to PULL over loopback.
int zmq(const Arguments& arguments);

// FOLDER RATE SECONDS: the bare decoder and MOG2 on the folder's JPEGs: the limit of a hub that
// looks for motion.
int watch(const Arguments& arguments);

// FILE WIDTH HEIGHT QUALITY RATE SECONDS: the bare encoder on the file's yuv420 pictures (see
// scene): the limit of a camera's node.
int lens(const Arguments& arguments);

// RATE SECONDS: a thread that sleeps and is woken: the limit of any hop between threads.
int wake(const Arguments& arguments);

// FOLDER COUNT RATE SECONDS PATTERN ADDRESS: so many cameras that send the folder's JPEGs to a hub,
// each over a connection of its own.
int cameras(const Arguments& arguments);

// These print nothing, but write what the others are given.
// VIDEO QUALITY COUNT FOLDER: the video's first pictures as JPEGs.
int jpegs(const Arguments& arguments);
// VIDEO COUNT WIDTH HEIGHT FILE: a video of the first pictures in another size.
int resize(const Arguments& arguments);
// WIDTH HEIGHT COUNT FILE: the first pictures of capture.synthetic as bare yuv420, Y, U and V in
// turn.
int scene(const Arguments& arguments);

}  // namespace timing
