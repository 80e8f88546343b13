#include "transport/guess.hpp"

#include <fmt/format.h>

namespace sluice {
namespace {

std::string_view program_of(std::string_view part) {
  using namespace std::string_view_literals;
  // A JPEG's first bytes in base64.
  if (part.starts_with("/9j/")) return "SmoothStream (base64)";
  if (part.starts_with('{') && part.find("\"terminate_flag\"") != std::string_view::npos)
    return "VidGear's NetGear";
  // A MessagePack map of one or three keys.
  if (part.starts_with("\x81\xa9terminate"sv) || part.starts_with("\x83\xa9terminate"sv))
    return "VidGear's NetGear_Async";
  if (part.size() > 2 && part[0] == '\x80' && part[1] >= 2 && part[1] <= 5 && part.ends_with('.'))
    return "Python's pickle (send_pyobj)";
  return {};
}

}  // namespace

std::string guess_of(std::string_view first_part, std::size_t parts) {
  constexpr std::string_view kDo =
      "send with imagezmq's ImageSender, or with Sluice's transport.send";
  if (const auto program = program_of(first_part); !program.empty())
    return fmt::format("this looks like {}, which is not read here; {}", program, kDo);
  if (parts == 2 && first_part.find("\"msg\"") != std::string_view::npos) return {};
  return fmt::format("this is not imagezmq's message, a header with a msg and a picture; {}", kDo);
}

}  // namespace sluice
