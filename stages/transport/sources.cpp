#include "transport/sources.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace sluice {

Sources::Verdict Sources::arrived(const Arrival& arrival, const Sender& sender, SteadyTime now,
                                  std::uint64_t& sequence) {
  auto it = sources_.find(arrival.source);
  if (it == sources_.end()) {
    if (sources_.size() >= rules_.most && !make_room(arrival.source, sender, now))
      return Verdict::too_many;
    it = sources_.try_emplace(arrival.source).first;
    it->second.holder = sender;
    it->second.since = it->second.last = now;
    ++changes_;
  }
  Source& s = it->second;
  if (!s.holder.same_as(sender)) {
    if (!is_free(s, sender, now)) {
      conflict(arrival.source, s, sender, now);
      return Verdict::name_taken;
    }
    gone(arrival.source, s, "silent, and another sends under its name", now);
    s.last_sequence.reset();
    s.conflict_told.reset();
    s.since = now;
    ++changes_;
  }
  s.holder = sender;  // its connection may be a new one
  if (s.state != State::here)
    events_.push_back(
        {{"source.back", arrival.source, {{"silent_s", seconds(now - s.last)}}}, sender});
  s.state = State::here;
  s.gap = now - s.last;
  s.last = now;
  note_change(arrival, s, sender, now);
  if (arrival.same_again) return Verdict::repeated;
  if (!arrival.sequence) {
    sequence = s.next++;
    return Verdict::taken;
  }
  sequence = *arrival.sequence;
  if (is_repeated(s, arrival)) return Verdict::repeated;
  s.last_sequence = sequence;
  s.last_captured = arrival.captured;
  return Verdict::taken;
}

void Sources::note_change(const Arrival& arrival, Source& source, const Sender& sender,
                          SteadyTime now) {
  if (arrival.same_again) {
    if (source.frozen || rules_.frozen_after == Duration(0) ||
        now - source.changed < rules_.frozen_after)
      return;
    source.frozen = true;
    events_.push_back(
        {{"source.frozen", arrival.source, {{"same_s", seconds(now - source.changed)}}}, sender});
    return;
  }
  if (std::exchange(source.frozen, false))
    events_.push_back(
        {{"source.unfrozen", arrival.source, {{"same_s", seconds(now - source.changed)}}}, sender});
  source.changed = now;
}

// A number that went back with a later picture is a camera that was started anew; so is one that
// went back far, or with a picture that is older by far, whose clock was set.
bool Sources::is_repeated(const Source& source, const Arrival& arrival) {
  constexpr std::uint64_t kNumbers = 10'000;
  constexpr Duration kTime = std::chrono::minutes(1);
  if (!source.last_sequence || *arrival.sequence > *source.last_sequence) return false;
  if (*source.last_sequence - *arrival.sequence > kNumbers) return false;
  const Duration older = source.last_captured - arrival.captured;
  return older >= Duration(0) && older <= kTime;
}

// The first keeps the name while its link lives, unless it has been silent for longer than it is
// wont to.
bool Sources::is_free(const Source& source, const Sender& sender, SteadyTime now) const {
  if (source.state == State::gone) return true;
  Duration silent = now - source.last;
  const bool same_machine = source.holder.address == sender.address;
  const Duration limit =
      same_machine ? std::clamp<Duration>(2 * source.gap, rules_.dead_after, kFreeForOthers)
                   : std::max(kFreeForOthers, rules_.dead_after);
  if (silent <= limit) return false;
  if (rules_.silent_for)
    silent = std::min(silent, rules_.silent_for(source.holder.connection, now));
  return silent > limit;
}

bool Sources::may_speak_for(const std::string& source, const Sender& sender) const {
  const auto it = sources_.find(source);
  return it == sources_.end() || it->second.state == State::gone ||
         it->second.holder.same_as(sender);
}

std::string Sources::holder_of(const std::string& source) const {
  const auto it = sources_.find(source);
  return it == sources_.end() ? std::string() : it->second.holder.address;
}

bool Sources::make_room(const std::string& source, const Sender& sender, SteadyTime now) {
  // Who sends under ever new names is told no at once, until something has changed.
  constexpr std::size_t kMostRemembered = 1024;
  if (full_for_.size() > kMostRemembered) full_for_.clear();
  auto& full = full_for_[sender.connection];
  auto victim = sources_.end();
  if (full != changes_) {
    victim = longest_gone();
    // First among machines or devices, then among the senders of the newcomer's own.
    if (victim == sources_.end())
      victim = of_greediest(sender, [](const Sender& s) { return std::optional(s.owner()); });
    if (victim == sources_.end())
      victim = of_greediest(sender, [&](const Sender& s) {
        return s.owner() == sender.owner()
                   ? std::optional(s.run + '/' + std::to_string(s.connection))
                   : std::nullopt;
      });
  }
  if (victim == sources_.end()) {
    full = changes_;
    return !sender.device.empty() && sender.device == source;
  }
  gone(victim->first, victim->second, "its place was given to another sender's source", now);
  sources_.erase(victim);
  return true;
}

Sources::Table::iterator Sources::longest_gone() {
  auto oldest = sources_.end();
  for (auto it = sources_.begin(); it != sources_.end(); ++it)
    if (it->second.state == State::gone &&
        (oldest == sources_.end() || it->second.last < oldest->second.last))
      oldest = it;
  return oldest;
}

// The source whose place a newcomer gets: of who holds most, if that is more than the newcomer will
// hold; the one that has been stale for longest, else its newest. `share` says whose a sender's
// are; nothing: they take no part.
template <class Share>
Sources::Table::iterator Sources::of_greediest(const Sender& newcomer, Share share) {
  std::map<std::string, std::size_t> held;
  for (const auto& [name, source] : sources_)
    if (const auto who = share(source.holder)) ++held[*who];
  const auto own = share(newcomer);
  const std::size_t will_hold = held[*own] + 1;
  std::string greediest;
  std::size_t most = 0;
  for (const auto& [who, n] : held)
    if (n > most && who != own) greediest = who, most = n;
  if (most <= will_hold) return sources_.end();
  auto victim = sources_.end();
  const auto before = [](const Source& a, const Source& b) {
    if ((a.state == State::stale) != (b.state == State::stale)) return a.state == State::stale;
    return a.state == State::stale ? a.last < b.last : a.since > b.since;
  };
  for (auto it = sources_.begin(); it != sources_.end(); ++it)
    if (share(it->second.holder) == greediest &&
        (victim == sources_.end() || before(it->second, victim->second)))
      victim = it;
  return victim;
}

void Sources::conflict(const std::string& name, Source& source, const Sender& refused,
                       SteadyTime now) {
  constexpr Duration kTellEvery = std::chrono::seconds(10);
  if (source.conflict_told && now - *source.conflict_told < kTellEvery) return;
  source.conflict_told = now;
  events_.push_back(
      {{"source.conflict", name, {{"holder", source.holder.address}, {"refused", refused.address}}},
       refused});
}

void Sources::gone(const std::string& name, Source& source, const char* why, SteadyTime now) {
  if (source.state == State::gone) return;
  source.state = State::gone;
  source.frozen = false;
  ++changes_;
  events_.push_back(
      {{"source.gone", name, {{"why", why}, {"silent_s", seconds(now - source.last)}}},
       source.holder});
}

void Sources::connection_lost(int connection, SteadyTime now) {
  for (auto& [name, source] : sources_)
    if (source.holder.connection == connection) {
      gone(name, source, "link lost", now);
      source.holder.connection = -1;
    }
}

void Sources::said_goodbye(const Sender& sender, SteadyTime now) {
  for (auto& [name, source] : sources_) {
    const Sender& holder = source.holder;
    if (!holder.same_as(sender)) continue;
    if (sender.device.empty() && holder.connection != sender.connection) continue;
    gone(name, source, "goodbye", now);
  }
}

void Sources::check(SteadyTime now) {
  if (rules_.stale_after == Duration(0)) return;
  for (auto& [name, source] : sources_)
    if (source.state == State::here && now - source.last > rules_.stale_after) {
      source.state = State::stale;
      events_.push_back(
          {{"source.stale", name, {{"silent_s", seconds(now - source.last)}}}, source.holder});
    }
}

std::vector<std::string> Sources::names_on(int connection) const {
  std::vector<std::string> names;
  for (const auto& [name, source] : sources_)
    if (source.holder.connection == connection) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace sluice
