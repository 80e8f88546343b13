// Tells of peers that were turned away: a line in the log and an event, at a limited rate, since
// strangers may come as often as they like.
#pragma once

#include <sluice/observe/log.hpp>
#include <sluice/stage.hpp>

#include "transport/zap_handler.hpp"

namespace sluice {

class Refusals {
 public:
  // `count` of them, of which this is one.
  void tell(const zap::Refused& peer, std::uint64_t count, Context& context);
  void tell(const ZapHandler::Refusals& peers, Context& context);

 private:
  LogGate gate_;
};

}  // namespace sluice
