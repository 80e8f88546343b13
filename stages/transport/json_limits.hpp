// How much JSON a peer may send: the parser makes a value of each number, text and bracket, so that
// 64 KiB can become megabytes, and take their time.
#pragma once

#include <cstddef>
#include <string_view>

namespace sluice::wire {

inline constexpr std::size_t kLongestJson = 64 * 1024;
inline constexpr int kDeepestJson = 8;
// 256 annotations have 2,400.
inline constexpr std::size_t kMostJsonValues = 4096;
// A double has 17 digits, and 64 bits 20.
inline constexpr std::size_t kLongestJsonNumber = 400;

// What is too much in a text that is to be parsed as JSON, for people; null where nothing is. One
// pass over the bytes; whether it is JSON at all is for the parser to say.
const char* beyond_limits(std::string_view json);

}  // namespace sluice::wire
