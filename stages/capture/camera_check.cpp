#include "capture/camera_check.hpp"

#include <fmt/format.h>

#include <cmath>
#include <sluice/graph/units.hpp>
#include <sluice/media/frame.hpp>

namespace sluice::capture {

void check_source(const std::string& source, ParamProblems& problems) {
  if (!valid_source(source))
    problems.push_back({"source", "\"" + source + "\" can't be a source's name",
                        "give source = a name of 1 to 64 letters, digits, _ or -"});
}

void check_read_limit(double rate, Duration read_limit, ParamProblems& problems) {
  if (rate > 0 && std::chrono::duration<double>(read_limit).count() < 2 / rate)
    problems.push_back(
        {"read_limit",
         fmt::format("at {:g} frames/s a camera may be silent for longer than read_limit = \"{}\", "
                     "and would be taken for lost",
                     rate, format_duration(read_limit)),
         fmt::format("give at least \"{:.0f}s\"", std::ceil(2 / rate))});
}

}  // namespace sluice::capture
