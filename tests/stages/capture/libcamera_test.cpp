// capture.libcamera without a camera: its controls, and what is told where there is none. Cameras
// that a kernel drives are tried in tests/vm.

#include <libcamera/libcamera.h>

#include <sluice/testkit.hpp>
#include <string>

#include "capture/libcamera_controls.hpp"
#include "capture/libcamera_manager.hpp"
#include "capture/libcamera_settling.hpp"
#include "catch.hpp"

namespace {

using namespace libcamera;
using sluice::capture::controls_from;
using sluice::capture::LibcameraError;
using sluice::testkit::StageTest;

// As a Pi's camera has them.
const ControlInfoMap& known() {
  static const ControlInfoMap map(
      {{&controls::Brightness, ControlInfo(-1.0F, 1.0F, 0.0F)},
       {&controls::ExposureTime, ControlInfo(100, 66666, 20000)},
       {&controls::AeEnable, ControlInfo(false, true)},
       {&controls::AwbMode, ControlInfo(0, 7, 0)},
       {&controls::ColourGains, ControlInfo(0.0F, 32.0F)},
       {&controls::FrameDurationLimits, ControlInfo(std::int64_t{1000}, std::int64_t{1'000'000})}},
      controls::controls);
  return map;
}

std::string refusal_of(const std::string& text) {
  try {
    controls_from({text}, known());
  } catch (const LibcameraError& e) {
    return e.what();
  }
  return "none";
}

// A control that only later versions have; those tell more of one.
template <class Id = ControlId>
Id later_control(unsigned number, const char* name) {
  if constexpr (requires { Id(number, name, ControlTypeInteger32); })
    return Id(number, name, ControlTypeInteger32);
  else
    return Id(number, name, "libcamera", ControlTypeInteger32, Id::Direction::In);
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("controls are read by name and by their own type") {
  const auto list = controls_from(
      {"brightness=0.25", "Exposure Time = 10ms", "ae_enable=false", "AwbMode=daylight",
       "colour_gains=1.5, 2", "frame_duration_limits=33333,33333"},
      known());
  CHECK(list.get(controls::Brightness) == 0.25F);
  CHECK(list.get(controls::ExposureTime) == 10'000);
  CHECK(list.get(controls::AeEnable) == false);
  CHECK(list.get(controls::AwbMode) == controls::AwbDaylight);
  const auto gains = list.get(controls::ColourGains);
  REQUIRE(gains);
  CHECK((*gains)[0] == 1.5F);
  CHECK((*gains)[1] == 2.0F);
  const auto limits = list.get(controls::FrameDurationLimits);
  REQUIRE(limits);
  CHECK((*limits)[1] == 33'333);
  CHECK(list.size() == 6);
}

TEST_CASE("an exposure time that is given is what the camera takes, not what it chooses") {
  const ControlId exposure = later_control(90'001, "ExposureTimeMode");
  const ControlId gain = later_control(90'002, "AnalogueGainMode");
  const ControlIdMap ids{{controls::EXPOSURE_TIME, &controls::ExposureTime},
                         {controls::ANALOGUE_GAIN, &controls::AnalogueGain},
                         {controls::AE_ENABLE, &controls::AeEnable},
                         {exposure.id(), &exposure},
                         {gain.id(), &gain}};
  const ControlInfoMap map({{&controls::ExposureTime, ControlInfo(100, 66666, 20000)},
                            {&controls::AnalogueGain, ControlInfo(1.0F, 16.0F)},
                            {&controls::AeEnable, ControlInfo(false, true)},
                            {&exposure, ControlInfo(0, 1, 0)},
                            {&gain, ControlInfo(0, 1, 0)}},
                           ids);
  const auto mode = [&](const ControlId& id, const std::vector<std::string>& texts) {
    const auto list = controls_from(texts, map);
    return list.contains(id.id()) ? list.get(id.id()).get<std::int32_t>() : -1;
  };
  CHECK(mode(exposure, {"exposure_time=10ms"}) == 1);
  CHECK(mode(gain, {"exposure_time=10ms"}) == -1);
  CHECK(mode(gain, {"analogue_gain=2"}) == 1);
  // Unless the file says who chooses.
  CHECK(mode(exposure, {"exposure_time=10ms", "exposure_time_mode=auto"}) == 0);
  CHECK(mode(exposure, {"exposure_time=10ms", "ae_enable=true"}) == -1);
  CHECK(mode(exposure, {"exposure_time_mode=manual"}) == 1);
  CHECK(mode(exposure, {"ae_enable=true"}) == -1);
}

TEST_CASE("a control that the camera hasn't is refused with those that it has") {
  const auto text = refusal_of("saturation=1");
  CHECK(says(text, "no control \"saturation\""));
  CHECK(says(text, "Brightness"));
  CHECK(says(text, "ExposureTime"));
}

TEST_CASE("a control's value is refused by type and by range") {
  for (const auto* bad : {"brightness=high", "brightness=", "exposure_time=1.5",
                          "exposure_time=99999999999", "ae_enable=perhaps", "awb_mode=moonlight",
                          "colour_gains=1,x", "brightness=0.1ms", "brightness=nan"})
    CHECK(says(refusal_of(bad), "can't be that"));
  // libcamera's own pipelines end the process where the number of numbers is another.
  CHECK(says(refusal_of("brightness=0.1,0.2"), "takes 1 number"));
  CHECK(says(refusal_of("colour_gains=1.5"), "takes 2 numbers"));
  CHECK(says(refusal_of("frame_duration_limits=1000,2000,3000"), "takes 2 numbers"));
  for (const auto* bad : {"brightness=1.5", "exposure_time=1s", "awb_mode=9", "colour_gains=1,33"})
    CHECK(says(refusal_of(bad), "has a range of"));
}

TEST_CASE("the pictures with which a camera begins are nobody's, and no mishap") {
  using sluice::capture::PictureState;
  using sluice::capture::Settling;
  using sluice::capture::state_of;
  const auto good = state_of(FrameMetadata::FrameSuccess);
  const auto broken = state_of(FrameMetadata::FrameError);
  // As libcamera has it from 0.6 on.
  struct Later {
    enum Status { FrameSuccess, FrameError, FrameCancelled, FrameStartup };
  };
  CHECK(state_of(Later::FrameStartup) == PictureState::unsettled);
  CHECK(state_of(Later::FrameError) == PictureState::broken);

  Settling settling;
  CHECK(settling.next(broken) == PictureState::unsettled);
  CHECK(settling.next(state_of(Later::FrameStartup)) == PictureState::unsettled);
  CHECK(settling.next(broken) == PictureState::unsettled);
  CHECK(settling.next(good) == PictureState::good);
  CHECK(settling.next(broken) == PictureState::broken);  // it had settled

  Settling never;
  for (int i = 0; i < Settling::kMost; ++i) CHECK(never.next(broken) == PictureState::unsettled);
  CHECK(never.next(broken) == PictureState::broken);
}

TEST_CASE("what can't be right is told before any camera is looked for") {
  const auto refused = [](const StageTest::Parameters& parameters) {
    try {
      StageTest test("capture.libcamera", parameters);
    } catch (const std::invalid_argument& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  for (const auto* bad : {"brightness", "", "=0.1", " =1"})
    CHECK(says(refused({{"controls", std::vector<std::string>{"contrast=1", bad}}}),
               "such as \"brightness=0.1\""));
  CHECK(says(refused({{"source", "pi.local"}}), "\"pi.local\" can't be a source's name"));
  CHECK(says(refused({{"rate", 0.25}}), "give at least \"8s\""));
  CHECK(refused({{"rate", 0.25}, {"read_limit", "8s"}}).empty());
}

TEST_CASE("a camera that isn't there is an error that says what to do") {
  StageTest test("capture.libcamera", {{"camera", std::string("no such camera")}});
  try {
    test.start();
    FAIL("it started");
  } catch (const LibcameraError& e) {
    // With cameras attached it lists them.
    CHECK((says(e.what(), "finds no camera") || says(e.what(), "there is no camera")));
  }
}

TEST_CASE("the one manager of libcamera is shared, and made anew after its last user") {
  auto first = sluice::capture::libcamera_manager();
  auto second = sluice::capture::libcamera_manager();
  CHECK(first == second);
  first.reset();
  second.reset();
  CHECK(sluice::capture::libcamera_manager() != nullptr);
}
