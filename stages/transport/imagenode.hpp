// The texts that imagenode sends where others send a camera's name: "node|Heartbeat",
// "node view|motion|moving|roi", "node view|jpg".
#pragma once

#include <optional>
#include <sluice/media/event.hpp>
#include <string_view>

namespace sluice {

// The event that such a text tells, of the source that it names; nothing where it announces a
// picture. Throws wire::BadMessage where it names no source.
//   node|Restart|host|system|address|…      node.restart    {host, system, address, ram,
//   hours_since_boot} node|Heartbeat                          node.heartbeat node
//   view|motion|moving or still[|roi]  motion.began, motion.ended    {roi} node
//   view|WHAT|VALUE[|roi]              node.reading    {what, value, roi}
std::optional<Event> imagenode_event(std::string_view text);

}  // namespace sluice
