// sluice keygen, as users call it.

#include <sys/stat.h>

#include "catch.hpp"
#include "process.hpp"
#include "transport/keys.hpp"

using test::Folder;
using test::Process;
namespace fs = std::filesystem;

namespace {

// With these variables and no others.
std::vector<std::string> in_home(std::vector<std::string> variables,
                                 std::vector<std::string> arguments) {
  std::vector<std::string> command{"/usr/bin/env", "-i"};
  command.insert(command.end(), variables.begin(), variables.end());
  const auto call = test::sluice(std::move(arguments));
  command.insert(command.end(), call.begin(), call.end());
  return command;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("keygen writes a pair that belongs together, and says what to do with it") {
  const Folder folder;
  const auto keys = folder.path() / "keys";
  Process keygen(test::sluice({"keygen", "pi-garage", "--folder", keys.string()}));
  REQUIRE(keygen.wait() == 0);
  INFO(keygen.out());
  const auto secret_file = keys / "pi-garage.key_secret";
  const auto pair = sluice::read_secret(secret_file);
  CHECK(sluice::read_public(keys / "pi-garage.key") == pair.public_key);
  struct stat about {};
  REQUIRE(stat(secret_file.c_str(), &about) == 0);
  CHECK((about.st_mode & 07777U) == 0600);
  CHECK(has(keygen.out(), (keys / "pi-garage.key").string() + " "));
  CHECK(has(keygen.out(), "key      = \"" + secret_file.string() + "\""));
  CHECK(has(keygen.out(), "security = \"curve\""));
  CHECK_FALSE(has(keygen.out(), pair.secret_key));
  CHECK(keygen.err().empty());

  Process again(test::sluice({"keygen", "pi-garage", "--folder", keys.string()}));
  CHECK(again.wait() == 1);
  CHECK(has(again.err(), "pi-garage.key_secret is there already"));
  CHECK(sluice::read_secret(secret_file).secret_key == pair.secret_key);
}

TEST_CASE("keygen keeps keys under the user's configuration") {
  const Folder folder;
  const auto home = "HOME=" + folder.path().string();
  Process in_config(in_home({home}, {"keygen", "pi"}));
  CHECK(in_config.wait() == 0);
  CHECK(fs::exists(folder.path() / ".config/sluice/keys/pi.key_secret"));
  const auto xdg = folder.path() / "xdg";
  Process in_xdg(in_home({home, "XDG_CONFIG_HOME=" + xdg.string()}, {"keygen", "pi"}));
  CHECK(in_xdg.wait() == 0);
  CHECK(fs::exists(xdg / "sluice/keys/pi.key_secret"));
  Process nowhere(in_home({}, {"keygen", "pi"}));
  CHECK(nowhere.wait() == 1);
  CHECK(has(nowhere.err(), "--folder"));
}

TEST_CASE("keygen: a bad name is a wrong call, a folder that can't be made a failure") {
  const Folder folder;
  for (const char* name : {"../pi", "pi garage", "a\x1b[2J", ""}) {
    Process keygen(test::sluice({"keygen", name, "--folder", folder.path().string()}));
    CHECK(keygen.wait() == 2);
    CHECK(has(keygen.err(), "A-Z a-z 0-9 _ -"));
    CHECK_FALSE(has(keygen.err(), "\x1b"));
  }
  CHECK(fs::is_empty(folder.path()));
  Process no_name(test::sluice({"keygen"}));
  CHECK(no_name.wait() == 2);
  const auto file = folder.write("file", "");
  Process keygen(test::sluice({"keygen", "pi", "--folder", file + "/keys"}));
  CHECK(keygen.wait() == 1);
  CHECK(has(keygen.err(), "cannot make the folder " + file + "/keys"));
}
