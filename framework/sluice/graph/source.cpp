#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <sluice/graph/source.hpp>
#include <system_error>

namespace sluice {
namespace {

struct Descriptor {
  explicit Descriptor(int number) : fd(number) {}
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  const int fd;
};

FileText refused(ProblemCode code, std::string message, std::string hint) {
  return {std::nullopt, code, std::move(message), std::move(hint)};
}

FileText too_large(const std::string& name) {
  return refused("too-large", fmt::format("'{}' is larger than 1 MiB", name),
                 "a graph file is a short text; is this the right file?");
}

}  // namespace

int FileTexts::add(std::string name, std::string text, Shown shown) {
  for (std::size_t i = 0; i < list_.size(); ++i)
    if (list_[i].name == name) return static_cast<int>(i);
  list_.push_back({std::move(name), std::move(text), shown});
  return static_cast<int>(list_.size()) - 1;
}

std::string_view FileTexts::line(const Origin& origin) const {
  std::string_view rest = text(origin.source);
  for (int i = 1; i < origin.line; ++i) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) return {};
    rest.remove_prefix(end + 1);
  }
  rest = rest.substr(0, rest.find('\n'));
  if (!rest.empty() && rest.back() == '\r') rest.remove_suffix(1);
  return rest;
}

FileText read_graph_file(const std::filesystem::path& path) {
  const auto name = path.string();
  const auto failed = [&](int number) {
    return refused("unreadable",
                   fmt::format("can't read '{}': {}", name,
                               std::error_code(number, std::generic_category()).message()),
                   "check the file's permissions");
  };
  // Not to wait for a pipe's other end: pipes and devices are refused below.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.fd < 0) return failed(errno);
  struct stat status {};
  if (::fstat(file.fd, &status) != 0) return failed(errno);
  if (S_ISDIR(status.st_mode))
    return refused("unreadable", fmt::format("'{}' is a folder", name), "name a file in it");
  if (!S_ISREG(status.st_mode))
    return refused("unreadable", fmt::format("'{}' is not a regular file", name),
                   "copy it to a file first");
  if (status.st_size > static_cast<off_t>(kMaxGraphFile)) return too_large(name);

  // One byte more than is allowed: a file may grow while it is read.
  std::string text(kMaxGraphFile + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto got = ::read(file.fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kMaxGraphFile) return too_large(name);
  text.resize(size);
  text.shrink_to_fit();
  return {std::move(text), "unreadable", {}, {}};
}

}  // namespace sluice
