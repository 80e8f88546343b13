// The web display's own files: one page, its style and its script, all in the program.
#pragma once

#include <string>
#include <string_view>

namespace sluice::display {

// The page of all sources, or, with a source's name (which must be valid), of that one alone. It
// shows its picture even where scripts are off. `section`: see WebPart.
std::string web_page(std::string_view source, std::string_view section);

extern const std::string_view kWebStyle;
extern const std::string_view kWebScript;
extern const std::string_view kWebIcon;

// What a browser may do with our pages: nothing but load our own pictures, style and script.
extern const char* const kWebPolicy;

}  // namespace sluice::display
