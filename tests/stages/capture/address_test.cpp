#include "capture/address.hpp"

#include <functional>

#include "catch.hpp"

using namespace sluice::capture;
using Sort = Address::Sort;

namespace {

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const std::exception& e) {
    return e.what();
  }
  return {};
}

}  // namespace

TEST_CASE("an address is a file, a device or a URL") {
  CHECK(parse_address("clips/a.avi").sort == Sort::file);
  CHECK(parse_address("12.avi").sort == Sort::file);
  CHECK(parse_address("/dev/video3").sort == Sort::device);
  CHECK(parse_address("/dev/v4l/by-id/usb-cam").sort == Sort::device);
  CHECK(parse_address("0").path == "/dev/video0");
  for (const auto* url : {"rtsp://cam/1", "RTSP://cam", "rtmp://cam/live/1", "http://1.2.3.4:80/v",
                          "https://cam/v?x=1", "rtsp://me:secret@cam:554/1", "http://[::1]:80/"}) {
    CHECK(parse_address(url).sort == Sort::url);
    CHECK(parse_address(url).path == url);
  }
}

TEST_CASE("an address that can't be meant is refused, with what is allowed") {
  CHECK_FALSE(refusal([] { parse_address(""); }).empty());
  const auto scheme = refusal([] { parse_address("gopher://me:secret@cam/"); });
  CHECK(scheme.find("gopher") != std::string::npos);
  CHECK(scheme.find("rtsp://") != std::string::npos);
  CHECK(scheme.find("secret") == std::string::npos);
  for (const auto* url : {"http://", "http:///path", "http://:80/", "rtsp://me:secret@/1",
                          "http://cam/a b", "http://cam/a\r\nX: y"}) {
    CAPTURE(url);
    const auto text = refusal([url] { parse_address(url); });
    CHECK_FALSE(text.empty());
    CHECK(text.find("secret") == std::string::npos);
  }
}

TEST_CASE("what is shown of a URL has no secrets in it") {
  CHECK(without_secrets("rtsp://cam:554/stream1") == "rtsp://cam:554/stream1");
  CHECK(without_secrets("rtsp://me:secret@cam:554/stream1") == "rtsp://***@cam:554/stream1");
  CHECK(without_secrets("rtsp://me:se@ret@cam/s@1") == "rtsp://***@cam/s@1");
  CHECK(without_secrets("rtsp://token@cam") == "rtsp://***@cam");
  CHECK(without_secrets("http://cam/video?user=me&pwd=secret") == "http://cam/video?...");
  CHECK(without_secrets("http://cam?pwd=secret") == "http://cam?...");
  CHECK(without_secrets("rtsp://cam/user=me_password=secret_channel=1") == "rtsp://cam/...");
  CHECK(without_secrets("rtsp://me:sec/ret@cam/1") == "rtsp://***@cam/1");
  CHECK(without_secrets("rtsp://me:sec?ret@cam/1") == "rtsp://***@cam/1");
  CHECK(without_secrets("rtsp://me:sec#ret@cam") == "rtsp://***@cam");
  CHECK(without_secrets("http://cam:80/at@home") == "http://cam:80/at@home");
  CHECK(without_secrets("://@") == "://***@");
}

TEST_CASE("a source without a name is called after its file") {
  const auto named = [](const char* uri) { return default_source(parse_address(uri)); };
  CHECK(named("/data/yard-2.avi") == "yard-2");
  CHECK(named("/data/my yard.avi") == "my-yard");
  CHECK(named("/data/..") == "--");
  CHECK(named("0") == "camera");
  CHECK(named("rtsp://cam/1") == "camera");
  CHECK(named((std::string(100, 'x') + ".avi").c_str()) == std::string(64, 'x'));
}
