// A measurement as `--json` writes it.
#pragma once

#include "time/variants.hpp"

namespace sluice::app {

// The machine it was made on: { "host", "system", "cores" }.
Json machine();

//   { "sluice": version, "graph", "device", "machine", "warmup_s", "for_s" (null: until something
//     ended it), "repeat",
//     "variants": [{ "name", "sets", "middle": the run that stands for all, "runs": [...] }],
//     "comparisons": see compare() }
Json measurement_of(const Plan& plan, const TimedRunRules& rules, int repeat,
                    const std::vector<Variant>& variants);

}  // namespace sluice::app
