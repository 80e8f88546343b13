#include "time/compare.hpp"

#include "catch.hpp"

using namespace sluice::app;

namespace {

Json run(double fps, double p50 = 10, const Json& cpu = 2.0) {
  return {{"last", "end"},
          {"cpu_ms_per_frame", cpu},
          {"stages", {{"end", {{"fps", fps}, {"age_ms", {{"p50", p50}, {"p99", 2 * p50}}}}}}}};
}

std::vector<Variant> two(std::vector<Json> first, std::vector<Json> second) {
  return {{"a=1", {}, std::move(first)}, {"a=2", {}, std::move(second)}};
}

Json figure(const Json& comparisons, const std::string& of) {
  for (const auto& f : comparisons.at(0)["figures"])
    if (f["of"] == of) return f;
  return nullptr;
}

}  // namespace

TEST_CASE("an interval by Student's t over the logarithms of the pairs' ratios") {
  // Ratios 1.1, 1.2, 1.3. By hand: mean of the logs 0.179999, their deviation 0.083551; with
  // t = 4.303 and three pairs, half of the interval is 0.207570.
  const auto comparisons =
      compare(two({run(100), run(100), run(100)}, {run(110), run(120), run(130)}));
  REQUIRE(comparisons.size() == 1);
  CHECK(comparisons[0]["variant"] == "a=2");
  CHECK(comparisons[0]["against"] == "a=1");
  const auto rate = figure(comparisons, "frames/s");
  CHECK(rate["ratio"].get<double>() == Approx(1.197216).epsilon(1e-5));
  CHECK(rate["low"].get<double>() == Approx(0.972806).epsilon(1e-4));
  CHECK(rate["high"].get<double>() == Approx(1.473394).epsilon(1e-4));
  CHECK(rate["says"] == "no difference (of more than 47 %)");
}

TEST_CASE("a difference is told with how sure it is") {
  const auto says = [](std::vector<Json> first, std::vector<Json> second, const char* of) {
    return figure(compare(two(std::move(first), std::move(second))), of)["says"].get<std::string>();
  };
  CHECK(says({run(100), run(100), run(100)}, {run(111), run(112), run(113)}, "frames/s") ==
        "faster by 12 % ± 2.5 %");
  CHECK(says({run(100), run(100), run(100)}, {run(89), run(88), run(87)}, "frames/s") ==
        "slower by 12 % ± 2.5 %");
  CHECK(says({run(1, 10), run(1, 10)}, {run(1, 25), run(1, 25)}, "age p50") ==
        "older by 150 % ± 0 %");
  CHECK(says({run(1, 20), run(1, 20)}, {run(1, 10), run(1, 10)}, "age p99") ==
        "younger by 50 % ± 0 %");
  CHECK(says({run(1, 1, 2), run(1, 1, 2)}, {run(1, 1, 4), run(1, 1, 4)}, "CPU per frame") ==
        "dearer by 100 % ± 0 %");
  CHECK(says({run(100), run(100)}, {run(100), run(100)}, "frames/s") == "no difference");
  CHECK(says({run(100), run(100)}, {run(300), run(50)}, "frames/s") ==
        "no difference (the runs differ too much to tell)");
}

TEST_CASE("runs are compared pair by pair, so that what slows both down is no difference") {
  const auto rate =
      figure(compare(two({run(100), run(50), run(10)}, {run(110), run(55), run(11)})), "frames/s");
  CHECK(rate["says"] == "faster by 10 % ± 0 %");
}

TEST_CASE("one run is no proof") {
  const auto rate = figure(compare(two({run(100)}, {run(110)})), "frames/s");
  CHECK(rate["says"].get<std::string>().find("faster by 10 % in one run: repeat it") == 0);
  CHECK_FALSE(rate.contains("low"));
  const auto same = figure(compare(two({run(100)}, {run(100)})), "frames/s");
  CHECK(same["says"].get<std::string>().find("the same in one run") == 0);
}

TEST_CASE("only what both have can be compared: the pairs, and the figures") {
  // The second was interrupted before its third run, and one run of it had no frame.
  const auto comparisons =
      compare(two({run(100), run(100), run(1)}, {run(200), run(200, 10, nullptr)}));
  CHECK(figure(comparisons, "frames/s")["says"] == "faster by 100 % ± 0 %");
  CHECK(figure(comparisons, "CPU per frame").is_null());
}

TEST_CASE("each variant is compared with the first, and one alone is not") {
  auto variants = two({run(100)}, {run(110)});
  variants.push_back({"a=3", {}, {run(90)}});
  const auto comparisons = compare(variants);
  REQUIRE(comparisons.size() == 2);
  CHECK(comparisons[1]["variant"] == "a=3");
  CHECK(comparisons[1]["against"] == "a=1");
  CHECK(compare({{"", {}, {run(1)}}}).empty());
}
