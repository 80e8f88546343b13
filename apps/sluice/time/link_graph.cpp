#include "time/link_graph.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace sluice::app {
namespace {

// A second of video; all the stages see different pictures, and a small machine has room for them.
constexpr int kHeld = 30;

// A text as the graph file writes it, whatever is in it. A text of JSON is one of TOML too.
std::string quoted(std::string text) {
  for (std::size_t at = 0; (at = text.find("${", at)) != std::string::npos; at += 3)
    text.insert(at, 1, '$');
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// With `block` nothing is lost between the stages of one end: what is sent flat out comes as fast
// as it is taken.
std::string head(const char* name) {
  return fmt::format("name = \"{}\"\nmailbox = {{ when_full = \"block\" }}\n", name);
}

std::string lines_of(const LinkEnd& link) {
  return fmt::format("pattern = {}\n{} = {}\n", quoted(link.pattern),
                     link.listens ? "bind" : "connect", quoted(link.address));
}

}  // namespace

std::string graph_of_sender(const LinkEnd& link, const Pictures& pictures) {
  auto text = head("time-send") + "[stage.camera]\n";
  if (pictures.video.empty())
    text += fmt::format("type = \"capture.synthetic\"\nwidth = {}\nheight = {}\nrate = {:.9g}\n",
                        pictures.width, pictures.height, pictures.rate);
  else
    text += fmt::format("type = \"capture.video\"\nuri = {}\nrealtime = false\n",
                        quoted(pictures.video));
  text += fmt::format("preload = {}\nsource = {}\n", kHeld,
                      pictures.name.empty() ? "\"${HOSTNAME}\"" : quoted(pictures.name));
  if (!pictures.raw) text += "[stage.jpeg]\ntype = \"encode.jpeg\"\nfrom = \"camera\"\n";
  if (pictures.quality != 0) text += fmt::format("quality = {}\n", pictures.quality);
  return text +
         fmt::format("[stage.send]\ntype = \"transport.send\"\nfrom = \"{}\"\n",
                     pictures.raw ? "camera" : "jpeg") +
         lines_of(link);
}

std::string graph_of_receiver(const LinkEnd& link) {
  return head("time-receive") + "[stage.receive]\ntype = \"transport.receive\"\n" + lines_of(link) +
         R"([stage.decode]
type = "decode.jpeg"
from = "receive"
[stage.end]
type = "sink.discard"
from = "decode"
)";
}

}  // namespace sluice::app
