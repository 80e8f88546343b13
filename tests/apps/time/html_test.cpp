#include "time/html.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "skip.hpp"
#include "time/compare.hpp"

using namespace sluice::app;

namespace {

Json age(double p50) {
  return {{"count", 4},        {"p50", p50},
          {"p90", 2 * p50},    {"p99", 3 * p50},
          {"p999", 4 * p50},   {"max", 5 * p50},
          {"slowest", "a #1"}, {"curve", {{0, p50 / 2}, {0.5, p50}, {0.75, 2 * p50}}}};
}

Json run(const std::string& stage, double p50) {
  const Json figures{
      {"type", "encode.jpeg"},
      {"frames", 4},
      {"fps", 25.0 / p50},
      {"failed", 1},
      {"dropped", {{"too_old", 2}}},
      {"cpu_us_per_frame", 70},
      {"process_ms", age(p50 / 100)},
      {"age_ms", age(p50)},
      {"sources",
       {{"porch", {{"fps", 1}, {"failed", 0}, {"missing", 3}, {"dropped", Json::object()}}}}}};
  const Json silent{{"type", "x"},
                    {"fps", 0},
                    {"failed", 0},
                    {"dropped", Json::object()},
                    {"sources", Json::object()}};
  return {{"cpu_ms_per_frame", 3},
          {"memory", {{"at_the_end_bytes", 1 << 20}, {"peak_bytes", 2 << 20}}},
          {"last", stage},
          {"stages", {{"silent", silent}, {stage, figures}}}};
}

// Of as many variants as there are names, three runs each.
Json measurement(const std::vector<std::string>& names, const std::string& stage = "jpeg") {
  std::vector<Variant> variants;
  for (const auto& name : names) {
    const auto n = static_cast<double>(variants.size() + 1);
    variants.push_back({name, {}, {run(stage, n), run(stage, 1.1 * n), run(stage, 1.2 * n)}});
  }
  Json json{{"sluice", "0"},
            {"graph", stage},
            {"device", stage},
            {"when", "today"},
            {"machine", {{"host", stage}, {"system", "s"}, {"cores", 1}}},
            {"warmup_s", 1},
            {"for_s", nullptr},
            {"variants", Json::array()},
            {"comparisons", compare(variants)}};
  for (const auto& v : variants)
    json["variants"].push_back({{"name", v.name}, {"middle", middle_of(v.runs)}, {"runs", v.runs}});
  return json;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// What an XML parser makes of it: every element's name, the text in front of it and each attribute.
std::string read_by_python(const std::string& page) {
  const auto python = test::need_file("/usr/bin/python3", "python3");
  const test::Folder folder;
  const auto file = folder.write("page.html", page);
  const auto script = folder.write("read.py", R"(import sys, xml.etree.ElementTree as tree
for e in tree.parse(sys.argv[1]).iter():
    print(e.tag.split('}')[1], e.text, *e.attrib.values(), sep='|')
)");
  test::Process process({python, script, file});
  const int status = process.wait();
  INFO(process.err());
  CHECK(status == 0);
  return process.out();
}

}  // namespace

TEST_CASE("the page is well-formed and tells of every stage, source, loss and comparison") {
  for (const std::size_t variants : {1u, 2u, 6u, 30u}) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < variants; ++i) names.push_back("a=" + std::to_string(i));
    if (variants == 1) names = {""};
    const auto page = html_of(measurement(names));
    const auto read = read_by_python(page);
    INFO(variants);
    for (const char* part : {"th|jpeg|", "th|silent|", "th|porch|", "td|2 too_old, 1 failed|",
                             "td|3 missing|", "td|a #1"})
      CHECK(has(read, part));
    for (const auto& name : names) CHECK(has(page, name));
    CHECK(has(page, "older by") == (variants > 1));
    CHECK_FALSE(has(page, "nan"));
    CHECK_FALSE(has(page, "inf"));
  }
}

TEST_CASE("the page needs nothing from elsewhere") {
  const auto page = html_of(measurement({"a=1", "a=2"}));
  for (const char* part : {"<script", "src=", "href=", "url(", "@import", "onload"})
    CHECK_FALSE(has(page, part));
}

TEST_CASE("hostile names are text on the page") {
  const std::string hostile = "</title></style><script>alert('1')</script>\"&\x01\xff";
  const auto page = html_of(measurement({hostile, hostile + "2"}, hostile));
  const auto read = read_by_python(page);
  CHECK_FALSE(has(page, "<script"));
  CHECK_FALSE(has(read, "\nscript|"));
  CHECK(has(read, "th|</title></style><script>alert('1')</script>\"&\\u0001\\xff|"));
}

TEST_CASE("a run in which no frame came has a page too") {
  auto json = measurement({""});
  auto& variant = json["variants"][0];
  const auto none = [](Json& one) {
    one["last"] = "silent";
    one["cpu_ms_per_frame"] = nullptr;
    one["stages"].erase("jpeg");
  };
  none(variant["middle"]);
  for (auto& one : variant["runs"]) none(one);
  const auto read = read_by_python(html_of(json));
  CHECK(has(read, "th|silent|"));
  CHECK_FALSE(has(read, "nan"));
}
