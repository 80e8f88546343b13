#include "capture/v4l2_modes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace sluice::capture::v4l2 {
namespace {

constexpr std::size_t kMostTold = 16;

std::string rates_text(const std::vector<Rates>& rates) {
  std::string text;
  for (const auto& each : rates) {
    text += (text.empty() ? "" : ", ") + fmt::format("{:.4g}", each.slowest.rate());
    if (!about_the_same(each.slowest.rate(), each.fastest.rate()))
      text += fmt::format(" to {:.4g}", each.fastest.rate());
  }
  return text + " frames/s";
}

std::string size_text(const Mode& mode) {
  const auto least = fmt::format("{} x {}", mode.width.least, mode.height.least);
  if (mode.width.one() && mode.height.one()) return least;
  auto text = fmt::format("{} to {} x {}", least, mode.width.most, mode.height.most);
  if (mode.width.step > 1 || mode.height.step > 1)
    text += fmt::format(" in steps of {} x {}", mode.width.step, mode.height.step);
  return text;
}

bool has_rate(const Mode& mode, double rate) {
  return mode.rates.empty() || std::any_of(mode.rates.begin(), mode.rates.end(),
                                           [&](const Rates& each) { return each.has(rate); });
}

// Of the rates that it has, the one that is nearest.
Interval interval_for(const Mode& mode, double rate) {
  for (const auto& each : mode.rates)
    for (const auto& end : {each.slowest, each.fastest})
      if (about_the_same(end.rate(), rate)) return end;
  return {1000, static_cast<std::uint32_t>(std::lround(rate * 1000))};
}

bool fits(const Mode& mode, const Wish& wish) {
  return (!wish.kind || kind_of(mode.layout) == *wish.kind) &&
         (wish.width == 0 || mode.has_size(wish.width, wish.height)) &&
         (wish.rate <= 0 || has_rate(mode, wish.rate));
}

template <class Pred>
std::vector<const Mode*> those(const std::vector<Mode>& modes, Pred pred) {
  std::vector<const Mode*> list;
  for (const auto& mode : modes)
    if (pred(mode)) list.push_back(&mode);
  return list;
}

// Each text once, in their order.
template <class Text>
std::string list_of(const std::vector<const Mode*>& modes, Text text) {
  std::vector<std::string> list;
  for (const auto* mode : modes) {
    auto each = text(*mode);
    if (std::find(list.begin(), list.end(), each) == list.end()) list.push_back(std::move(each));
  }
  const bool more = list.size() > kMostTold;
  if (more) list.resize(kMostTold);
  return fmt::format("{}{}", fmt::join(list, ", "), more ? " and more" : "");
}

[[noreturn]] void refuse(const std::vector<Mode>& modes, const Wish& wish) {
  const auto kind_text = [](const Mode& mode) {
    return std::string(sluice::to_string(kind_of(mode.layout)));
  };
  const auto all = those(modes, [](const Mode&) { return true; });
  if (all.empty())
    throw std::runtime_error(
        "it has no format that Sluice reads: YU12, NV12, YUYV, MJPG, JPEG, "
        "BGR3 or GREY");
  auto of_kind = those(
      modes, [&](const Mode& mode) { return !wish.kind || kind_of(mode.layout) == *wish.kind; });
  if (of_kind.empty())
    throw std::runtime_error(fmt::format("it has no {}; give format = one of: {}",
                                         sluice::to_string(*wish.kind), list_of(all, kind_text)));

  // Another format may have it.
  Wish any = wish;
  any.kind.reset();
  const auto others = those(modes, [&](const Mode& mode) { return fits(mode, any); });
  const auto hint =
      others.empty() ? "" : fmt::format("; with format = \"{}\" it would", kind_text(*others[0]));

  const auto of_size = those(modes, [&](const Mode& mode) {
    return (!wish.kind || kind_of(mode.layout) == *wish.kind) &&
           (wish.width == 0 || mode.has_size(wish.width, wish.height));
  });
  if (of_size.empty()) {
    const auto distance = [&](const Mode* mode) {
      const auto off = [](const Range& range, unsigned wished) {
        return std::abs(static_cast<double>(std::clamp(wished, range.least, range.most)) - wished);
      };
      return off(mode->width, wish.width) + off(mode->height, wish.height);
    };
    std::stable_sort(of_kind.begin(), of_kind.end(), [&](const Mode* one, const Mode* other) {
      return distance(one) < distance(other);
    });
    throw std::runtime_error(fmt::format("it doesn't give {} x {}; it has {}{}", wish.width,
                                         wish.height, list_of(of_kind, size_text), hint));
  }
  throw std::runtime_error(fmt::format(
      "it doesn't give {:g} frames/s; it has {}{}", wish.rate,
      list_of(of_size,
              [](const Mode& mode) { return size_text(mode) + " at " + rates_text(mode.rates); }),
      hint));
}

}  // namespace

bool Range::has(unsigned number) const {
  return number >= least && number <= most && (step <= 1 || (number - least) % step == 0);
}

bool about_the_same(double rate, double other) {
  return std::abs(rate - other) <= 0.01 * std::max(rate, other);
}

bool Mode::has_size(unsigned wished_width, unsigned wished_height) const {
  return width.has(wished_width) && height.has(wished_height);
}

bool Rates::has(double rate) const {
  return about_the_same(rate, slowest.rate()) || about_the_same(rate, fastest.rate()) ||
         (rate > slowest.rate() && rate < fastest.rate());
}

std::string name_of(std::uint32_t fourcc) {
  std::string name;
  for (int i = 0; i < 4; ++i) name += static_cast<char>((fourcc >> (8 * i)) & 0x7F);
  return name;
}

Choice choose(const std::vector<Mode>& modes, const Wish& wish, unsigned width_now,
              unsigned height_now) {
  const Mode* chosen = nullptr;
  for (const auto& mode : modes) {
    if (!fits(mode, wish)) continue;
    if (!chosen) chosen = &mode;
    // Of one format's sizes the one that is set already.
    if (mode.fourcc != chosen->fourcc || wish.width > 0) break;
    if (mode.has_size(width_now, height_now)) {
      chosen = &mode;
      break;
    }
  }
  if (!chosen) refuse(modes, wish);
  Choice choice{chosen->fourcc, chosen->layout, wish.width, wish.height, {}};
  if (wish.width == 0) {
    const bool stays = chosen->has_size(width_now, height_now);
    choice.width = stays ? width_now : chosen->width.most;
    choice.height = stays ? height_now : chosen->height.most;
  }
  if (wish.rate > 0) choice.interval = interval_for(*chosen, wish.rate);
  return choice;
}

std::string to_string(const Mode& mode) {
  auto text = fmt::format("{} ({}) {}", sluice::to_string(kind_of(mode.layout)),
                          name_of(mode.fourcc), size_text(mode));
  return mode.rates.empty() ? text : text + " at " + rates_text(mode.rates);
}

}  // namespace sluice::capture::v4l2
