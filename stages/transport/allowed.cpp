#include "transport/allowed.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <sluice/base/trust.hpp>
#include <sluice/media/frame.hpp>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "transport/keys.hpp"

namespace sluice {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr Duration kBetweenLooks = 500ms;

// A file that is written to again in the same tick of its file system's clock (FAT's has 2 s) looks
// unchanged. So the files are read anew, whatever their marks say, until a change is this old.
constexpr Duration kSettled = 3s;

constexpr std::string_view kPublic = ".key";
constexpr std::string_view kSecret = ".key_secret";

// Others could let somebody in.
class Untrusted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

// This says nothing about the folder; it will be over some time.
bool passing(const std::error_code& error) {
  return error == std::errc::too_many_files_open ||
         error == std::errc::too_many_files_open_in_system ||
         error == std::errc::not_enough_memory || error == std::errc::interrupted;
}

}  // namespace

AllowedKeys::AllowedKeys(fs::path folder, const Clock& clock)
    : folder_(std::move(folder)), clock_(clock), looked_(clock.steady()), changed_(looked_) {
  try {
    auto marks = look(folder_);
    auto devices = read(folder_, marks);
    adopt(std::move(marks), std::move(devices));
  } catch (const std::system_error& e) {
    throw std::runtime_error(
        fmt::format("the folder of allowed keys can't be read: {}; make it with `mkdir -p {}`, and "
                    "copy each device's DEVICE.key into it",
                    e.what(), folder_.string()));
  } catch (const Untrusted& e) {
    throw std::runtime_error(
        fmt::format("the folder of allowed keys {} is not taken: {}", folder_.string(), e.what()));
  }
}

AllowedKeys::Marks AllowedKeys::look(const fs::path& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open(opendir(folder.c_str()), closedir);
  if (!open) fail(errno, folder.string());
  if (const auto reason = distrust(folder))
    throw Untrusted(fmt::format("{}; {}", reason->why, reason->hint));
  Marks marks;
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(open.get());
    if (!entry && errno != 0) fail(errno, folder.string());
    if (!entry) return marks;
    const std::string_view name = entry->d_name;
    if (name.front() == '.' || !(name.ends_with(kPublic) || name.ends_with(kSecret))) continue;
    struct stat about {};
    if (fstatat(dirfd(open.get()), entry->d_name, &about, 0) != 0) {
      if (errno == ENOENT) continue;  // gone since it was listed, or a link to nowhere
      fail(errno, (folder / name).string());
    }
    const auto ns = [](const timespec& t) {
      return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
    };
    marks.emplace(name, Mark{about.st_dev, about.st_ino, static_cast<std::uint64_t>(about.st_size),
                             ns(about.st_mtim), ns(about.st_ctim)});
  }
}

AllowedKeys::Devices AllowedKeys::read(const fs::path& folder, const Marks& marks) {
  Devices devices;
  for (const auto& [name, mark] : marks) {
    const auto path = folder / name;
    if (name.ends_with(kSecret)) {
      devices.problems.push_back(
          fmt::format("{} is a secret key and lets nobody in: secret keys stay on their device; "
                      "remove it, and put the public file here, which ends in .key",
                      path.string()));
      continue;
    }
    const auto device = name.substr(0, name.size() - kPublic.size());
    if (!valid_source(device)) {
      devices.problems.push_back(
          fmt::format("{} lets nobody in: a device's name is made of 1 to 64 of A-Z a-z 0-9 _ -; "
                      "rename the file",
                      path.string()));
      continue;
    }
    devices.named.insert(device);
    try {
      const auto [first, is_new] = devices.by_key.try_emplace(read_public(path), device);
      if (is_new) {
        devices.allowed.insert(device);
      } else {
        devices.problems.push_back(
            fmt::format("{} has the key of {}.key, so it lets nobody in: each device needs a key "
                        "of its own, from `sluice keygen {}`",
                        path.string(), first->second, device));
      }
    } catch (const std::runtime_error& e) {
      const auto* of_system = dynamic_cast<const std::system_error*>(&e);
      if (of_system && passing(of_system->code())) throw;
      if (of_system && of_system->code() == std::errc::no_such_file_or_directory) continue;
      devices.problems.push_back(fmt::format("a device is not allowed in: {}", e.what()));
    }
  }
  return devices;
}

void AllowedKeys::adopt(std::optional<Marks> marks, Devices devices) {
  marks_ = std::move(marks);
  devices_ = std::move(devices);
  for (const auto& problem : devices_.problems)
    if (told_.insert(problem).second) problems_.push_back(problem);
}

void AllowedKeys::refresh() {
  const auto now = clock_.steady();
  if (now - looked_ < kBetweenLooks) return;
  looked_ = now;
  try {
    auto marks = look(folder_);
    const bool changed = marks != marks_;
    if (!changed && now - changed_ > kSettled) return;
    auto devices = read(folder_, marks);
    if (changed) {
      changed_ = now;
      told_.clear();
    }
    adopt(std::move(marks), std::move(devices));
  } catch (const std::system_error& e) {
    Devices devices;
    if (passing(e.code())) {
      devices = devices_;
      devices.problems = {fmt::format(
          "the folder of allowed keys can't be read at the moment, and counts as it was: {}",
          e.what())};
    } else {
      devices.problems = {
          fmt::format("the folder of allowed keys can't be read, so nobody is allowed in: {}; "
                      "put it back",
                      e.what())};
    }
    adopt(std::nullopt, std::move(devices));
  } catch (const Untrusted& e) {
    Devices devices;
    devices.problems = {fmt::format(
        "the folder of allowed keys is not taken, so nobody is allowed in: {}", e.what())};
    adopt(std::nullopt, std::move(devices));
  }
}

std::optional<std::string> AllowedKeys::device_of(std::string_view key) {
  const std::lock_guard lock(mutex_);
  refresh();
  const auto found = devices_.by_key.find(key);
  if (found == devices_.by_key.end()) return std::nullopt;
  return found->second;
}

bool AllowedKeys::allows(const std::string& device) {
  const std::lock_guard lock(mutex_);
  refresh();
  return devices_.allowed.contains(device);
}

bool AllowedKeys::named(const std::string& device) {
  const std::lock_guard lock(mutex_);
  refresh();
  return devices_.named.contains(device);
}

std::vector<std::string> AllowedKeys::take_problems() {
  const std::lock_guard lock(mutex_);
  refresh();
  return std::exchange(problems_, {});
}

}  // namespace sluice
