#include "transport/sources.hpp"

#include <algorithm>

namespace sluice {

Sources::Verdict Sources::arrived(const Arrival& arrival, const Sender& sender, SteadyTime now,
                                  std::uint64_t& sequence) {
  auto it = sources_.find(arrival.source);
  if (it == sources_.end()) {
    if (sources_.size() >= rules_.most && !forget_one()) return Verdict::too_many;
    it = sources_.try_emplace(arrival.source).first;
    it->second.holder = sender;
  }
  Source& s = it->second;
  if (!s.holder.same_as(sender)) {
    // The first keeps the name while its link lives, however seldom it sends.
    if (s.state != State::gone) {
      constexpr Duration kTellEvery = std::chrono::seconds(10);
      if (!s.conflict_told || now - *s.conflict_told >= kTellEvery) {
        s.conflict_told = now;
        events_.push_back({"source.conflict",
                           arrival.source,
                           {{"holder", s.holder.address}, {"refused", sender.address}}});
      }
      return Verdict::name_taken;
    }
    s.last_sequence.reset();
    s.conflict_told.reset();
  }
  s.holder = sender;  // its connection may be a new one
  if (s.state != State::here)
    events_.push_back({"source.back", arrival.source, {{"silent_s", seconds(now - s.last)}}});
  s.state = State::here;
  s.last = now;
  if (!arrival.sequence) {
    sequence = s.next++;
    return Verdict::taken;
  }
  sequence = *arrival.sequence;
  // A number that went back with a later picture is a camera that was started anew.
  if (s.last_sequence && sequence <= *s.last_sequence && arrival.captured <= s.last_captured)
    return Verdict::repeated;
  s.last_sequence = sequence;
  s.last_captured = arrival.captured;
  return Verdict::taken;
}

bool Sources::may_speak_for(const std::string& source, const Sender& sender) const {
  const auto it = sources_.find(source);
  return it == sources_.end() || it->second.state == State::gone ||
         it->second.holder.same_as(sender);
}

bool Sources::forget_one() {
  auto oldest = sources_.end();
  for (auto it = sources_.begin(); it != sources_.end(); ++it)
    if (it->second.state == State::gone &&
        (oldest == sources_.end() || it->second.last < oldest->second.last))
      oldest = it;
  if (oldest == sources_.end()) return false;
  sources_.erase(oldest);
  return true;
}

void Sources::gone(const std::string& name, Source& source, const char* why, SteadyTime now) {
  if (source.state == State::gone) return;
  source.state = State::gone;
  events_.push_back(
      {"source.gone", name, {{"why", why}, {"silent_s", seconds(now - source.last)}}});
}

void Sources::connection_lost(int connection, SteadyTime now) {
  for (auto& [name, source] : sources_)
    if (source.holder.connection == connection) {
      gone(name, source, "link lost", now);
      source.holder.connection = -1;
    }
}

void Sources::said_goodbye(const Sender& sender, SteadyTime now) {
  for (auto& [name, source] : sources_)
    if (source.holder.same_as(sender)) gone(name, source, "goodbye", now);
}

void Sources::check(SteadyTime now) {
  if (rules_.stale_after == Duration(0)) return;
  for (auto& [name, source] : sources_)
    if (source.state == State::here && now - source.last > rules_.stale_after) {
      source.state = State::stale;
      events_.push_back({"source.stale", name, {{"silent_s", seconds(now - source.last)}}});
    }
}

std::string Sources::names_on(int connection) const {
  std::vector<std::string> names;
  for (const auto& [name, source] : sources_)
    if (source.holder.connection == connection) names.push_back(name);
  std::sort(names.begin(), names.end());
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace sluice
