#include "time/variants.hpp"

#include <stdexcept>

#include "catch.hpp"

using namespace sluice::app;

namespace {

using Names = std::vector<std::string>;

Names names_of(const std::vector<std::string>& varied) {
  Names names;
  for (const auto& variant : variants_of(varied)) names.push_back(variant.name);
  return names;
}

std::string refusal(const std::string& varied) {
  try {
    variants_of({varied});
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "taken";
}

}  // namespace

TEST_CASE("nothing varied is one variant without a name") {
  const auto variants = variants_of({});
  REQUIRE(variants.size() == 1);
  CHECK(variants[0].name.empty());
  CHECK(variants[0].sets.empty());
}

TEST_CASE("what is varied makes every combination, the first varies slowest") {
  CHECK(names_of({"a.b=1,2,3"}) == Names{"a.b=1", "a.b=2", "a.b=3"});
  const auto variants = variants_of({"a=1,2", "b=x,y"});
  CHECK(names_of({"a=1,2", "b=x,y"}) == Names{"a=1, b=x", "a=1, b=y", "a=2, b=x", "a=2, b=y"});
  REQUIRE(variants.size() == 4);
  CHECK(variants[2].sets == std::vector<std::string>{"a=2", "b=x"});
}

TEST_CASE("the same value twice is two variants: how much chance there is") {
  CHECK(names_of({"a=1,1"}) == Names{"a=1", "a=1"});
}

TEST_CASE("commas in texts and brackets belong to a value") {
  CHECK(names_of({R"(a="x,y",z)"}) == Names{R"(a="x,y")", "a=z"});
  CHECK(names_of({R"(a='x,y','z')"}) == Names{"a='x,y'", "a='z'"});
  CHECK(names_of({R"(a=["x,]",1],[2])"}) == Names{R"(a=["x,]",1])", "a=[2]"});
  CHECK(names_of({"a={ b = 1, c = [2,3] },{ b = 2 }"}) ==
        Names{"a={ b = 1, c = [2,3] }", "a={ b = 2 }"});
  CHECK(names_of({R"(a={ b = "x,}" },2)"}) == Names{R"(a={ b = "x,}" })", "a=2"});
  CHECK(names_of({R"(a="x\",y",z)"}) == Names{R"(a="x\",y")", "a=z"});
  CHECK(names_of({R"(a='x\','y')"}) == Names{R"(a='x\')", "a='y'"});
}

TEST_CASE("a quote within a word is a character") {
  CHECK(names_of({"a=O'Brien,x"}) == Names{"a=O'Brien", "a=x"});
}

TEST_CASE("what can't be varied is an error that says how to") {
  for (const char* wrong : {"stage.jpeg.quality", "=1,2", ""})
    CHECK(refusal(wrong).find("KEY=VALUE,VALUE") != std::string::npos);
  for (const char* wrong : {"a=", "a=1,", "a=,1", "a=1,,2"})
    CHECK(refusal(wrong).find("a value is empty") != std::string::npos);
}
