#include "new_stage/python.hpp"

#include <fmt/format.h>

namespace sluice::app {
namespace {

constexpr const char* kProgram = R"("""{0}, a stage of Sluice: inverts every picture."""
import json, os
import numpy as np
import zmq

socket = zmq.Context().socket(zmq.REP)
socket.connect(os.environ["SLUICE_ADDRESS"])
while True:
    header, pixels = socket.recv_multipart()
    about = json.loads(header)
    picture = np.frombuffer(pixels, about["dtype"]).reshape(about["shape"])
    socket.send_multipart([header, 255 - picture])
)";

constexpr const char* kGraph = R"(# A stage in Python, and what it does to see: in this folder
#
#   sluice run {0}.toml        and look at http://127.0.0.1:8080/
#
# {0}.py needs pyzmq and numpy: apt install python3-zmq python3-numpy
# What else it may answer, and what becomes of it when it fails: sluice stages external.process

[stage.{1}]
type = "capture.synthetic"

[stage.{0}]
type    = "external.process"
from    = "{1}"
command = ["python3", "-u", "{0}.py"]    # -u: what it prints is in the log at once

[stage.{2}]
type     = "display.web"
from     = "{0}"
listen   = "127.0.0.1:8080"
optional = true
)";

}  // namespace

std::vector<ScaffoldFile> python_stage(const std::string& name) {
  const auto other = [&](const std::string& wanted) {
    return wanted == name ? wanted + "-2" : wanted;
  };
  return {{name + ".py", fmt::format(kProgram, name)},
          {name + ".toml", fmt::format(kGraph, name, other("camera"), other("show"))}};
}

}  // namespace sluice::app
