// external.process: what a command answers, and what it should not.

#include <opencv2/core.hpp>
#include <sluice/graph/load.hpp>

#include "stages/external/external.hpp"

using namespace sluice;
using namespace test;

TEST_CASE("external: the picture that a command answers with goes on as the same frame") {
  External test(answerer({"echo"}));
  auto first = frame(7, "porch")->annotated({{"motion", {0.1, 0.2, 0.3, 0.4}, 0.5, "why"}});
  test.queue(first);
  test.end_inputs();
  test.run();
  REQUIRE(test.frames().size() == 1);
  const Frame& back = *test.frames()[0];
  CHECK(back.source == "porch");
  CHECK(back.sequence == 7);
  CHECK(back.captured == first->captured);
  CHECK(back.annotations == first->annotations);
  REQUIRE(back.image());
  CHECK(back.image()->format() == Kind::bgr8);
  CHECK(cv::norm(back.image()->mat(), first->image()->mat(), cv::NORM_INF) == 0);
  CHECK(test.counts().out == 1);
}

TEST_CASE("external: a header without a picture annotates the picture as it came") {
  External test(answerer({"annotate"}));
  const auto asked = frame(0)->annotated({{"motion", {0.1, 0.2, 0.3, 0.4}, 1.0, ""}});
  test.queue(asked);
  test.end_inputs();
  test.run();
  REQUIRE(test.frames().size() == 1);
  const Frame& back = *test.frames()[0];
  CHECK(back.image()->mat().data == asked->image()->mat().data);
  const std::vector<Annotation> expected{{"motion", {0.1, 0.2, 0.3, 0.4}, 1.0, ""},
                                         {"spot", {0.25, 0.5, 0.125, 0.0625}, 1.0, ""}};
  CHECK(back.annotations == expected);
}

TEST_CASE("external: a header of the command's own leaves the annotations as they were") {
  External test(answerer({"header", R"({"msg": "x", "dtype": "uint8", "shape": [4, 18]})"}),
                {{"gives", "gray8"}});
  test.queue(frame(3, "porch")->annotated({{"motion", {}, 1.0, ""}}));
  test.end_inputs();
  test.run();
  REQUIRE(test.frames().size() == 1);
  CHECK(test.frames()[0]->source == "porch");
  CHECK(test.frames()[0]->kind() == Kind::gray8);
  CHECK(test.frames()[0]->annotations.size() == 1);
}

TEST_CASE("external: without a picture, only what a header says of annotations counts") {
  const std::vector<Annotation> before{{"motion", {}, 1.0, ""}};
  const std::vector<Annotation> told{{"spot", {0.25, 0.5, 0.125, 0.0625}, 1.0, ""}};
  struct Case {
    std::string header;
    std::vector<Annotation> after;
  };
  const std::vector<Case> cases{
      {"{}", before},
      {R"({"msg": "seen"})", before},
      {R"({"msg": "seen", "dtype": "uint8", "shape": [1, 2]})", before},
      {R"({"sluice": {"ann": [{"l": "spot", "b": [0.25, 0.5, 0.125, 0.0625]}]}})", told},
      {R"({"sluice": {}})", {}},
  };
  for (const auto& [header, after] : cases) {
    INFO(header);
    External test(answerer({"bare", header}));
    test.queue(frame(3, "porch")->annotated(before));
    test.end_inputs();
    test.run();
    REQUIRE(test.frames().size() == 1);
    CHECK(test.frames()[0]->source == "porch");
    CHECK(test.frames()[0]->sequence == 3);
    CHECK(test.frames()[0]->kind() == Kind::bgr8);
    CHECK(test.frames()[0]->annotations == after);
  }
}

TEST_CASE("external: pictures of every kind go there and come back") {
  const auto as = [](const FramePtr& like, Image image) { return like->with(std::move(image)); };
  const auto planes = Image::make_yuv420(5, 3);
  for (int i = 0; i < 3; ++i) {
    auto plane = planes.plane(i);
    plane.setTo(40 * (i + 1));
  }
  cv::Mat wide(4, 8, CV_8UC3, cv::Scalar(1, 2, 3));
  const Encoded jpeg = Encoded::from(Kind::jpeg, {0xFF, 0xD8, 1, 2, 0xFF, 0xD9});
  const std::vector<FramePtr> frames{
      as(frame(0), planes),
      as(frame(1), Image(Kind::array, cv::Mat(3, 2, CV_32FC1, cv::Scalar(0.5)))),
      as(frame(2), Image(Kind::bgr8, wide(cv::Rect(1, 1, 4, 2)))),  // not contiguous
      as(frame(3), Image(Kind::bgra8, cv::Mat(2, 2, CV_8UC4, cv::Scalar(1, 2, 3, 4)))),
      frame(4)->with(jpeg),
  };
  External test(answerer({"echo"}));
  for (const auto& f : frames) test.queue(f);
  test.end_inputs();
  test.run();
  REQUIRE(test.frames().size() == frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    INFO(i);
    const Frame& back = *test.frames()[i];
    REQUIRE(back.kind() == frames[i]->kind());
    if (const auto* image = back.image()) {
      for (int p = 0; p < image->planes(); ++p)
        CHECK(cv::norm(image->plane(p), frames[i]->image()->plane(p), cv::NORM_INF) == 0);
    } else {
      CHECK(std::equal(back.encoded()->bytes.begin(), back.encoded()->bytes.end(),
                       jpeg.bytes.begin(), jpeg.bytes.end()));
    }
  }
}

TEST_CASE("external: OK lets nothing go on, ERROR fails the frame with the command's words") {
  External test(answerer({"part", "OK", "part", "ERROR too dark", "echo"}));
  test.look_at(3);
  REQUIRE(test.frames().size() == 1);
  CHECK(test.frames()[0]->sequence == 2);
  CHECK(test.counts().in == 3);
  CHECK(test.counts().out == 2);
  CHECK(test.counts().failed == 1);
  CHECK(says(test.log(), "the command refused a frame: too dark"));
}

TEST_CASE("external: a malformed answer fails its frame with one line, and the next goes on") {
  struct Case {
    Words ways;
    std::string line;
  };
  const std::vector<Case> cases{
      {{"part", "what?"}, "answered with a part that is neither OK nor ERROR"},
      {{"part", ""}, "answered with a part that is neither OK nor ERROR"},
      {{"parts", "{}"}, "answered with an answer of more than two parts"},
      {{"header", "no json"}, "the header is no JSON object"},
      {{"header", "{}"}, "the header has no msg"},
      {{"header", R"({"msg": "x"})"}, "neither pixels (no dtype and shape) nor a JPEG"},
      {{"header", R"({"msg": "x", "dtype": "uint8", "shape": [9, 9]})"}, "does not have 72 bytes"},
      {{"header", R"({"msg": "x", "dtype": "uint8", "shape": [72]})"}, "gives = "},
      {{"header", R"({"msg": "", "sluice": {"v": 1, "bye": true}})"}, "no picture's"},
      {{"header", R"({"msg": "node|Heartbeat"})"}, "no picture's"},
      {{"bare", "no json"}, "the header is no JSON object"},
      {{"bare", R"({"sluice": 1})"}, "the header's sluice key is no object"},
  };
  for (const auto& [ways, line] : cases) {
    INFO(ways.back());
    auto all = ways;
    all.emplace_back("echo");
    External test(answerer(all));
    test.look_at(2);
    for (const auto& l : test.log()) UNSCOPED_INFO(l);
    CHECK(test.counts().failed == 1);
    CHECK(says(test.log(), line));
    CHECK(test.log().size() == 2);  // it started; and that
    REQUIRE(test.frames().size() == 1);
    CHECK(test.frames()[0]->sequence == 1);
  }
}

TEST_CASE("external: second answers and unasked ones are left out, and shift none of the others") {
  External test(answerer({"again", "unasked", "rubbish", "echo"}));
  test.run_in_thread();
  for (std::uint64_t i = 0; i < 5; ++i) test.queue(frame(i));
  REQUIRE(test.eventually([&] { return test.frames().size() == 5; }));
  REQUIRE(test.eventually([&] { return test.figures().count("unasked_answers") == 1; }));
  CHECK(test.eventually(
      [&] { return test.figures().at("unasked_answers").at(SLUICE_ANSWERER) == 3; }));
  test.stop();
  for (std::uint64_t i = 0; i < 5; ++i) {
    const auto& picture = test.frames()[i]->image()->mat();
    CHECK(test.frames()[i]->sequence == i);
    CHECK(picture.at<cv::Vec3b>(0, 0)[0] == i);
  }
  CHECK(test.counts().out == 5);
  CHECK(test.counts().failed == 0);
  CHECK(says(test.log(), "answered what it wasn't asked, or a second time: left out"));
}

TEST_CASE("external: a command that answers without end what nobody asked for is given up") {
  External test(answerer({"flood"}));
  test.queue(frame(0));
  CHECK(what([&] { test.run(); }).find(" answers in a row that nobody asked for; it is killed") !=
        std::string::npos);
  CHECK(test.figures().at("unasked_answers").at(SLUICE_ANSWERER) >= 100);
  CHECK(test.frames().empty());
}

TEST_CASE("external: an answer that comes after the limit, before the command is killed, is none") {
  // Its machine may be too slow to answer before it is killed: then there is nothing to see.
  bool late = false;
  for (int tries = 0; tries < 20 && !late; ++tries) {
    External test(answerer({"late"}), {{"limit", "100ms"}});
    test.queue(frame(4, "porch"));
    CHECK(what([&] { test.run(); }).find("has not answered frame 4 of porch within 100ms") !=
          std::string::npos);
    CHECK(test.counts().in == 1);
    CHECK(test.counts().out == 0);
    CHECK(test.frames().empty());
    late = says(test.log(), "says: answered late");
  }
  CHECK(late);
}

TEST_CASE("external: with a window, so many frames are under way at once") {
  External test(answerer({"three", "echo"}), {{"window", std::int64_t{3}}});
  test.look_at(3);
  // The command waited for all three, and answered the last one first.
  REQUIRE(test.frames().size() == 3);
  for (std::uint64_t i = 0; i < 3; ++i) {
    CHECK(test.frames()[i]->sequence == 2 - i);
    CHECK(test.frames()[i]->image()->mat().at<cv::Vec3b>(0, 0)[0] == 2 - i);
  }
}

TEST_CASE("external: the check knows what kind comes out") {
  const auto problems = [](const std::string& gives) {
    const auto loaded = load_graph_text(R"(
[stage.camera]
type = "capture.synthetic"
format = "gray8"
[stage.mine]
type = "external.process"
from = "camera"
command = ["mine"]
)" + gives + R"(
[stage.motion]
type = "motion.detect"
from = "mine"
[stage.end]
type = "sink.discard"
from = "motion"
)",
                                        default_request("test"));
    std::string codes;
    for (const auto& problem : loaded.problems) codes += problem.code + " ";
    return codes;
  };
  CHECK(problems("").empty());
  CHECK(problems("gives = 'bgr8'").empty());
  CHECK(problems("gives = 'jpeg'") == "kinds-mismatch ");
}
