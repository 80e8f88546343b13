#include <algorithm>
#include <sluice/runtime/tap.hpp>

namespace sluice {

void TapPoint::add(const std::shared_ptr<const Look>& look) {
  const std::lock_guard lock(mutex_);
  auto looks = std::make_shared<Looks>(*looks_);
  looks->push_back(look);
  looks_ = std::move(looks);
  looked_at_ = true;
}

void TapPoint::remove(const std::shared_ptr<const Look>& look) {
  std::shared_ptr<const Looks> old;  // let go after the mutex, with what the Look owns
  const std::lock_guard lock(mutex_);
  auto looks = std::make_shared<Looks>(*looks_);
  std::erase(*looks, look);
  looked_at_ = !looks->empty();
  old = std::exchange(looks_, std::move(looks));
}

void TapPoint::show(const FramePtr& frame) const {
  std::shared_ptr<const Looks> looks;
  {
    const std::lock_guard lock(mutex_);
    looks = looks_;
  }
  for (const auto& look : *looks) (*look)(frame);
}

Tap::Tap(TapPoint& point, Look look)
    : point_(point), look_(std::make_shared<const Look>(std::move(look))) {
  point_.add(look_);
}

Tap::~Tap() { point_.remove(look_); }

}  // namespace sluice
