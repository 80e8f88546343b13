// Listening at a path: what is there already is nobody else's, or stays.

#include "transport/ipc.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <sluice/testkit.hpp>

#include "catch.hpp"
#include "process.hpp"

using namespace sluice;
using namespace sluice::testkit;
namespace fs = std::filesystem;

namespace {

std::string why_not(const fs::path& path) {
  try {
    clear_way_for("ipc://" + path.string());
    return {};
  } catch (const std::runtime_error& e) {
    return e.what();
  }
}

// A socket that is bound there; it stays when this is gone, as one does of a hub that was killed.
struct Bound {
  explicit Bound(const fs::path& path, bool listens)
      : fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path.string().copy(at.sun_path, sizeof at.sun_path - 1);
    REQUIRE(bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
    if (listens) REQUIRE(listen(fd, 0) == 0);
  }
  ~Bound() { close(fd); }
  const int fd;
};

// A hub that listens there, in a process of its own.
std::vector<std::string> hub(const test::Folder& folder, const std::string& address) {
  return test::sluice(
      {"run",
       folder.write("hub.toml", "[stage.hub]\ntype = \"transport.receive\"\nbind = \"" + address +
                                    "\"\nrestart = { on = \"never\" }\n"
                                    "[stage.end]\ntype = \"sink.discard\"\nfrom = \"hub\"\n")});
}

}  // namespace

TEST_CASE("what is no socket is not removed for one") {
  const test::Folder folder;
  const auto file = folder.write("film.mp4", "my video");
  fs::create_symlink(file, folder.path() / "link");
  fs::create_directory(folder.path() / "folder");
  const auto pipe = folder.path() / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  for (const auto* name : {"film.mp4", "link", "folder", "pipe"}) {
    const auto path = folder.path() / name;
    CHECK(why_not(path) == "cannot listen on ipc://" + path.string() +
                               ": something is there that is no socket; name another path, or "
                               "remove it");
    CHECK(fs::symlink_status(path).type() != fs::file_type::not_found);
  }
  CHECK(test::read_text(file) == "my video");
  CHECK(why_not(folder.path() / "nothing") == "");
  CHECK_NOTHROW(clear_way_for("ipc://*"));
  CHECK_NOTHROW(clear_way_for("ipc://@abstract"));
  CHECK_NOTHROW(clear_way_for("tcp://127.0.0.1:5555"));
}

TEST_CASE("a socket that somebody listens on stays, and one that nobody does makes way") {
  const test::Folder folder;
  const auto path = folder.path() / "socket";
  {
    const Bound busy(path, true);
    // Also where its queue of connections is full.
    for (int i = 0; i < 4; ++i)
      CHECK(why_not(path).find("another process listens there") != std::string::npos);
    CHECK(fs::is_socket(path));
  }
  CHECK(fs::is_socket(path));
  CHECK(why_not(path) == "");
  CHECK_FALSE(fs::exists(path));
  const Bound not_yet(path, false);
  CHECK(why_not(path) == "");
}

TEST_CASE("a second hub at a path fails its start, the first goes on, and the next takes over") {
  const test::Folder folder, second_folder;
  const auto path = folder.path() / "hub.socket";
  const auto address = "ipc://" + path.string();
  test::Process first(hub(folder, address));
  REQUIRE(first.says("listening on"));
  test::Process second(hub(second_folder, address));
  CHECK(second.wait() == 1);
  CHECK(second.err().find("cannot listen on " + address + ": another process listens there") !=
        std::string::npos);
  CHECK(fs::is_socket(path));
  first.signal(SIGKILL);
  first.wait();
  CHECK(fs::is_socket(path));
  test::Process third(hub(second_folder, address));
  CHECK(third.says("listening on"));
  third.signal(SIGTERM);
  CHECK(third.wait() == 0);
}
