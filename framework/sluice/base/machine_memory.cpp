#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sluice/base/machine_memory.hpp>
#include <string>

namespace sluice {
namespace {

// Of this process's own cgroup, and all it is in (version 2): nothing is added where there is no
// limit, or no such file.
std::size_t cgroup_limit(std::size_t most) {
  std::string line;
  std::ifstream file("/proc/self/cgroup");
  while (std::getline(file, line) && !line.starts_with("0::")) {
  }
  std::string path = line.starts_with("0::") ? line.substr(3) : "/";
  for (;;) {
    std::size_t bytes = 0;
    if (std::ifstream("/sys/fs/cgroup" + path + "/memory.max") >> bytes && bytes > 0)
      most = std::min(most, bytes);
    const auto slash = path.rfind('/');
    if (path.empty() || slash == std::string::npos) return most;
    path.resize(slash);
  }
}

}  // namespace

std::size_t memory_of_this_machine() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long size = sysconf(_SC_PAGESIZE);
  // Where that can't be told, a small machine is assumed.
  const std::size_t physical =
      pages > 0 && size > 0 ? static_cast<std::size_t>(pages) * static_cast<std::size_t>(size)
                            : std::size_t{1} << 30;
  return cgroup_limit(physical);
}

}  // namespace sluice
