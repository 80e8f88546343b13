// Key files: what is written, what is read, and what is refused.

#include "transport/keys.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <system_error>

#include "catch.hpp"
#include "key_folder.hpp"
#include "skip.hpp"

using namespace sluice;
using testkit::error_of;
using testkit::KeyFolder;
namespace fs = std::filesystem;

namespace {

// As pyzmq 26.2 writes them: zmq.auth.create_certificates(folder, "pi-garage", {"by": "a"}).
constexpr const char* kPyzmqSecret =
    "#   ****  Generated on 2026-11-21 15:03:58.126218 by pyzmq  ****\n"
    "#   ZeroMQ CURVE **Secret** Certificate\n"
    "#   DO NOT PROVIDE THIS FILE TO OTHER USERS nor change its permissions.\n"
    "\n"
    "metadata\n"
    "    by = a\n"
    "curve\n"
    "    public-key = \"/$rYZX+nwP}iP8+ocB16e$(QJV{cp2jnbV]78pNW\"\n"
    "    secret-key = \"+FuvgzVR%EMnmcPpbaT06Dr$eL+O6>@}xus&w:6R\"\n";

// As CZMQ's zcert_save_public() lays it out, of the same key.
constexpr const char* kCzmqPublic =
    "#   ****  Generated on 2026-11-21 15:03:58 by CZMQ  ****\n"
    "#   ZeroMQ CURVE Public Certificate\n"
    "#   Exchange securely, or use a secure mechanism to verify the contents\n"
    "#   of this file after exchange. Store public certificates in your home\n"
    "#   directory, in the .curve subdirectory.\n"
    "metadata\n"
    "    name = \"Pi = garage\"\n"
    "curve\n"
    "    public-key = \"/$rYZX+nwP}iP8+ocB16e$(QJV{cp2jnbV]78pNW\"\n";

constexpr const char* kPublic = "/$rYZX+nwP}iP8+ocB16e$(QJV{cp2jnbV]78pNW";
constexpr const char* kSecret = "+FuvgzVR%EMnmcPpbaT06Dr$eL+O6>@}xus&w:6R";

unsigned mode_of(const fs::path& path) {
  struct stat about {};
  REQUIRE(stat(path.c_str(), &about) == 0);
  return about.st_mode & 07777U;
}

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

// A secret file of this user's alone.
fs::path secret(const KeyFolder& folder, const std::string& text) {
  const auto path = folder.write("some.key_secret", text);
  REQUIRE(chmod(path.c_str(), 0600) == 0);
  return path;
}

}  // namespace

TEST_CASE("keys written are the keys read, and no two are alike") {
  const KeyFolder folder;
  const auto pair = new_keys();
  CHECK(pair.public_key.size() == 40);
  CHECK(pair.secret_key.size() == 40);
  CHECK(pair.secret_key != new_keys().secret_key);
  const auto files = write_keys(folder / "sub/keys", "pi-garage", pair);
  CHECK(files.public_file == folder / "sub/keys/pi-garage.key");
  CHECK(files.secret_file == folder / "sub/keys/pi-garage.key_secret");
  CHECK(read_public(files.public_file) == pair.public_key);
  const auto read = read_secret(files.secret_file);
  CHECK(read.public_key == pair.public_key);
  CHECK(read.secret_key == pair.secret_key);
}

TEST_CASE("whatever the umask is, the secret and its folder are for this user only") {
  for (const mode_t mask : {0U, 022U, 0777U}) {
    INFO("umask " << mask);
    const KeyFolder folder;
    const mode_t before = umask(mask);
    std::string error;
    // With 0777 the new folder itself may come out unusable, so it is there already.
    if (mask == 0777U) fs::create_directory(folder / "keys", folder.path());
    if (mask == 0777U) REQUIRE(chmod((folder / "keys").c_str(), 0700) == 0);
    error = error_of([&] { write_keys(folder / "keys/", "pi", new_keys()); });
    umask(before);
    REQUIRE(error.empty());
    CHECK(mode_of(folder / "keys") == 0700);
    CHECK(mode_of(folder / "keys/pi.key_secret") == 0600);
    CHECK(mode_of(folder / "keys/pi.key") == 0644);
  }
}

TEST_CASE("nothing is overwritten, and no half of a pair is left") {
  const KeyFolder folder;
  const auto first = new_keys();
  write_keys(folder.path(), "pi", first);
  const auto again = [&] { write_keys(folder.path(), "pi", new_keys()); };
  CHECK(has(error_of(again), "pi.key_secret is there already"));
  CHECK(read_secret(folder / "pi.key_secret").secret_key == first.secret_key);
  // With the secret gone, the public file alone is in the way.
  fs::remove(folder / "pi.key_secret");
  CHECK(has(error_of(again), "pi.key is there already"));
  CHECK_FALSE(fs::exists(folder / "pi.key_secret"));
  CHECK(read_public(folder / "pi.key") == first.public_key);
}

TEST_CASE("a name that leaves its folder, and a folder that can't be made, are refused") {
  const KeyFolder folder;
  for (const char* name : {"", "../pi", "a/b", "pi garage", "pi.garage", ".", "p\xc3\xa4"})
    CHECK(
        has(error_of([&] { write_keys(folder.path(), name, new_keys()); }), "is no name for keys"));
  CHECK(fs::is_empty(folder.path()));
  folder.write("file", "");
  CHECK(has(error_of([&] { write_keys(folder / "file/keys", "pi", new_keys()); }),
            "cannot make the folder"));
  CHECK(has(error_of([&] { write_keys(folder / "file", "pi", new_keys()); }), "cannot make"));
}

TEST_CASE("files of pyzmq and of CZMQ are read") {
  const KeyFolder folder;
  const auto pair = read_secret(secret(folder, kPyzmqSecret));
  CHECK(pair.public_key == kPublic);
  CHECK(pair.secret_key == kSecret);
  CHECK(read_public(folder.write("czmq.key", kCzmqPublic)) == kPublic);
}

TEST_CASE("our files are laid out as pyzmq and CZMQ read them") {
  // pyzmq takes the first line that begins with the key's name, CZMQ the section's.
  const KeyFolder folder;
  write_keys(folder.path(), "pi", {kPublic, kSecret});
  CHECK(folder.read("pi.key") ==
        "# CURVE public key of pi. It is no secret: copy it to the other side.\n"
        "metadata\n"
        "curve\n"
        "    public-key = \"" +
            std::string(kPublic) + "\"\n");
  CHECK(folder.read("pi.key_secret") ==
        "# CURVE secret key of pi. It stays on its device, and no other user may read it.\n"
        "metadata\n"
        "curve\n"
        "    public-key = \"" +
            std::string(kPublic) + "\"\n    secret-key = \"" + kSecret + "\"\n");
}

TEST_CASE("what a key file may look like") {
  const KeyFolder folder;
  const std::string key = kPublic;
  for (const auto& text :
       {"curve\n    public-key = \"" + key + "\"", "curve\r\n\tpublic-key='" + key + "'\r\n",
        "metadata\n    public-key = \"not this\"\ncurve\n  # why\n\n  public-key = " + key +
            "\n"}) {
    INFO(text);
    CHECK(read_public(folder.write("a.key", text)) == key);
  }
}

TEST_CASE("what is no key file is refused, with the file and the reason, never with the key") {
  const KeyFolder folder;
  const std::string key = kPublic;
  struct Row {
    std::string text, why;
  };
  const Row rows[] = {
      {"", "it has no line 'public-key"},
      {"metadata\n    public-key = \"" + key + "\"\n", "it has no line 'public-key"},
      {"curve\n    public-key\n", "line 2 gives no public-key"},
      {"curve\n    public-key = \"" + key + "\"\n    public-key = \"" + key + "\"\n",
       "line 3 gives a second public-key"},
      {"curve\n    public-key = \"" + key.substr(1) + "\"\n", "is not 40 characters of a key"},
      {"curve\n    public-key = \"" + key + "1\"\n", "is not 40 characters of a key"},
      {"curve\n    public-key = \"~" + key.substr(1) + "\"\n", "is not 40 characters of a key"},
      {"curve\n    public-key = \"#####" + key.substr(5) + "\"\n", "is not 40 characters of a key"},
      // CZMQ's, where it was built without CURVE.
      {"curve\n    public-key = \"" + std::string(40, '0') + "\"\n", "is not 40 characters of"},
      {std::string(4097, '#'), "more than 4 KiB"},
  };
  for (const auto& row : rows) {
    INFO(row.text);
    const auto path = folder.write("some.key", row.text);
    const auto error = error_of([&] { read_public(path); });
    CHECK(has(error, path.string()));
    CHECK(has(error, row.why));
    CHECK(error.find(key.substr(5, 30)) == std::string::npos);
  }
  CHECK(has(error_of([&] { read_public(folder.path()); }), "is no file"));
  REQUIRE(mkfifo((folder / "pipe.key").c_str(), 0600) == 0);
  CHECK(has(error_of([&] { read_public(folder / "pipe.key"); }), "is no file"));
  CHECK_THROWS_AS(read_public(folder / "none.key"), std::system_error);
}

TEST_CASE("a secret that others can read is refused, and says what to write") {
  const KeyFolder folder;
  const auto path = secret(folder, kPyzmqSecret);
  for (const mode_t mode : {0640U, 0604U, 0620U, 0601U}) {
    REQUIRE(chmod(path.c_str(), mode) == 0);
    CHECK(has(error_of([&] { read_secret(path); }), "`chmod 600 " + path.string() + "`"));
  }
  REQUIRE(chmod(path.c_str(), 0400) == 0);
  CHECK(read_secret(path).secret_key == kSecret);
}

TEST_CASE("a missing secret, half of one, and one of another key are refused") {
  const KeyFolder folder;
  CHECK(has(error_of([&] { read_secret(folder / "pi.key_secret"); }), "`sluice keygen NAME`"));
  CHECK(has(error_of([&] { read_secret(secret(folder, kCzmqPublic)); }), "a public key only"));
  const auto mixed = "curve\n    public-key = \"" + new_keys().public_key +
                     "\"\n    secret-key = \"" + kSecret + "\"\n";
  CHECK(has(error_of([&] { read_secret(secret(folder, mixed)); }), "doesn't belong"));
  // And where a public key is wanted, a file with a secret one is not taken.
  CHECK(has(error_of([&] { read_public(secret(folder, kPyzmqSecret)); }), "has a secret key"));
}

TEST_CASE("a key that others could change is refused, and says what to write") {
  const KeyFolder folder;
  const auto inner = folder / "inner";
  fs::create_directory(inner);
  const auto secret_file = secret(folder, kPyzmqSecret);
  const auto public_file = folder.write("inner/hub.key", kCzmqPublic);
  CHECK(read_public(public_file) == kPublic);
  for (const auto& path : {public_file, inner}) {
    const auto before = mode_of(path);
    REQUIRE(chmod(path.c_str(), 0777) == 0);
    CHECK(has(error_of([&] { read_public(public_file); }),
              "hub.key is not taken: others can write '" + path.string() +
                  "' (mode 0777); chmod go-w '" + path.string() + "'"));
    REQUIRE(chmod(path.c_str(), before) == 0);
  }
  REQUIRE(chmod(folder.path().c_str(), 0777) == 0);
  CHECK(has(error_of([&] { read_secret(secret_file); }), "; chmod go-w '"));
  REQUIRE(chmod(folder.path().c_str(), 0700) == 0);
  CHECK(read_secret(secret_file).secret_key == kSecret);
}

TEST_CASE("another user's key is refused") {
  if (geteuid() != 0) test::skip("only root can give a file to another user");
  const KeyFolder folder;
  const auto secret_file = secret(folder, kPyzmqSecret);
  const auto public_file = folder.write("hub.key", kCzmqPublic);
  for (const auto& path : {secret_file, public_file}) {
    REQUIRE(chown(path.c_str(), 12345, 0) == 0);
    CHECK(has(error_of([&] {
                path == secret_file ? static_cast<void>(read_secret(path))
                                    : static_cast<void>(read_public(path));
              }),
              "belongs to user 12345, neither to root nor to this user"));
  }
}
