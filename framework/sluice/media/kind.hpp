// What can flow on a link. Ports declare sets of kinds, and the check compares them before a graph
// starts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

// One kind of payload, or an event. The names users see are those of to_string().
enum class Kind : std::uint16_t {
  gray8 = 1 << 0,   // 8-bit luma
  bgr8 = 1 << 1,    // OpenCV's order, 8 bits a channel
  bgra8 = 1 << 2,   // the same and an alpha channel
  yuv420 = 1 << 3,  // planes Y, U, V; chroma at half size both ways, rounded up
  array = 1 << 4,   // numbers of any other type or shape
  jpeg = 1 << 5,
  png = 1 << 6,
  event = 1 << 7,
};

// A set of kinds.
class Kinds {
 public:
  constexpr Kinds() = default;
  constexpr Kinds(Kind kind) : bits_(static_cast<std::uint16_t>(kind)) {}  // NOLINT: a set of one

  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool has(Kind kind) const { return (bits_ & static_cast<std::uint16_t>(kind)) != 0; }

  friend constexpr Kinds operator|(Kinds a, Kinds b) { return Kinds(a.bits_ | b.bits_); }
  friend constexpr Kinds operator&(Kinds a, Kinds b) { return Kinds(a.bits_ & b.bits_); }
  friend constexpr bool operator==(Kinds, Kinds) = default;

 private:
  constexpr explicit Kinds(int bits) : bits_(static_cast<std::uint16_t>(bits)) {}
  std::uint16_t bits_ = 0;
};

constexpr Kinds operator|(Kind a, Kind b) { return Kinds(a) | Kinds(b); }

namespace kinds {
inline constexpr Kinds pictures = Kind::gray8 | Kind::bgr8 | Kind::bgra8 | Kind::yuv420;
inline constexpr Kinds images = pictures | Kind::array;
inline constexpr Kinds encoded = Kind::jpeg | Kind::png;
inline constexpr Kinds frames = images | encoded;
}  // namespace kinds

std::string_view to_string(Kind kind);
std::optional<Kind> kind_from_string(std::string_view name);

// "bgr8, gray8": the set's members by name.
std::string to_string(Kinds kinds);

}  // namespace sluice
