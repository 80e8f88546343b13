// What a key file says.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice {

struct KeyText {
  std::optional<std::string> public_key, secret_key;  // as they stand, see valid_key()
};

// Reads the keys from a file's text: of ZPL (rfc.zeromq.org/spec/4) as much as such files use.
// Throws std::runtime_error that tells the first line that is wrong.
KeyText parse_keys(std::string_view text);

}  // namespace sluice
