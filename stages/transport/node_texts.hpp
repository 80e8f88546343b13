// The texts by which imagehub knows a node, as imagenode sends them (imagenode.hpp reads them): a
// node's or a view's name, and what is told of it, split by '|'.
#pragma once

#include <optional>
#include <sluice/media/event.hpp>
#include <string>
#include <string_view>

namespace sluice {

class NodeTexts {
 public:
  // `node`: the node's name; empty: this machine's.
  explicit NodeTexts(std::string node);

  // "node view|jpg". The view is the source, without the node's name and '-' before it; a source
  // that is called as the node has no other name.
  std::string picture(const std::string& source) const;
  // "node view|motion|moving", and "|still"; "node view|what|value" of node.reading; each with the
  // event's `roi` at its end. Nothing for other events.
  std::optional<std::string> event(const Event& event) const;
  std::string heartbeat() const;
  // With what imagenode tells of its machine: host, system, address, MB of memory, hours since it
  // was started.
  std::string restart() const;

 private:
  std::string view(const std::string& source) const;

  const std::string node_;
};

// What such a name can't have: nothing, or why. imagehub makes names of files of it.
std::optional<std::string> against_node_name(std::string_view name);

}  // namespace sluice
