// CTest must call a skipped test skipped, and a failed one failed, whatever it said before.

#include "skip.hpp"

#include "catch.hpp"
#include "process.hpp"

namespace {

constexpr const char* kHow = "SLUICE_SKIP_PROBE";

// What CTest says of the probe below. It is run in a folder whose tests are ours, so that the logs
// of the CTest that runs this test stay as they are.
std::string probe(const std::string& how) {
  const test::Folder folder;
  folder.write("CTestTestfile.cmake", "subdirs(\"" SLUICE_TESTS_DIR "\")\n");
  REQUIRE(setenv(kHow, how.c_str(), 1) == 0);
  test::Process ctest({SLUICE_CTEST, "--test-dir", folder.path().string(), "--verbose",
                       "--tests-regex", "a test that can't run is reported as skipped"});
  const int status = ctest.wait();
  unsetenv(kHow);
  return "exit status " + std::to_string(status) + "\n" + ctest.out() + ctest.err();
}

}  // namespace

TEST_CASE("a test that can't run is reported as skipped") {
  if (const char* how = std::getenv(kHow)) {
    CHECK(std::string(how) != "fail, then skip");
    if (std::string(how) != "pass") test::skip("for want of a moon");
    return;
  }
  const auto has = [](const std::string& text, const std::string& part) {
    UNSCOPED_INFO(text);
    return text.find(part) != std::string::npos;
  };
  const auto skipped = probe("skip");
  CHECK(has(skipped, "skipped: a test that can't run is reported as skipped: for want of a moon"));
  CHECK(has(skipped, "***Skipped"));
  CHECK(has(skipped, "The following tests did not run:"));
  CHECK(has(skipped, "reported as skipped (Skipped)"));

  const auto failed = probe("fail, then skip");
  CHECK(has(failed, "***Failed"));
  CHECK_FALSE(has(failed, "***Skipped"));
  CHECK(has(failed, "0% tests passed, 1 tests failed out of 1"));

  const auto passed = probe("pass");
  CHECK(has(passed, "100% tests passed, 0 tests failed out of 1"));
  CHECK_FALSE(has(passed, "Skipped"));
}

TEST_CASE("as many failures as the status for skipped are failures") {
  CHECK(test::status_with_skips(test::kSkippedStatus) == 1);
  CHECK(test::status_with_skips(4) == 4);
  CHECK(test::status_with_skips(0) == 0);
}
