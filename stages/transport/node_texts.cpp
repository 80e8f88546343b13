#include "transport/node_texts.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <type_traits>
#include <variant>

namespace sluice {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// As one field of a text.
std::string field(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '|' || is_control(c); }, '-');
  return text;
}

// A detail of an event; empty where it has none of that name.
std::string detail(const Event& event, std::string_view name) {
  for (const auto& [key, value] : event.details) {
    if (key != name) continue;
    return std::visit(
        [](const auto& v) {
          if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::string>)
            return field(v);
          else
            return fmt::format("{}", v);
        },
        value);
  }
  return {};
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  const std::string full = name.data();
  return full.substr(0, full.find('.'));
}

// "Raspberry Pi 4 Model B Rev 1.4"; where the firmware tells no model, the kernel's name.
std::string system_name() {
  std::ifstream file("/proc/device-tree/model", std::ios::binary);
  std::string model;
  if (std::getline(file, model, '\0') && !model.empty()) return model;
  utsname kernel{};
  return uname(&kernel) == 0 ? kernel.sysname : "Linux";
}

// The first that others can reach.
std::string address() {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return "127.0.0.1";
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(all, freeifaddrs);
  for (const auto* i = all; i; i = i->ifa_next) {
    if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET) continue;
    if ((i->ifa_flags & IFF_LOOPBACK) != 0 || (i->ifa_flags & IFF_UP) == 0) continue;
    std::array<char, INET_ADDRSTRLEN> text{};
    const auto* in = reinterpret_cast<const sockaddr_in*>(i->ifa_addr);
    if (inet_ntop(AF_INET, &in->sin_addr, text.data(), text.size())) return text.data();
  }
  return "127.0.0.1";
}

}  // namespace

NodeTexts::NodeTexts(std::string node) : node_(node.empty() ? host_name() : std::move(node)) {}

std::string NodeTexts::view(const std::string& source) const {
  if (source.empty() || source == node_) return node_;
  const auto before = node_ + "-";
  const bool named = source.size() > before.size() && source.starts_with(before);
  return node_ + " " + (named ? source.substr(before.size()) : source);
}

std::string NodeTexts::picture(const std::string& source) const { return view(source) + "|jpg"; }

std::optional<std::string> NodeTexts::event(const Event& event) const {
  std::string text = view(event.source);
  if (event.name == "motion.began" || event.name == "motion.ended")
    text += event.name == "motion.began" ? "|motion|moving" : "|motion|still";
  else if (event.name == "node.reading")
    text += fmt::format("|{}|{}", detail(event, "what"), detail(event, "value"));
  else
    return std::nullopt;
  const auto roi = detail(event, "roi");
  return roi.empty() ? text : text + "|" + roi;
}

std::string NodeTexts::heartbeat() const { return node_ + "|Heartbeat"; }

std::string NodeTexts::restart() const {
  constexpr double kMegabyte = 1e6;
  struct sysinfo machine {};
  sysinfo(&machine);
  const double bytes = static_cast<double>(machine.totalram) * machine.mem_unit;
  return fmt::format("{}|Restart|{}|{}|{}|{:.0f}|{:.1f}", node_, field(host_name()),
                     field(system_name()), address(), bytes / kMegabyte,
                     static_cast<double>(machine.uptime) / 3600.0);
}

std::optional<std::string> against_node_name(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  if (name.size() > kLongest) return fmt::format("it has more than {} bytes", kLongest);
  if (name.find_first_of("|/\\") != std::string_view::npos)
    return "it has a '|', '/' or '\\' in it";
  if (std::ranges::any_of(name, is_control)) return "it has a control character in it";
  if (name.starts_with('.') || name.starts_with(' ') || name.ends_with(' '))
    return "it begins with a dot or a space, or ends with a space";
  return std::nullopt;
}

}  // namespace sluice
