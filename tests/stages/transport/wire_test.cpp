#include "transport/wire.hpp"

#include <fmt/format.h>
#include <time.h>

#include <nlohmann/json.hpp>
#include <random>
#include <sluice/testkit.hpp>

#include "catch.hpp"

using namespace sluice;
using Json = nlohmann::json;

namespace {

const UtcTime kArrived = testkit::FakeClock().utc();

wire::Incoming read(std::string_view header, std::vector<std::uint8_t> payload) {
  auto owner = std::make_shared<std::vector<std::uint8_t>>(std::move(payload));
  const std::span<const std::uint8_t> bytes(*owner);
  return wire::message_of(header, bytes, owner, kArrived);
}

std::vector<std::uint8_t> bytes(std::size_t n) {
  std::vector<std::uint8_t> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = static_cast<std::uint8_t>(i * 7);
  return v;
}

const std::string kLongHeader(70'000, ' ');
const std::string kDeepHeader = fmt::format(R"({{"msg":{:[>1000}{:]>1000}}})", "", "");

const std::vector<std::uint8_t> kJpeg{0xFF, 0xD8, 0xFF, 0xD9};

wire::Incoming round_trip(const FramePtr& frame) {
  const auto header = wire::header_of(*frame, {"run1", kArrived, {}});
  const auto payload = wire::payload_of(frame);
  return read(header, {payload.bytes.begin(), payload.bytes.end()});
}

}  // namespace

TEST_CASE("a frame survives the wire: what imagezmq knows, and what Sluice adds") {
  const int type = GENERATE(CV_8UC1, CV_8UC3, CV_8UC4, CV_16UC1, CV_32FC1, CV_64FC1, CV_32FC3);
  cv::Mat pixels(5, 7, type);
  cv::randu(pixels, 0, 200);
  auto frame = std::make_shared<Frame>(*testkit::make_frame(pixels, "pi-garage", 42, kArrived));
  frame->annotations = {{"motion", {0.1, 0.2, 0.3, 0.4}, 0.5, "hello"}};
  const auto got = round_trip(frame);
  CHECK(got.from_sluice);
  CHECK(got.run == "run1");
  CHECK(got.frame->source == "pi-garage");
  CHECK(got.frame->sequence == 42);
  CHECK(got.frame->captured == kArrived);
  CHECK(got.frame->captured_known);
  CHECK(got.frame->annotations == frame->annotations);
  CHECK(got.frame->kind() == frame->kind());
  CHECK(got.frame->image()->mat().type() == type);
  CHECK(cv::norm(got.frame->image()->mat(), pixels, cv::NORM_INF) == 0);
}

TEST_CASE("yuv420 of any size survives the wire, planes apart or not") {
  const auto size = GENERATE(cv::Size(8, 6), cv::Size(7, 5));
  auto whole = Image::make_yuv420(size.width, size.height);
  for (int i = 0; i < 3; ++i) cv::randu(cv::Mat(whole.plane(i)), 0, 255);
  const bool apart = GENERATE(false, true);
  const auto image =
      apart ? Image::yuv420(whole.plane(0).clone(), whole.plane(1).clone(), whole.plane(2).clone())
            : whole;
  const auto frame = testkit::make_frame(cv::Mat::zeros(2, 2, CV_8UC1))->with(image);
  const auto got = round_trip(frame);
  REQUIRE(got.frame->kind() == Kind::yuv420);
  for (int i = 0; i < 3; ++i)
    CHECK(cv::norm(got.frame->image()->plane(i), whole.plane(i), cv::NORM_INF) == 0);
  // Contiguous planes go out as they lie.
  CHECK((wire::payload_of(frame).bytes.data() == image.plane(0).data) == !apart);
}

TEST_CASE("a JPEG for anyone is pixels to recv_image(), and the same JPEG to Sluice") {
  for (const std::size_t size : {2, 3, 100, 30'000, 30'001, 1'000'000}) {
    INFO(size);
    auto jpeg = bytes(size);
    jpeg[0] = 0xFF, jpeg[1] = 0xD8;
    const auto frame =
        testkit::make_frame(cv::Mat::zeros(2, 2, CV_8UC1))->with(Encoded::from(Kind::jpeg, jpeg));
    const auto header = wire::header_of(*frame, {"run1", kArrived, {}, true});
    const auto whole = wire::payload_of(frame, true);
    const auto payload = whole.bytes;

    const auto json = Json::parse(header);
    CHECK(json["dtype"] == "uint8");
    const auto shape = json["shape"].get<std::vector<std::size_t>>();
    REQUIRE(shape.size() == 3);
    CHECK(shape[2] == 3);
    CHECK(shape[0] * shape[1] * 3 == payload.size());
    CHECK(payload.size() < size + 3 * shape[1]);  // less than a row more
    CHECK(shape[1] <= shape[0] + 33);
    CHECK(shape[0] <= shape[1]);
    CHECK(std::equal(jpeg.begin(), jpeg.end(), payload.begin()));

    const auto got = read(header, {payload.begin(), payload.end()});
    REQUIRE(got.frame->kind() == Kind::jpeg);
    CHECK(std::ranges::equal(got.frame->encoded()->bytes, jpeg));
  }
}

TEST_CASE("rows with padding go out without it") {
  cv::Mat large(10, 10, CV_8UC3);
  cv::randu(large, 0, 255);
  const cv::Mat part = large(cv::Rect(2, 3, 4, 5));
  const auto got = round_trip(testkit::make_frame(part));
  CHECK(cv::norm(got.frame->image()->mat(), part, cv::NORM_INF) == 0);
}

TEST_CASE("an array that looks like a picture stays an array from one Sluice to the next") {
  for (const auto& [header, size] : std::vector<std::pair<std::string, std::size_t>>{
           {R"({"msg":"a","dtype":"uint8","shape":[7]})", 7},
           {R"({"msg":"a","dtype":"bool","shape":[2,3]})", 6}}) {
    const auto first = read(header, bytes(size));
    REQUIRE(first.frame->kind() == Kind::array);
    const auto again = round_trip(first.frame);
    CHECK(again.frame->kind() == Kind::array);
    CHECK(cv::norm(again.frame->image()->mat(), first.frame->image()->mat(), cv::NORM_INF) == 0);
  }
}

TEST_CASE("more annotations than a header holds: the frame goes with the first of them") {
  auto frame = std::make_shared<Frame>(
      *testkit::make_frame(cv::Mat::zeros(2, 2, CV_8UC3), "cam", 1, kArrived));
  for (int i = 0; i < 300; ++i)
    frame->annotations.push_back(
        {"label", {0.1, 0.1, 0.2, 0.2}, 0.5, std::to_string(i) + std::string(900, '\x01')});
  const auto got = round_trip(frame);
  REQUIRE(got.frame);
  REQUIRE_FALSE(got.frame->annotations.empty());
  CHECK(got.frame->annotations.size() < 300);
  for (std::size_t i = 0; i < got.frame->annotations.size(); ++i)
    CHECK(got.frame->annotations[i].text.rfind(std::to_string(i) + "\x01", 0) == 0);
}

TEST_CASE("what imagezmq's senders write is read") {
  SECTION("raw, keys in any order and spacing") {
    const auto got = read(R"({ "shape":[2, 3,3],"msg" : "rpi1", "dtype":"uint8"})", bytes(18));
    CHECK(got.frame->source == "rpi1");
    CHECK_FALSE(got.from_sluice);
    CHECK_FALSE(got.frame->captured_known);
    CHECK(got.frame->captured == kArrived);
    CHECK(got.frame->kind() == Kind::bgr8);
    CHECK(got.frame->image()->mat().at<cv::Vec3b>(1, 2)[2] == static_cast<std::uint8_t>(17 * 7));
  }
  SECTION("grey, with and without its channel; BGRA; arrays") {
    CHECK(read(R"({"msg":"a","dtype":"uint8","shape":[2,3]})", bytes(6)).frame->kind() ==
          Kind::gray8);
    CHECK(read(R"({"msg":"a","dtype":"uint8","shape":[2,3,1]})", bytes(6)).frame->kind() ==
          Kind::gray8);
    CHECK(read(R"({"msg":"a","dtype":"uint8","shape":[2,3,4]})", bytes(24)).frame->kind() ==
          Kind::bgra8);
    CHECK(read(R"({"msg":"a","dtype":"bool","shape":[2,3]})", bytes(6)).frame->kind() ==
          Kind::array);
    CHECK(read(R"({"msg":"a","dtype":"uint8","shape":[12]})", bytes(12)).frame->kind() ==
          Kind::array);
    CHECK(read(R"({"msg":"a","dtype":"float32","shape":[2,3,4,5]})", bytes(480)).frame->kind() ==
          Kind::array);
  }
  SECTION("numbers of the other byte order are turned round") {
    const auto got = read(R"({"msg":"a","dtype":">u2","shape":[1,2]})", {0x01, 0x02, 0x03, 0x04});
    CHECK(got.frame->image()->mat().at<std::uint16_t>(0, 0) == 0x0102);
    CHECK(got.frame->image()->mat().at<std::uint16_t>(0, 1) == 0x0304);
  }
  SECTION("a JPEG") {
    const auto got = read(R"({"msg": "rpi1"})", kJpeg);
    CHECK(got.frame->kind() == Kind::jpeg);
    CHECK(got.frame->bytes() == 4);
  }
}

TEST_CASE("an old sender's text becomes a safe name, and different texts stay different") {
  CHECK(wire::source_of("rpi1") == "rpi1");
  CHECK(wire::source_of("StreetView RPiCam6|jpg") == "StreetView-RPiCam6");
  CHECK(wire::source_of("  porch  |jpg") == "porch");
  const auto a = wire::source_of(
      "K\xc3\xbc"
      "che");
  const auto b = wire::source_of(
      "K\xc3\xb6"
      "che");
  CHECK(valid_source(a));
  CHECK(a != b);
  CHECK(valid_source(wire::source_of("../../etc/passwd")));
  CHECK(valid_source(wire::source_of(std::string(5000, 'x'))));
  CHECK_THROWS_AS(wire::source_of("|jpg"), wire::BadMessage);
  CHECK(valid_source(read(R"({"msg": {"name": 5}})", kJpeg).frame->source));
}

TEST_CASE("what is no frame is refused with its reason") {
  struct Case {
    std::string header;
    std::size_t payload;
    const char* why;
  };
  const std::vector<Case> cases{
      {"", 4, "no JSON object"},
      {"[]", 4, "no JSON object"},
      {"{", 4, "no JSON object"},
      {"\xff\xfe", 4, "no JSON object"},
      {R"({"message": "a"})", 4, "no msg"},
      {R"({"msg": ""})", 4, "names no source"},
      {R"({"msg": "a"})", 4, "neither pixels"},
      {R"({"msg": "a"})", 0, "neither pixels"},
      {R"({"msg":"a","dtype":"uint8","shape":[2,3,3]})", 17, "does not have 17 bytes"},
      {R"({"msg":"a","dtype":"uint8","shape":[]})", 0, "one to eight"},
      {R"({"msg":"a","dtype":"uint8","shape":[0,3]})", 0, "no picture has"},
      {R"({"msg":"a","dtype":"uint8","shape":[-1,3]})", 3, "no picture has"},
      {R"({"msg":"a","dtype":"uint8","shape":[1.5,2]})", 3, "no whole number"},
      {R"({"msg":"a","dtype":"uint8","shape":[65536,65536,65536,65536]})", 0, "does not have"},
      {R"({"msg":"a","dtype":"float64","shape":[999999999,999999999,999999999]})", 8,
       "does not have"},
      {R"({"msg":"a","dtype":"uint64","shape":[1,1]})", 8, "can't be taken"},
      {R"({"msg":"a","dtype":"object","shape":[1,1]})", 8, "can't be taken"},
      {R"({"msg":"a","dtype":7,"shape":[1,1]})", 8, "no text"},
      {R"({"msg":"a","sluice":5})", 4, "no object"},
      {R"({"msg":"a","sluice":{"seq":-1}})", 4, "out of range"},
      {R"({"msg":"a","sluice":{"seq":"x"}})", 4, "no whole number"},
      {R"({"msg":"a","sluice":{"seq":1,"t":1e300}})", 4, "no whole number"},
      {R"({"msg":"a","sluice":{"seq":1,"t":18446744073709551615}})", 4, "out of range"},
      {R"({"msg":"a","sluice":{"seq":1,"fmt":"yuv420","w":100000,"h":1}})", 4, "out of range"},
      {R"({"msg":"a","sluice":{"seq":1,"fmt":"yuv420","w":4,"h":4}})", 23, "does not have 23"},
      {kLongHeader, 4, "64 KiB"},
      {kDeepHeader, 4, "deeply"},
  };
  for (const auto& c : cases) {
    INFO(c.header.substr(0, 100));
    try {
      read(c.header, bytes(c.payload));
      FAIL("was taken");
    } catch (const wire::BadMessage& e) {
      CHECK(std::string(e.what()).find(c.why) != std::string::npos);
      INFO(e.what());
    }
  }
}

TEST_CASE("senseless annotations are left out, the frame stays") {
  const auto got = read(
      R"({"msg":"a","sluice":{"seq":1,"ann":[5,{"l":7,"b":[1,2]},{"b":[-1,5,"x",0.5]}]}})", kJpeg);
  CHECK(got.frame->annotations.size() == 2);
  CHECK(got.frame->annotations[1].box == Box{0, 1, 0, 0.5});
}

TEST_CASE("mutilated headers never do more than be refused") {
  const auto frame = testkit::make_frame(cv::Mat::zeros(4, 4, CV_8UC3), "cam", 3);
  const std::string good =
      wire::header_of(*frame->annotated({{"a", {0, 0, 1, 1}, 0.5, "t"}}), {"r", kArrived, {}});
  std::mt19937 random(7);
  int taken = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string header = good;
    for (unsigned n = random() % 4 + 1; n-- > 0;) {
      const auto at = random() % header.size();
      switch (random() % 3) {
        case 0:
          header[at] = static_cast<char>(random());
          break;
        case 1:
          header.erase(at, random() % 8 + 1);
          break;
        default:
          header.insert(at, good.substr(random() % good.size(), random() % 12));
          break;
      }
      if (header.empty()) header.push_back('{');
    }
    try {
      taken += read(header, bytes(48)).frame ? 1 : 0;
    } catch (const wire::BadMessage&) {
    }
  }
  CHECK(taken > 0);
  CHECK(taken < 20'000);
}

namespace {

// What this thread has worked, in ms.
double worked_ms() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return 1e3 * static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_nsec);
}

std::string times(std::string_view what, std::size_t n) {
  std::string text;
  for (std::size_t i = 0; i < n; ++i) text += what;
  return text;
}

}  // namespace

TEST_CASE("a header of 64 KiB takes no time, whatever stands in it") {
  const std::string begin = R"({"msg":"a","dtype":"uint8","shape":[2,2],"a":)";
  const std::vector<std::string> nasty{
      "[" + times("{},", 20'000) + "0]",
      "[" + times("[],", 20'000) + "0]",
      "[" + times("0,", 30'000) + "0]",
      "[" + times("1e308,", 10'000) + "0]",
      times("9", 60'000),
      "0." + times("0", 60'000) + "1e60000",
      "\"" + times("\\u00e9", 10'000) + "\"",
      "{" + times("\"k\":{},", 8'000) + "\"k\":0}",
      times("[", 30'000) + times("]", 30'000),
      times("\"", 60'000),
      times("{\"a\":", 10'000),
  };
  for (const auto& value : nasty) {
    INFO(value.substr(0, 40));
    const auto header = begin + value + "}";
    REQUIRE(header.size() <= wire::kLongestHeader);
    const double before = worked_ms();
    for (int i = 0; i < 5; ++i) {
      try {
        read(header, bytes(4));
      } catch (const wire::BadMessage&) {
      }
    }
    // A few tenths of one; the rest is room for sanitizers.
    CHECK((worked_ms() - before) / 5 < 25);
  }
}

TEST_CASE("what a header may hold at most") {
  const auto header = [](const std::string& value) {
    return R"({"msg":"a","dtype":"uint8","shape":[2,2],"a":)" + value + "}";
  };
  const auto why = [&](const std::string& value) {
    try {
      read(header(value), bytes(4));
    } catch (const wire::BadMessage& e) {
      return std::string(e.what());
    }
    return std::string("taken");
  };
  CHECK(why("[" + times("0,", 4000) + "0]") == "taken");
  CHECK(why("[" + times("0,", 4096) + "0]") == "the header holds too many values");
  CHECK(why("[[[[[[[0]]]]]]]") == "taken");
  CHECK(why("[[[[[[[[0]]]]]]]]") == "the header is nested too deeply");
  CHECK(why(times("1", 300)) == "taken");
  CHECK(why(times("1", 500)) == "the header has a number that is too long");
  // In a text all of these are characters.
  CHECK(why(R"(")" + times("[{,1\\\"", 5000) + R"(")") == "taken");
}

TEST_CASE("a ping says how long its sender will be silent at most") {
  const auto ping = read(wire::ping_of("run1", std::chrono::milliseconds(667)), {});
  CHECK(ping.run == "run1");
  CHECK_FALSE(ping.frame);
  CHECK_FALSE(ping.goodbye);
  CHECK(ping.ping == std::chrono::milliseconds(667));
  for (const char* every : {"0", "-1", "1e3", "600001", "true", "\"x\""})
    CHECK_THROWS_AS(
        read(fmt::format(R"({{"msg":"","sluice":{{"v":1,"run":"r","ping":{}}}}})", every), {}),
        wire::BadMessage);
}
