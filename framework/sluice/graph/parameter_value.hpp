// Is this value right for that parameter?
#pragma once

#include <sluice/graph/stage_type.hpp>
#include <string>

namespace sluice {

struct CheckedValue {
  ParamValue value;   // in the parameter's own type: durations in ns, sizes in bytes
  std::string error;  // empty: `value` is good. Else "takes a duration such as \"200ms\", not 5"
  std::string hint;   // a near choice; may be empty
};

// Takes a value as the graph file gives it ("200ms" is a text, 1 may stand for 1.0, one text for a
// list of one) and checks type, range and choices.
CheckedValue check_value(const Parameter& parameter, const ParamValue& raw);

// The name among `names` that is near enough to be what was meant; empty if none is.
std::string nearest(std::string_view name, const std::vector<std::string>& names);

}  // namespace sluice
