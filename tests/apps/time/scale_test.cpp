#include "time/scale.hpp"

#include "catch.hpp"
#include "markup.hpp"

using namespace sluice::app;

namespace {

std::string ticks_of(const Scale& scale, int number) {
  std::string text;
  for (const double tick : scale.ticks(number)) text += tick_text(tick) + " ";
  return text;
}

}  // namespace

TEST_CASE("a scale puts its ends at the ends") {
  const auto linear = Scale::linear(10, 20, 100, 0);
  CHECK(linear(10) == 100);
  CHECK(linear(15) == 50);
  CHECK(linear(20) == 0);
  const auto logarithmic = Scale::logarithmic(1, 100, 0, 200);
  CHECK(logarithmic(10) == Approx(100));
  CHECK(logarithmic(0) == 0);  // has no place there
  CHECK(Scale::linear(0, 0, 0, 10)(0) == 0);
}

TEST_CASE("ticks are round and lie within") {
  CHECK(ticks_of(Scale::linear(0, 1.05, 0, 1), 6) == "0 0.2 0.4 0.6 0.8 1 ");
  CHECK(ticks_of(Scale::linear(43.1, 47.2, 0, 1), 6) == "44 45 46 47 ");
  CHECK(ticks_of(Scale::linear(-0.03, 0.07, 0, 1), 4) == "0 0.05 ");
  CHECK(ticks_of(Scale::linear(0, 7000, 0, 1), 6) == "0 2000 4000 6000 ");
  CHECK(ticks_of(Scale::logarithmic(0.3, 12, 0, 1), 6) == "0.5 1 2 5 10 ");
  CHECK(ticks_of(Scale::logarithmic(0.003, 2000, 0, 1), 6) == "0.01 0.1 1 10 100 1000 ");
  CHECK(ticks_of(Scale::logarithmic(0.9, 1.3, 0, 1), 4) == "0.9 1 1.1 1.2 1.3 ");
}

TEST_CASE("text from outside is text on the page too") {
  CHECK(markup("<script>&'\"") == "&lt;script&gt;&amp;&#39;&quot;");
  CHECK(markup("a\x01\xff") == "a\\u0001\\xff");
}
