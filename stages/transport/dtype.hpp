// NumPy's names for types of numbers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::wire {

struct Dtype {
  int depth = 0;         // OpenCV's: CV_8U, ...
  bool plain = true;     // false: bool, which is bytes but no picture
  bool swapped = false;  // the other byte order than this machine's
};

// "uint8", "float32", and the forms "<u2", ">f4", "|u1". Nothing where OpenCV has no such type
// (32-bit unsigned, 64-bit integers, complex numbers, texts).
std::optional<Dtype> dtype_from_string(std::string_view name);

// The name of an OpenCV depth.
std::string_view dtype_of(int depth);

}  // namespace sluice::wire
