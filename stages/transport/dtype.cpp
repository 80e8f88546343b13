#include "transport/dtype.hpp"

#include <array>
#include <bit>
#include <opencv2/core.hpp>

namespace sluice::wire {
namespace {

struct Name {
  std::string_view name, code;
  int depth;
};
constexpr std::array<Name, 8> kNames{{{"uint8", "u1", CV_8U},
                                      {"int8", "i1", CV_8S},
                                      {"uint16", "u2", CV_16U},
                                      {"int16", "i2", CV_16S},
                                      {"int32", "i4", CV_32S},
                                      {"float16", "f2", CV_16F},
                                      {"float32", "f4", CV_32F},
                                      {"float64", "f8", CV_64F}}};

}  // namespace

std::optional<Dtype> dtype_from_string(std::string_view name) {
  if (name == "bool" || name == "|b1") return Dtype{CV_8U, false, false};
  for (const auto& n : kNames)
    if (n.name == name) return Dtype{n.depth, true, false};
  if (name.size() != 3) return std::nullopt;
  const char order = name[0];
  constexpr bool little = std::endian::native == std::endian::little;
  if (order != '<' && order != '>' && order != '=' && order != '|') return std::nullopt;
  const bool swapped = (order == '>' && little) || (order == '<' && !little);
  for (const auto& n : kNames)
    if (n.code == name.substr(1)) return Dtype{n.depth, true, swapped && n.code[1] != '1'};
  return std::nullopt;
}

std::string_view dtype_of(int depth) {
  for (const auto& n : kNames)
    if (n.depth == depth) return n.name;
  return "uint8";
}

}  // namespace sluice::wire
