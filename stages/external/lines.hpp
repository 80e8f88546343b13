// Lines out of what a process writes, whatever that is.
#pragma once

#include <string>
#include <string_view>

namespace sluice::external {

class Lines {
 public:
  // Of a longer one, the rest is left out.
  static constexpr std::size_t kLongest = 1000;

  // Calls tell(std::string_view) with each line that has ended, but for empty ones. A carriage
  // return ends a line too: progress bars are drawn with them.
  template <class Tell>
  void add(std::string_view bytes, Tell&& tell) {
    while (!bytes.empty()) {
      const auto end = bytes.find_first_of("\r\n");
      const auto part = bytes.substr(0, end);
      line_ += part.substr(0, kLongest - line_.size());
      if (end == std::string_view::npos) return;
      this->end(tell);
      bytes.remove_prefix(end + 1);
    }
  }

  // Nothing more will come.
  template <class Tell>
  void end(Tell&& tell) {
    if (!line_.empty()) tell(std::string_view(line_));
    line_.clear();
  }

 private:
  std::string line_;
};

}  // namespace sluice::external
