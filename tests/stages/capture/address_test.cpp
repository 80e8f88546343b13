#include "capture/address.hpp"

#include <grp.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <functional>

#include "catch.hpp"
#include "skip.hpp"

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

// A device file, root's alone.
class MadeDevice {
 public:
  MadeDevice() : made_(mknod(path_.c_str(), S_IFCHR | 0600, makedev(1, 11)) == 0) {}
  ~MadeDevice() { unlink(path_.c_str()); }
  MadeDevice(const MadeDevice&) = delete;
  MadeDevice& operator=(const MadeDevice&) = delete;
  const std::string& path() const { return path_; }
  bool made() const { return made_; }

 private:
  const std::string path_ = "/tmp/sluice-video-" + std::to_string(getpid());
  const bool made_;
};

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

TEST_CASE("who may open a device is told by its file's mode") {
  if (geteuid() != 0) test::skip("device files are made by root only");
  const MadeDevice device;
  if (!device.made()) test::skip("root may make no device files here");
  const auto* video = getgrnam("video");
  REQUIRE(video);
  REQUIRE(chown(device.path().c_str(), 0, video->gr_gid) == 0);
  const auto said = [&](mode_t mode) {
    REQUIRE(chmod(device.path().c_str(), mode) == 0);
    REQUIRE(seteuid(65534) == 0);
    const auto text = refusal([&] { check_device(device.path()); });
    REQUIRE(seteuid(0) == 0);
    return text;
  };
  CHECK(said(0660).find("which is for the group 'video'; join it with: sudo usermod -aG video") !=
        std::string::npos);
  const auto owners = said(0600);
  CHECK(owners.find("which only its owner may (mode 0600)") != std::string::npos);
  CHECK(owners.find("usermod") == std::string::npos);
}
