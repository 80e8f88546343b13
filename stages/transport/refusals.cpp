#include "transport/refusals.hpp"

#include <fmt/format.h>

#include <utility>

namespace sluice {

void Refusals::tell(const zap::Refused& peer, std::uint64_t count, Context& context) {
  const auto verdict = gate_.ask(context.clock().steady());
  if (!verdict.write) return;
  const std::string who = peer.address.empty() ? "a peer on this machine" : peer.address;
  context.log(LogLevel::warning, fmt::format("{} was refused: {}", who, peer.why));
  Event event{"peer.refused", {}, {{"address", peer.address}, {"why", peer.why}}};
  const auto untold = verdict.held_back + count - 1;
  if (untold > 0) event.details.emplace_back("more", static_cast<std::int64_t>(untold));
  context.raise(std::move(event));
}

void Refusals::tell(const ZapHandler::Refusals& peers, Context& context) {
  // The handler keeps the newest only; how many there were is told with the first of them.
  std::uint64_t untold = peers.count - peers.newest.size();
  for (const auto& peer : peers.newest) tell(peer, 1 + std::exchange(untold, 0), context);
}

}  // namespace sluice
