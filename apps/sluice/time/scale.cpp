#include "time/scale.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace sluice::app {
namespace {

// 1, 2 or 5 times a power of ten.
double round_step(double least) {
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double times : {1.0, 2.0, 5.0})
    if (times * power >= least * (1 - 1e-9)) return times * power;
  return 10 * power;
}

}  // namespace

Scale Scale::linear(double low, double high, double from, double to) {
  return {low, high > low ? high : low + 1, from, to, false};
}

Scale Scale::logarithmic(double low, double high, double from, double to) {
  return {low, high > low ? high : low * 10, from, to, true};
}

double Scale::operator()(double value) const {
  const double share = logarithmic_
                           ? std::log(std::max(value, low_) / low_) / std::log(high_ / low_)
                           : (value - low_) / (high_ - low_);
  return from_ + share * (to_ - from_);
}

std::vector<double> Scale::ticks(int number) const {
  std::vector<double> ticks;
  const double slack = 1e-9 * (high_ - low_);
  if (logarithmic_ && high_ / low_ > 10) {
    const double decades = std::log10(high_ / low_);
    // Only powers of ten, or every other one, where 1, 2, 5 would be too many.
    const bool all = 3 * decades <= number + 2;
    const auto every = std::max(1, static_cast<int>(std::ceil(decades / number)));
    const auto first = static_cast<int>(std::floor(std::log10(low_)));
    for (int power = first; std::pow(10, power) <= high_; power += every)
      for (const double times : {1.0, 2.0, 5.0}) {
        const double tick = times * std::pow(10, power);
        if ((all || times == 1.0) && tick >= low_ - slack && tick <= high_ + slack)
          ticks.push_back(tick);
      }
    return ticks;
  }
  const double step = round_step((high_ - low_) / number);
  for (double i = std::ceil((low_ - slack) / step); i * step <= high_ + slack; ++i)
    ticks.push_back(i * step);
  return ticks;
}

std::string tick_text(double value) {
  return std::abs(value) < 1e-12 ? "0" : fmt::format("{:.6g}", value);
}

}  // namespace sluice::app
