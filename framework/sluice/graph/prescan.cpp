#include <fmt/format.h>

#include <algorithm>
#include <sluice/graph/prescan.hpp>

namespace sluice {
namespace {

bool outside_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }

class Prescan {
 public:
  explicit Prescan(std::string_view text) : text_(text) {}

  std::optional<ScanFault> run() {
    while (at_ < text_.size() && !fault_) step();
    return std::move(fault_);
  }

 private:
  void step() {
    follow_number(text_[at_]);
    switch (const char c = text_[at_]) {
      case '"':
      case '\'':
        if (in_number_) {
          quotes_in_number_ = true;
          break;
        }
        return text_.substr(at_, 3) == std::string_view(c == '"' ? "\"\"\"" : "'''")
                   ? long_string(c)
                   : string(c);
      case '#':
        at_ = std::min(text_.find('\n', at_), text_.size());
        return;
      case '[':
      case '{':
        if (++brackets_ > kDeepestNesting) return too_deep();
        dots_ = 0;
        break;
      case ']':
      case '}':
        if (brackets_ > 0) --brackets_;
        dots_ = 0;
        break;
      case '.':
        if (++dots_ >= kDeepestNesting) return too_deep();
        break;
      case '\n':
      case '=':
      case ',':
        dots_ = 0;
        break;
      default:
        if (outside_ascii(c))
          return refuse(
              "syntax",
              quotes_in_number_
                  ? "a character outside ASCII behind quotes that begin no text: there is "
                    "no white space before them"
                  : "a character outside ASCII that is not in quotes");
        break;
    }
    ++at_;
  }

  // What begins with a digit or a sign is a number for the library, whatever follows up to one of
  // these: quotes in it begin no string.
  void follow_number(char c) {
    constexpr std::string_view kEnds = " \t\n\v\f\r,]}#";
    const bool ends = kEnds.find(c) != std::string_view::npos;
    if (ends)
      in_number_ = quotes_in_number_ = false;
    else if (may_begin_ && ((c >= '0' && c <= '9') || c == '+' || c == '-'))
      in_number_ = true;
    may_begin_ = ends || c == '=' || c == '[' || c == '{';
  }

  void string(char quote) {
    ++at_;
    while (at_ < text_.size() && text_[at_] != '\n') {
      if (text_[at_] == quote) {
        ++at_;
        return;
      }
      if (quote == '"' && text_[at_] == '\\' && !skip_escape()) return;
      ++at_;
    }
    // A string that ends with its line is not TOML: the library stops here too.
  }

  void long_string(char quote) {
    const auto mark = text_.substr(at_, 3);
    at_ += 3;
    while (at_ < text_.size()) {
      if (text_.substr(at_, 3) == mark) {
        at_ += 3;
        // Up to two quotes more belong to the string: """a""""" is a"".
        for (int more = 0; more < 2 && at_ < text_.size() && text_[at_] == quote; ++more) ++at_;
        return;
      }
      if (quote == '"' && text_[at_] == '\\') {
        if (!skip_escape()) return;
        const auto next = text_.find_first_not_of(" \t\r\n", at_);
        const auto line_end = text_.substr(at_, next - at_).find('\n');
        if (line_end != std::string_view::npos && next != std::string_view::npos &&
            outside_ascii(text_[next])) {
          at_ = next;
          return refuse("syntax",
                        "behind a '\\' at a line's end, the next line can't begin with a character "
                        "outside ASCII");
        }
      }
      ++at_;
    }
  }

  // To the character behind a backslash.
  bool skip_escape() {
    ++at_;
    if (at_ >= text_.size() || !outside_ascii(text_[at_])) return true;
    refuse("syntax", "an unknown escape sequence; a plain '\\' is written '\\\\'");
    return false;
  }

  void too_deep() {
    refuse("too-deep", fmt::format("nested deeper than {} levels", kDeepestNesting));
  }
  void refuse(ProblemCode code, std::string message) {
    fault_ = ScanFault{at_, code, std::move(message)};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int brackets_ = 0;
  int dots_ = 0;
  bool may_begin_ = true;  // a value may begin here
  bool in_number_ = false;
  bool quotes_in_number_ = false;
  std::optional<ScanFault> fault_;
};

}  // namespace

std::optional<ScanFault> prescan(std::string_view text) { return Prescan(text).run(); }

}  // namespace sluice
