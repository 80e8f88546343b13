#include "catch.hpp"
#include "time/compare.hpp"

using namespace sluice::app;

TEST_CASE("the middle run: medians, of an even number between the two in the middle") {
  CHECK(middle_of({3, 1, 2}) == 2);
  CHECK(middle_of({4, 1, 2, 3}) == 2.5);
  CHECK(middle_of({{{"fps", 1}}, {{"fps", 9}}, {{"fps", 5}}}) == Json{{"fps", 5}});
  CHECK(
      middle_of({{{"frames", 7}}, {{"frames", 9}}, {{"frames", 8}}})["frames"].is_number_integer());
  CHECK(middle_of({{{"type", "encode.jpeg"}}, {{"type", "encode.jpeg"}}})["type"] == "encode.jpeg");
}

TEST_CASE("the middle run's max is the largest of all, with the frame whose it was") {
  const auto age = [](double p50, double max, const char* slowest) {
    return Json{{"p50", p50}, {"max", max}, {"slowest", slowest}};
  };
  CHECK(middle_of({age(1, 10, "porch #1"), age(2, 30, "porch #2"), age(3, 20, "porch #3")}) ==
        age(2, 30, "porch #2"));
}

TEST_CASE("a cause of loss that a run doesn't know is none there") {
  const Json full{{"dropped", {{"mailbox_full", 6}}}}, old{{"dropped", {{"too_old", 3}}}},
      none{{"dropped", Json::object()}};
  CHECK(middle_of({full, none, none})["dropped"]["mailbox_full"] == 0);
  CHECK(middle_of({none, full, full})["dropped"]["mailbox_full"] == 6);
  const auto both = middle_of({full, old})["dropped"];
  CHECK(both["mailbox_full"] == 3);
  CHECK(both["too_old"] == 1.5);
}

TEST_CASE("a figure that a run can't give is the middle of the others', not drawn towards 0") {
  const Json with{{"frames", 5}, {"cpu_us_per_frame", 40}, {"cpu_ms_per_frame", 3}},
      without{{"frames", 0}, {"cpu_ms_per_frame", nullptr}};
  for (const auto& runs : {std::vector<Json>{with, without}, std::vector<Json>{without, with}}) {
    CHECK(middle_of(runs)["frames"] == 2.5);
    CHECK(middle_of(runs)["cpu_us_per_frame"] == 40);
    CHECK(middle_of(runs)["cpu_ms_per_frame"] == 3);
  }
  CHECK(middle_of({without, without})["cpu_ms_per_frame"].is_null());
}

TEST_CASE("curves: point by point, as far as all runs have them") {
  const auto curve = middle_of({Json{{0, 1}, {0.5, 2}, {0.75, 9}}, Json{{0, 3}, {0.5, 4}}});
  REQUIRE(curve.size() == 2);
  CHECK(curve[0] == Json::array({0, 2.0}));
  CHECK(curve[1] == Json::array({0.5, 3.0}));
}
