// What several runs of the same, and of two variants, tell.
#pragma once

#include <vector>

#include "time/variants.hpp"

namespace sluice::app {

// One run that stands for all: each number is the median of the runs', but a `max`, which is the
// largest, with its `slowest`. A cause of loss that is missing in some counts as 0 there; any other
// figure that some don't have (no frame came: no time per frame) is that of those who have it.
Json middle_of(const std::vector<Json>& runs);

// How each of the others compares with the first: by frames/s and age at the graph's last stage,
// and CPU time a frame of it.
//   [{ "variant", "against", "figures": [{ "of", "ratio", "low", "high", "says" }] }]
// `low` to `high` is the interval that has the ratio in it with 95 % certainty, by Student's t over
// the logarithms of the paired runs' ratios; absent for one pair. `says` is "faster by 12 % ± 3 %";
// where the interval is wide "faster by 54 % (20 % to 99 %)"; or "no difference (of more than 4
// %)": no part of the interval is further from 1 than that. An interval that goes beyond twice or
// to nothing says that the runs differ too much to tell.
Json compare(const std::vector<Variant>& variants);

}  // namespace sluice::app
