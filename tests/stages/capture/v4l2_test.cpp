// capture.v4l2 as far as it goes without a camera: what it says of devices that are none, and what
// it makes of what cameras tell of themselves. tests/vm has it with cameras.

#include <linux/videodev2.h>

#include <sluice/testkit.hpp>

#include "capture/driver_count.hpp"
#include "capture/v4l2_controls.hpp"
#include "capture/v4l2_devices.hpp"
#include "capture/v4l2_modes.hpp"
#include "capture/v4l2_nodes.hpp"
#include "catch.hpp"

namespace {

using namespace sluice;
using namespace sluice::capture;
using namespace sluice::capture::v4l2;
using testkit::StageTest;

bool contains(const std::string& text, const std::string& part) {
  INFO(text << "\nshould have in it: " << part);
  const bool found = text.find(part) != std::string::npos;
  CHECK(found);
  return found;
}

template <class Work>
std::string refusal(Work work) {
  try {
    work();
  } catch (const std::exception& e) {
    return e.what();
  }
  FAIL("it was not refused");
  return {};
}

std::string refused_at_start(const std::string& device) {
  return refusal([&] { StageTest("capture.v4l2", {{"device", device}}).start(); });
}

// --- a camera as most USB cameras are
Rates at(unsigned rate) { return {{1, rate}, {1, rate}}; }

Mode mode(std::uint32_t fourcc, Layout layout, unsigned width, unsigned height,
          std::vector<Rates> rates) {
  return {fourcc, layout, {width, width, 1}, {height, height, 1}, std::move(rates)};
}

const std::vector<Mode> webcam{
    mode(V4L2_PIX_FMT_YUYV, Layout::yuyv, 640, 480, {at(30), at(15), at(5)}),
    mode(V4L2_PIX_FMT_YUYV, Layout::yuyv, 320, 240, {at(30)}),
    mode(V4L2_PIX_FMT_YUYV, Layout::yuyv, 1280, 720, {at(10), at(5)}),
    mode(V4L2_PIX_FMT_MJPEG, Layout::jpeg, 640, 480, {at(30)}),
    mode(V4L2_PIX_FMT_MJPEG, Layout::jpeg, 1280, 720, {{{1001, 30000}, {1001, 30000}}}),
    mode(V4L2_PIX_FMT_MJPEG, Layout::jpeg, 1920, 1080, {at(30)}),
};

Choice chosen(const Wish& wish, unsigned width_now = 640, unsigned height_now = 480) {
  return choose(webcam, wish, width_now, height_now);
}
std::string not_chosen(const Wish& wish, const std::vector<Mode>& modes = webcam) {
  return refusal([&] { choose(modes, wish, 640, 480); });
}

// --- and its controls
Control control(std::uint32_t id, std::string name, Control::Sort sort, std::int64_t least,
                std::int64_t most, std::int64_t step = 1) {
  Control made;
  made.id = id;
  made.name = std::move(name);
  made.sort = sort;
  made.least = least;
  made.most = most;
  made.step = step;
  return made;
}

const std::vector<Control> controls = [] {
  using Sort = Control::Sort;
  std::vector<Control> list{
      control(1, "Brightness", Sort::integer, -64, 64),
      control(2, "White Balance Temperature, Auto", Sort::boolean, 0, 1),
      control(3, "Power Line Frequency", Sort::menu, 0, 2),
      control(4, "Focus, Absolute", Sort::integer, 0, 250, 5),
      control(5, "Link Frequency", Sort::menu, 0, 3),
      control(6, "LEDs", Sort::bits, 0, 17, 0),
  };
  list[1].fallback = 1;
  list[2].fallback = 1;
  list[2].menu = {{0, "Disabled"}, {1, "50 Hz"}, {2, "60 Hz"}};
  list[3].inactive = true;
  list[4].menu = {{0, "1"}, {1, "450000000"}, {3, "9"}};
  list[4].read_only = true;
  return list;
}();

std::int64_t value_of(const std::string& text) {
  const auto setting = parse_setting(text);
  return value_for(setting, control_for(setting, controls));
}
std::string no_value(const std::string& text) {
  return refusal([&] { value_of(text); });
}

ParamProblems problems_of(const StageTest::Parameters& parameters) {
  const auto* type = StageTypes::all().find("capture.v4l2");
  const auto stage = type->make();
  for (const auto& [name, value] : parameters) type->parameter(name)->set(*stage, value);
  ParamProblems problems;
  type->check(*stage, problems);
  return problems;
}

}  // namespace

TEST_CASE("capture.v4l2 refuses devices that are not there or are no cameras") {
  contains(refused_at_start("/dev/video977"), "there is no camera at /dev/video977; there is ");
  contains(refused_at_start("977"), "there is no camera at /dev/video977");
  contains(refused_at_start("usb-None_Such-video-index0"),
           "there is no camera at /dev/v4l/by-id/usb-None_Such-video-index0");
  contains(refused_at_start("/dev/null"), "/dev/null is not a camera");
  contains(refused_at_start("/dev/shm"), "/dev/shm is not a device");
}

TEST_CASE("capture.v4l2 has its parameters checked before anything starts") {
  CHECK(problems_of({}).empty());
  CHECK(problems_of({{"width", std::int64_t{640}}, {"height", std::int64_t{480}}}).empty());

  const auto half = problems_of({{"width", std::int64_t{640}}});
  REQUIRE(half.size() == 1);
  CHECK(half[0].parameter == "width");  // the one that is there to be shown

  const std::vector<std::string> settings{"brightness=1", "contrast", "=3", "gain ="};
  const auto bad = problems_of({{"controls", settings}});
  REQUIRE(bad.size() == 3);
  for (std::size_t i = 0; i < bad.size(); ++i) {
    CHECK(bad[i].parameter == "controls");
    CHECK(bad[i].item == i + 1);
    contains(bad[i].message, "\"" + settings[i + 1] + "\"");
  }
  CHECK(problems_of({{"source", "a b"}}).size() == 1);
  CHECK(problems_of({{"device", ""}}).size() == 1);
  CHECK_THROWS_AS(StageTest("capture.v4l2", {{"format", "png"}}), std::invalid_argument);
  CHECK_THROWS_AS(StageTest("capture.v4l2", {{"buffers", std::int64_t{1}}}), std::invalid_argument);
  CHECK_THROWS_AS(StageTest("capture.v4l2", {{"buffers", std::int64_t{33}}}),
                  std::invalid_argument);
}

TEST_CASE("a V4L2 camera is named by its number, its path or a lasting name") {
  CHECK(path_of("0") == "/dev/video0");
  CHECK(path_of("12") == "/dev/video12");
  CHECK(path_of("/dev/video3") == "/dev/video3");
  CHECK(path_of("/dev/v4l/by-id/usb-A-video-index0") == "/dev/v4l/by-id/usb-A-video-index0");
  CHECK(path_of("usb-A-video-index0") == "/dev/v4l/by-id/usb-A-video-index0");
}

TEST_CASE("a device file captures only if that is all it does with pictures") {
  const auto captures = [](std::uint32_t can) { return Node{"", "", "", can, 0}.captures(); };
  CHECK(captures(V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING));
  CHECK(captures(V4L2_CAP_VIDEO_CAPTURE_MPLANE));
  CHECK_FALSE(captures(V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING));
  CHECK_FALSE(captures(V4L2_CAP_VIDEO_OUTPUT));
  CHECK_FALSE(captures(V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_OUTPUT));  // an old codec
  CHECK_FALSE(captures(V4L2_CAP_VIDEO_M2M));
  CHECK_FALSE(captures(0));
}

TEST_CASE("capture.v4l2's devices are those that capture") {
  for (const auto& device : v4l2::devices()) {
    CHECK_FALSE(device.id.empty());
    CHECK_FALSE(device.name.empty());
  }
}

TEST_CASE("of a camera's modes the one that was asked for is taken") {
  const auto pixels = chosen({Kind::yuv420, 1280, 720, 10});
  CHECK(pixels.fourcc == V4L2_PIX_FMT_YUYV);
  CHECK(pixels.layout == Layout::yuyv);
  CHECK(pixels.width == 1280);
  CHECK(pixels.height == 720);
  REQUIRE(pixels.interval);
  CHECK(pixels.interval->denominator == 10);

  const auto jpeg = chosen({Kind::jpeg, 1280, 720, 30});  // 29.97 is meant
  CHECK(jpeg.fourcc == V4L2_PIX_FMT_MJPEG);
  REQUIRE(jpeg.interval);
  CHECK(jpeg.interval->numerator == 1001);
  CHECK(jpeg.interval->denominator == 30000);
}

TEST_CASE(
    "the format auto takes pixels where the camera has them at that size and rate, else JPEGs") {
  CHECK(chosen({{}, 1280, 720, 10}).fourcc == V4L2_PIX_FMT_YUYV);
  CHECK(chosen({{}, 1280, 720, 30}).fourcc == V4L2_PIX_FMT_MJPEG);
  CHECK(chosen({{}, 1920, 1080, 0}).fourcc == V4L2_PIX_FMT_MJPEG);
}

TEST_CASE("without a size the camera's own stays, if it has it at that rate") {
  const auto own = chosen({Kind::yuv420, 0, 0, 0}, 320, 240);
  CHECK(own.width == 320);
  CHECK(own.height == 240);
  CHECK_FALSE(own.interval);
  CHECK(chosen({Kind::yuv420, 0, 0, 10}, 320, 240).width == 1280);  // has 10 frames/s
  CHECK(chosen({Kind::yuv420, 0, 0, 0}, 1920, 1080).width == 640);  // has no such pixels
  CHECK(chosen({Kind::jpeg, 0, 0, 0}, 1920, 1080).width == 1920);
}

TEST_CASE("a size that a camera hasn't is refused with those that it has, the nearest first") {
  CHECK(not_chosen({Kind::yuv420, 650, 480, 0}) ==
        "it doesn't give 650 x 480; it has 640 x 480, 320 x 240, 1280 x 720");
  CHECK(not_chosen({Kind::yuv420, 1920, 1080, 0}) ==
        "it doesn't give 1920 x 1080; it has 1280 x 720, 640 x 480, 320 x 240; with format = "
        "\"jpeg\" it would");
}

TEST_CASE("a rate that a camera hasn't at that size is refused with those that it has") {
  CHECK(not_chosen({Kind::yuv420, 1280, 720, 30}) ==
        "it doesn't give 30 frames/s; it has 1280 x 720 at 10, 5 frames/s; with format = \"jpeg\" "
        "it would");
  CHECK(not_chosen({Kind::yuv420, 640, 480, 60}) ==
        "it doesn't give 60 frames/s; it has 640 x 480 at 30, 15, 5 frames/s");
}

TEST_CASE("a format that a camera hasn't is refused with those that it has") {
  CHECK(not_chosen({Kind::bgr8, 640, 480, 0}) ==
        "it has no bgr8; give format = one of: yuv420, jpeg");
  contains(not_chosen({Kind::yuv420, 0, 0, 0}, {}), "it has no format that Sluice reads: YU12");
}

TEST_CASE("sizes and rates may be ranges, or not told at all") {
  const std::vector<Mode> grabber{
      {V4L2_PIX_FMT_NV12, Layout::nv12, {16, 1920, 8}, {16, 1080, 2}, {{{1, 1}, {1, 60}}}}};
  const auto inside = choose(grabber, {Kind::yuv420, 800, 600, 25}, 640, 480);
  CHECK(inside.width == 800);
  REQUIRE(inside.interval);
  CHECK(inside.interval->rate() == Approx(25));
  CHECK(choose(grabber, {Kind::yuv420, 0, 0, 0}, 4000, 4000).width == 1920);
  contains(not_chosen({Kind::yuv420, 804, 600, 0}, grabber),
           "16 x 16 to 1920 x 1080 in steps of 8 x 2");
  contains(not_chosen({Kind::yuv420, 800, 600, 61}, grabber), "at 1 to 60 frames/s");
  CHECK(v4l2::to_string(grabber[0]) ==
        "yuv420 (NV12) 16 x 16 to 1920 x 1080 in steps of 8 x 2 at 1 to 60 frames/s");

  const std::vector<Mode> silent{
      {V4L2_PIX_FMT_GREY, Layout::gray8, {1, 65536, 1}, {1, 65536, 1}, {}}};
  const auto tried = choose(silent, {Kind::gray8, 800, 600, 25}, 640, 480);
  CHECK(tried.width == 800);
  REQUIRE(tried.interval);
  CHECK(tried.interval->rate() == Approx(25));
  CHECK(choose(silent, {Kind::gray8, 0, 0, 0}, 640, 480).width == 640);
}

TEST_CASE("a mode is told as the graph would ask for it") {
  CHECK(v4l2::to_string(webcam[2]) == "yuv420 (YUYV) 1280 x 720 at 10, 5 frames/s");
  CHECK(v4l2::to_string(webcam[4]) == "jpeg (MJPG) 1280 x 720 at 29.97 frames/s");
}

TEST_CASE("a control is found by V4L2's name, however it is written") {
  for (const auto* name : {"Power Line Frequency", "power_line_frequency", "POWER LINE_FREQUENCY",
                           " power line frequency "}) {
    const auto setting = parse_setting(std::string(name) + "=1");
    CHECK(control_for(setting, controls).id == 3);
  }
  CHECK(plain_name("White Balance Temperature, Auto") == "white_balance_temperature_auto");
  CHECK(value_of("white_balance_temperature_auto=false") == 0);
  CHECK(no_value("gamma=1") ==
        "it has no control gamma; it has brightness, white_balance_temperature_auto, "
        "power_line_frequency, focus_absolute, link_frequency, leds");
  contains(refusal([] { control_for(parse_setting("a=1"), {}); }), "none that could be set");
}

TEST_CASE("a control's value is a number, true or false, or a menu's entry by place or name") {
  CHECK(value_of("brightness=-64") == -64);
  CHECK(value_of("brightness = 64 ") == 64);
  CHECK(value_of("white balance temperature, auto=TRUE") == 1);
  CHECK(value_of("white balance temperature, auto=0") == 0);
  CHECK(value_of("power_line_frequency=2") == 2);
  CHECK(value_of("power_line_frequency=60 Hz") == 2);
  CHECK(value_of("power_line_frequency=60_hz") == 2);
  CHECK(value_of("focus_absolute=35") == 35);
  CHECK(value_of("link_frequency=1") == 1);  // its place, not the entry that is called 1
  CHECK(value_of("link_frequency=450000000") == 1);
  CHECK(value_of("link_frequency=9") == 3);
}

TEST_CASE("a control's value out of its range is refused with the range") {
  CHECK(no_value("brightness=65") == "the control brightness can't be \"65\"; it takes -64 to 64");
  CHECK(no_value("focus_absolute=36") ==
        "the control focus_absolute can't be \"36\"; it takes 0 to 250 in steps of 5");
  for (const auto* text : {"brightness=1.5", "brightness=0x10", "brightness=true",
                           "brightness=99999999999999999999", "focus_absolute=-5"})
    contains(no_value(text), "it takes");
  contains(no_value("white balance temperature, auto=2"), "it takes true or false");
  contains(no_value("power_line_frequency=3"), "0 (Disabled), 1 (50 Hz), 2 (60 Hz)");
  CHECK(value_of("leds=17") == 17);
  CHECK(no_value("leds=2") ==
        "the control leds can't be \"2\"; it takes any of the bits in 17 (0x11)");
  contains(no_value("leds=-1"), "it takes");
  contains(no_value("link_frequency=2"), "it takes 0 (1), 1 (450000000), 3 (9)");  // a gap
}

TEST_CASE("a control is told with what it takes and what it is by itself") {
  CHECK(v4l2::to_string(controls[0]) == "brightness: -64 to 64, by itself 0");
  CHECK(v4l2::to_string(controls[1]) ==
        "white_balance_temperature_auto: true or false, by itself true");
  CHECK(v4l2::to_string(controls[2]) ==
        "power_line_frequency: 0 (Disabled), 1 (50 Hz), 2 (60 Hz), by itself 1");
  contains(v4l2::to_string(controls[3]), "decided by another control now");
  contains(v4l2::to_string(controls[4]), "can only be read");
}

TEST_CASE("a driver's count tells what it lost, unless it began anew") {
  DriverCount count;
  CHECK(count.missing_before(17) == 0);  // wherever it begins
  CHECK(count.missing_before(18) == 0);
  CHECK(count.missing_before(21) == 2);
  CHECK(count.missing_before(21) == 0);  // some don't count at all
  CHECK(count.missing_before(5) == 0);
  CHECK(count.missing_before(6) == 0);
  CHECK(count.missing_before(5000) == 0);
  CHECK(count.missing_before(6000) == 999);
  CHECK(count.missing_before(0xFFFFFFFE) == 0);
  CHECK(count.missing_before(1) == 2);  // it wraps
  count.reset();
  CHECK(count.missing_before(4) == 0);
}
