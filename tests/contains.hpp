// The matcher for a part of a text, by the name that Catch2 3 gives it.
#pragma once

#include <string>

#include "catch.hpp"

#if __has_include(<catch2/catch_all.hpp>)
using Catch::Matchers::ContainsSubstring;
#else
inline auto ContainsSubstring(const std::string& text) { return Catch::Matchers::Contains(text); }
#endif
