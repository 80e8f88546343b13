#include <fcntl.h>
#include <fmt/format.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <sluice/plugin/abi.hpp>
#include <sluice/plugin/abi_of.hpp>
#include <sluice/plugin/error.hpp>
#include <system_error>
#include <type_traits>

namespace sluice {
namespace {

using Header = ElfW(Ehdr);  // of this machine's word size
using Section = ElfW(Shdr);
static_assert(std::is_trivially_copyable_v<Header> && std::is_trivially_copyable_v<Section>);

constexpr std::size_t kLongestTag = 64 << 10;  // bytes: one text for each object with stage types
constexpr std::uint64_t kMostSections = 10'000;

class ElfFile {
 public:
  // Only what is a file is opened: to open a device may do something.
  explicit ElfFile(const std::filesystem::path& path) : path_(path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) cannot_read();
    if (!S_ISREG(status.st_mode)) no_plugin("it is no file");
    fd_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd_ < 0) cannot_read();
  }
  ~ElfFile() { close(fd_); }
  ElfFile(const ElfFile&) = delete;
  ElfFile& operator=(const ElfFile&) = delete;

  std::string tag() const {
    const auto header = at<Header>(0);
    constexpr auto order = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_type != ET_DYN)
      no_plugin("it is no shared object");
    if (header->e_ident[EI_CLASS] != (sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32) ||
        header->e_ident[EI_DATA] != order)
      no_plugin(fmt::format("it is for another sort of processor than {}", SLUICE_ABI_PROCESSOR));
    if (header->e_shentsize != sizeof(Section)) no_plugin("it has no sections");
    const auto names = section(*header, header->e_shstrndx);
    for (std::uint64_t i = 0; names && i < std::min<std::uint64_t>(header->e_shnum, kMostSections);
         ++i) {
      const auto found = section(*header, i);
      if (!found) break;
      if (found->sh_type != SHT_PROGBITS || !is_named(*found, *names)) continue;
      if (found->sh_size == 0 || found->sh_size > kLongestTag) break;
      std::string text(static_cast<std::size_t>(found->sh_size), '\0');
      if (!read(found->sh_offset, text.data(), text.size())) break;
      return text;
    }
    no_plugin("no stage type of Sluice is in it");
  }

  [[noreturn]] void no_plugin(const std::string& why) const {
    throw PluginError("bad-plugin", fmt::format("'{}' is no plugin: {}", path_.string(), why),
                      "a plugin is a shared object with stage types; `sluice new-stage` makes one");
  }

 private:
  [[noreturn]] void cannot_read() const {
    throw PluginError(
        "bad-plugin",
        fmt::format("can't read '{}': {}", path_.string(), std::generic_category().message(errno)),
        "check the file's permissions");
  }

  // False where the file ends before, or can't be read.
  bool read(std::uint64_t offset, void* to, std::size_t size) const {
    if (offset > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) return false;
    ssize_t got = 0;
    do got = pread(fd_, to, size, static_cast<off_t>(offset));
    while (got < 0 && errno == EINTR);
    return got >= 0 && static_cast<std::size_t>(got) == size;
  }
  template <class T>
  std::optional<T> at(std::uint64_t offset) const {
    T value;
    return read(offset, &value, sizeof value) ? std::optional(value) : std::nullopt;
  }
  std::optional<Section> section(const Header& header, std::uint64_t index) const {
    const std::uint64_t before = index * sizeof(Section);
    if (header.e_shoff > std::numeric_limits<std::uint64_t>::max() - before) return std::nullopt;
    return at<Section>(header.e_shoff + before);
  }
  bool is_named(const Section& section, const Section& names) const {
    char name[sizeof SLUICE_ABI_SECTION];  // with its end
    if (section.sh_name > names.sh_size || names.sh_size - section.sh_name < sizeof name)
      return false;
    if (names.sh_offset > std::numeric_limits<std::uint64_t>::max() - section.sh_name) return false;
    return read(names.sh_offset + section.sh_name, name, sizeof name) &&
           std::memcmp(name, SLUICE_ABI_SECTION, sizeof name) == 0;
  }

  const std::filesystem::path& path_;
  int fd_ = -1;
};

}  // namespace

std::vector<std::string> abi_of(const std::filesystem::path& file) {
  const ElfFile elf(file);
  const auto tag = elf.tag();
  std::vector<std::string> texts;
  // Ends of texts, and what the linker filled up with.
  for (std::size_t begin = 0; begin < tag.size();) {
    const auto end = std::min(tag.find('\0', begin), tag.size());
    auto text = tag.substr(begin, end - begin);
    begin = end + 1;
    if (!text.empty() && std::find(texts.begin(), texts.end(), text) == texts.end())
      texts.push_back(std::move(text));
  }
  if (texts.empty()) elf.no_plugin("no stage type of Sluice is in it");
  return texts;
}

}  // namespace sluice
