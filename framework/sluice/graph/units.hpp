// Durations and sizes as people write them: "200ms", "2.5s", "8MiB".
#pragma once

#include <cstdint>
#include <optional>
#include <sluice/media/time.hpp>
#include <string>
#include <string_view>

namespace sluice {

// A number and one of ns, us, ms, s, m, h; "0" alone too. Nothing where it is not that, is negative
// or doesn't fit.
std::optional<Duration> parse_duration(std::string_view text);

// A number and one of B, kB, MB, GB, KiB, MiB, GiB. In bytes.
std::optional<std::int64_t> parse_size(std::string_view text);

// What the two take, as regular expressions of ECMA-262, for those who check texts elsewhere; a
// number that doesn't fit matches too.
std::string duration_pattern();
std::string size_pattern();

// The shortest exact form: "200ms", "1.5s"; "8MiB", "1500B".
std::string format_duration(Duration duration);
std::string format_size(std::int64_t bytes);

}  // namespace sluice
