// Base64 of RFC 4648, with padding and in one line.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace sluice {

std::string base64_of(std::span<const std::uint8_t> bytes);

}  // namespace sluice
