// Files that the command writes: whole ones, where they were meant to be, and nobody else's.

#include "whole_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "catch.hpp"
#include "process.hpp"
#include "skip.hpp"

using namespace sluice::app;
namespace fs = std::filesystem;

namespace {

constexpr uid_t kStranger = 65534;

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

std::string why_not(const fs::path& file) {
  try {
    WholeFile(file.string()).put_in_place("new");
    return {};
  } catch (const std::runtime_error& e) {
    return e.what();
  }
}

}  // namespace

TEST_CASE("a file is what it was until the new one is whole, and nothing is left beside it") {
  const test::Folder folder;
  const auto file = folder.write("report.json", "old");
  {
    WholeFile dropped(file);
    dropped.stream() << "half of" << std::flush;
    CHECK(test::read_text(file) == "old");
  }
  CHECK(test::read_text(file) == "old");
  CHECK(files_in(folder.path()) == 1);
  WholeFile(file).put_in_place("new");
  CHECK(test::read_text(file) == "new");
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("two that write one file at once leave one of their texts, whole") {
  const test::Folder folder;
  const auto file = (folder.path() / "report.json").string();
  const std::string ones(200'000, '1'), twos(100'000, '2');
  WholeFile first(file), second(file);
  first.stream() << ones.substr(0, 150'000) << std::flush;
  second.stream() << twos << std::flush;
  first.put_in_place(ones.substr(150'000));
  CHECK(test::read_text(file) == ones);
  second.put_in_place();
  CHECK(test::read_text(file) == twos);
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("a link that lies where half a file would be is not followed") {
  const test::Folder folder;
  const auto victim = folder.write("victim", "precious");
  const auto file = folder.path() / "report.json";
  fs::create_symlink(victim, file.string() + ".part");
  CHECK(why_not(file) == "");
  CHECK(test::read_text(victim) == "precious");
  CHECK(test::read_text(file) == "new");
  CHECK_FALSE(fs::is_symlink(file));
}

TEST_CASE("a new file has the rights that the umask leaves") {
  const test::Folder folder;
  const auto file = folder.path() / "report.json";
  const mode_t before = umask(027);
  CHECK(why_not(file) == "");
  umask(before);
  struct stat status {};
  REQUIRE(stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0640);
}

TEST_CASE("one's own link stays, and what it names is written") {
  const test::Folder folder, elsewhere;
  const auto target = elsewhere.path() / "target.json";
  fs::create_symlink(target, elsewhere.path() / "second");
  const auto link = folder.path() / "report.json";
  fs::create_symlink(elsewhere.path() / "second", link);
  for (int i = 0; i < 2; ++i) {  // one that isn't there yet, and one that is
    CHECK(why_not(link) == "");
    CHECK(fs::is_symlink(link));
    CHECK(test::read_text(target) == "new");
    CHECK(files_in(elsewhere.path()) == 2);
    elsewhere.write("target.json", "old");
  }
  fs::create_symlink("report.json", folder.path() / "relative");
  CHECK(why_not(folder.path() / "relative") == "");
  CHECK(test::read_text(target) == "new");

  fs::create_symlink("loop", folder.path() / "loop");
  CHECK(why_not(folder.path() / "loop").find("Too many levels") != std::string::npos);
}

TEST_CASE("another user's link is not followed, and it is said whose it is") {
  if (geteuid() != 0) test::skip("only root can make another user's link");
  const test::Folder folder;
  const auto victim = folder.write("victim", "precious");
  const auto link = folder.path() / "report.json";
  fs::create_symlink(victim, link);
  REQUIRE(lchown(link.c_str(), kStranger, kStranger) == 0);
  CHECK(why_not(link) ==
        "cannot write " + link.string() +
            ": it is a link of user 65534, who could have it lead anywhere; remove "
            "the link, or name the file that is meant");
  CHECK(test::read_text(victim) == "precious");
}

TEST_CASE("what is no ordinary file is written to as it is") {
  const test::Folder folder;
  CHECK(why_not("/dev/null") == "");
  CHECK(why_not(folder.path()).find("Is a directory") != std::string::npos);
  CHECK(why_not("/no/such/folder/report.json") ==
        "cannot write /no/such/folder/report.json: No such file or directory; is there such a "
        "folder?");
  const auto pipe = folder.path() / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  std::string read;
  std::thread reader([&] { read = test::read_text(pipe); });
  CHECK(why_not(pipe) == "");
  reader.join();
  CHECK(read == "new");
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("a report goes to standard output where that is named, though it is a pipe") {
  test::Process process({"/bin/sh", "-c", test::binary() + " schema -o /dev/stdout | head -c 1"});
  CHECK(process.wait() == 0);
  CHECK(process.out() == "{");
}

TEST_CASE("a file that standard output goes to is added to, by whatever name") {
  const test::Folder folder;
  const auto log = folder.write("log", "before\n");
  for (const char* name : {"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}) {
    CAPTURE(name);
    folder.write("log", "before\n");
    test::Process process(
        {"/bin/sh", "-c",
         fmt::format("{{ {} schema -o {}; echo after; }} >> {}", test::binary(), name, log)});
    CHECK(process.wait() == 0);
    const auto text = test::read_text(log);
    CHECK(text.starts_with("before\n{"));
    CHECK(text.ends_with("}\nafter\n"));
    CHECK(files_in(folder.path()) == 1);
  }
}

TEST_CASE("a full disk is told, and what was there stays") {
  CHECK(why_not("/dev/full") == "cannot write /dev/full: No space left on device");
}
