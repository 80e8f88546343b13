// For tests that can't run everywhere: what can't run must not look as if it had passed.
#pragma once

#include <filesystem>
#include <string>

namespace test {

// What a test program exits with when a test was skipped and none failed; tests/CMakeLists.txt
// tells CTest. Never the exit status of anything else.
inline constexpr int kSkippedStatus = 77;

// Ends the test that calls it, which CTest then reports as skipped, by name and in the count; a
// check that failed before still fails it. `why` says what is wanting and who has it. Call it in
// the test's own thread, before the test starts what must be ended in order.
[[noreturn]] void skip(const std::string& why);

// skip() unless the file is there.
std::filesystem::path need_file(const std::filesystem::path& path, const std::string& package);

// OpenCV's example video, 795 pictures of 768x576; or skip().
inline std::filesystem::path example_video() {
  return need_file("/usr/share/doc/opencv-doc/examples/data/vtest.avi", "opencv-doc");
}

// For main(): Catch2's result, or kSkippedStatus.
int status_with_skips(int catch_result);

}  // namespace test
