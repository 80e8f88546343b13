#include "transport/keys.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sluice/base/trust.hpp>
#include <sluice/media/frame.hpp>
#include <stdexcept>
#include <system_error>

#include "transport/key_text.hpp"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKeyLength = 40;
constexpr std::size_t kLargestFile = 4096;

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

// A descriptor that closes itself.
struct Descriptor {
  const int fd;
  explicit Descriptor(int opened) : fd(opened) {}
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
};

struct File {
  std::string text;
  mode_t mode = 0;
};

File read_file(const fs::path& path) {
  // Non-blocking: opening a pipe would wait for its writer.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.fd < 0) fail(errno, fmt::format("cannot read the key file {}", path.string()));
  struct stat about {};
  if (fstat(file.fd, &about) != 0) fail(errno, path.string());
  if (!S_ISREG(about.st_mode))
    throw std::runtime_error(fmt::format("{} is no file; name a key file", path.string()));
  File result;
  result.mode = about.st_mode;
  std::array<char, kLargestFile + 1> buffer{};
  for (;;) {
    const auto got = read(file.fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(errno, fmt::format("cannot read the key file {}", path.string()));
    if (got == 0) return result;
    result.text.append(buffer.data(), static_cast<std::size_t>(got));
    if (result.text.size() > kLargestFile)
      throw std::runtime_error(
          fmt::format("{} is no key file: it has more than 4 KiB", path.string()));
  }
}

// Who could change a key could take its owner's place.
void expect_trusted(const fs::path& path) {
  if (const auto reason = distrust(path))
    throw std::runtime_error(fmt::format("the key file {} is not taken: {}; {}", path.string(),
                                         reason->why, reason->hint));
}

KeyText keys_in(const fs::path& path, const std::string& text) {
  KeyText keys;
  try {
    keys = parse_keys(text);
  } catch (const std::runtime_error& e) {
    throw std::runtime_error(fmt::format("{} is no key file: {}", path.string(), e.what()));
  }
  if (!keys.public_key)
    throw std::runtime_error(
        fmt::format("{} is no key file: it has no line 'public-key = \"...\"' under 'curve'; "
                    "`sluice keygen NAME` makes key files",
                    path.string()));
  // The key itself is told nowhere: it may be a secret one in the wrong place.
  for (const auto& [key, name] :
       {std::pair(&keys.public_key, "public-key"), std::pair(&keys.secret_key, "secret-key")})
    if (*key && !valid_key(**key))
      throw std::runtime_error(
          fmt::format("{}: its {} is not 40 characters of a key; copy the file again, or make new "
                      "ones with `sluice keygen NAME`",
                      path.string(), name));
  return keys;
}

void write_new(const fs::path& path, const std::string& text, mode_t mode) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (file.fd < 0 && errno == EEXIST)
    throw std::runtime_error(fmt::format(
        "{} is there already, and is not overwritten: the keys of a device that is in use would "
        "be lost. Remove it, or choose another name",
        path.string()));
  if (file.fd < 0) fail(errno, fmt::format("cannot make {}", path.string()));
  const auto written = write(file.fd, text.data(), text.size());
  // Whatever the umask is; and on the disk, so that a power cut leaves no empty key file.
  if (written == static_cast<ssize_t>(text.size()) && fchmod(file.fd, mode) == 0 &&
      fsync(file.fd) == 0)
    return;
  const int error = written >= 0 && written < static_cast<ssize_t>(text.size()) ? ENOSPC : errno;
  unlink(path.c_str());
  fail(error, fmt::format("cannot write {}", path.string()));
}

void make_folder(fs::path folder) {
  if (!folder.has_filename()) folder = folder.parent_path();  // "keys/" is "keys"
  std::error_code error;
  if (folder.has_parent_path()) fs::create_directories(folder.parent_path(), error);
  if (!error && mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST)
    error = std::error_code(errno, std::generic_category());
  if (error)
    throw std::system_error(error, fmt::format("cannot make the folder {}", folder.string()));
}

}  // namespace

bool valid_key(std::string_view key) {
  std::array<std::uint8_t, 32> bytes{};
  return key.size() == kKeyLength && key.find('\0') == std::string_view::npos &&
         zmq_z85_decode(bytes.data(), std::string(key).c_str()) != nullptr &&
         std::any_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b != 0; });
}

KeyPair new_keys() {
  std::array<char, kKeyLength + 1> public_key{}, secret_key{};
  if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0)
    throw std::runtime_error(
        fmt::format("cannot make keys: {}; this ZeroMQ was built without CURVE, Debian's package "
                    "libzmq5 has it",
                    zmq_strerror(zmq_errno())));
  return {public_key.data(), secret_key.data()};
}

KeyFiles write_keys(const fs::path& folder, const std::string& name, const KeyPair& pair) {
  if (!valid_source(name))
    throw std::runtime_error(
        fmt::format("'{}' is no name for keys: it is made of 1 to 64 of A-Z a-z 0-9 _ -", name));
  make_folder(folder);
  const KeyFiles files{folder / (name + ".key"), folder / (name + ".key_secret")};
  write_new(files.secret_file,
            fmt::format("# CURVE secret key of {}. It stays on its device, and no other user may "
                        "read it.\nmetadata\ncurve\n    public-key = \"{}\"\n    secret-key = "
                        "\"{}\"\n",
                        name, pair.public_key, pair.secret_key),
            S_IRUSR | S_IWUSR);
  try {
    write_new(files.public_file,
              fmt::format("# CURVE public key of {}. It is no secret: copy it to the other "
                          "side.\nmetadata\ncurve\n    public-key = \"{}\"\n",
                          name, pair.public_key),
              S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
  } catch (const std::runtime_error&) {
    unlink(files.secret_file.c_str());
    throw;
  }
  return files;
}

KeyPair read_secret(const fs::path& path) {
  File file;
  try {
    file = read_file(path);
  } catch (const std::system_error& e) {
    if (e.code() != std::errc::no_such_file_or_directory) throw;
    throw std::runtime_error(
        fmt::format("there is no secret key {}: `sluice keygen NAME` makes one", path.string()));
  }
  const auto keys = keys_in(path, file.text);
  if (!keys.secret_key)
    throw std::runtime_error(fmt::format(
        "{} has a public key only; name the file with the secret one, which ends in .key_secret",
        path.string()));
  if ((file.mode & (S_IRWXG | S_IRWXO)) != 0)
    throw std::runtime_error(
        fmt::format("other users can read the secret key {} (mode {:04o}): write `chmod 600 {}`, "
                    "and make new keys if somebody may have read it",
                    path.string(), file.mode & 07777, path.string()));
  expect_trusted(path);
  std::array<char, kKeyLength + 1> public_key{};
  if (zmq_curve_public(public_key.data(), keys.secret_key->c_str()) != 0)
    throw std::runtime_error(
        fmt::format("{}: its secret key can't be used: {}; make new keys with `sluice keygen NAME`",
                    path.string(), zmq_strerror(zmq_errno())));
  if (*keys.public_key != public_key.data())
    throw std::runtime_error(
        fmt::format("{}: its public key doesn't belong to its secret key; copy the file again from "
                    "where it was made, or make new keys with `sluice keygen NAME`",
                    path.string()));
  return {*keys.public_key, *keys.secret_key};
}

std::string read_public(const fs::path& path) {
  const auto keys = keys_in(path, read_file(path).text);
  expect_trusted(path);
  if (keys.secret_key)
    throw std::runtime_error(
        fmt::format("{} has a secret key, which must not leave its device: put the public file "
                    "here, which ends in .key, and make new keys if others have had this one",
                    path.string()));
  return *keys.public_key;
}

}  // namespace sluice
