#include "capture/outage.hpp"

#include <fmt/format.h>

namespace sluice::capture {
namespace {

constexpr auto kLogEvery = std::chrono::minutes(1);

}  // namespace

void Outage::goes_on(Context& context, const std::string& why) {
  const SteadyTime now = context.clock().steady();
  if (++attempts_ == 1) {
    since_ = logged_ = now;
    context.log(LogLevel::warning, fmt::format("{} is lost: {}; trying again", shown_, why));
    context.raise({"source.lost", source_, {{"reason", why}}});
    return;
  }
  if (now - logged_ < kLogEvery) return;
  logged_ = now;
  context.log(LogLevel::warning, fmt::format("{} still lost after {:.0f} s and {} attempts: {}",
                                             shown_, seconds(now - since_), attempts_, why));
}

void Outage::ends(Context& context) {
  if (attempts_ == 0) return;
  const double away = seconds(context.clock().steady() - since_);
  context.log(LogLevel::info,
              fmt::format("{} is back after {:.1f} s and {} attempts", shown_, away, attempts_));
  context.raise({"source.back", source_, {{"away_s", away}}});
  attempts_ = 0;
}

}  // namespace sluice::capture
