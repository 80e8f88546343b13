// A measurement as `--json` writes it.
#pragma once

#include "time/variants.hpp"

namespace sluice::app {

// The machine it was made on: { "host", "system", "cores" }.
Json machine();

//   { "sluice": version, "graph", "device", "machine", "when": it began, "warmup_s", "for_s" (null:
//   until something
//     ended it), "repeat",
//     "variants": [{ "name", "sets", "middle": the run that stands for all, "runs": [...] }],
//     "comparisons": see compare() }
Json measurement_of(const Plan& plan, UtcTime when, const TimedRunRules& rules, int repeat,
                    const std::vector<Variant>& variants);

// For a file. A host's or a file's name may be no UTF-8; that is no reason to lose the figures.
std::string text_of_json(const Json& json);

}  // namespace sluice::app
