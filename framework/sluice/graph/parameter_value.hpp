// Is this value right for that parameter?
#pragma once

#include <sluice/graph/stage_type.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

enum class ValueFault {
  none,
  type,    // a number where a text is wanted
  unit,    // a text that is no duration or no size
  range,   // too small or too large
  choice,  // not one of a text's choices
};

struct CheckedValue {
  ParamValue value;   // in the parameter's own type: durations in ns, sizes in bytes
  std::string error;  // empty: `value` is good. Else "takes a duration such as \"200ms\", not 5"
  std::string hint;   // a near choice; may be empty
  ValueFault fault = ValueFault::none;
};

// Takes a value as the graph file gives it ("200ms" is a text, 1 may stand for 1.0, one text for a
// list of one) and checks type, range and choices.
CheckedValue check_value(const Parameter& parameter, const ParamValue& raw);

// What the parameter wants, for a message: "an integer", "a duration such as ...".
std::string_view wanted(const Parameter& parameter);

// The name among `names` that is near enough to be what was meant; empty if none is.
std::string nearest(std::string_view name, const std::vector<std::string>& names);

}  // namespace sluice
