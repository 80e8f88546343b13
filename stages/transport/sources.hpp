// Who sends what to a hub: which sender holds a source's name, what number its frames have, and
// whether it is still there. Pure: told what came and when, it says what to do and what happened.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <sluice/media/event.hpp>
#include <string>
#include <unordered_map>
#include <vector>

namespace sluice {

// Where a message came from. A Sluice sender is known by its run, on whatever connection; an old
// peer by its connection.
struct Sender {
  std::string run;      // of a Sluice sender; else empty
  int connection = -1;  // a number that no other connection has at the same time; -1: not known
  std::string address;  // of its machine; empty: this one, by ipc
  std::string device;   // what its key is filed under; empty without keys

  bool same_as(const Sender& other) const {
    if (device != other.device) return false;
    return run.empty() ? other.run.empty() && connection == other.connection : run == other.run;
  }
  // Whose share of the hub it takes up.
  const std::string& owner() const { return device.empty() ? address : device; }
  // The same as a number, for Frame::sender; of this machine's own senders each for itself.
  std::uint64_t number() const {
    const bool own =
        device.empty() && (address.empty() || address.starts_with("127.") || address == "::1");
    const auto text = own ? "connection " + std::to_string(connection) : owner();
    return std::max<std::uint64_t>(1, std::hash<std::string>()(text));
  }
};

class Sources {
 public:
  struct Rules {
    // Past this many a newcomer takes the place of who has most. A device's own name always has a
    // place.
    std::size_t most = 256;
    Duration stale_after = std::chrono::seconds(3);  // 0: never
    // A name whose holder has been silent for so long is free for another sender on the same
    // machine: it was started anew, and its old link has not been found dead yet.
    Duration dead_after = std::chrono::seconds(2);
    // A source of which only the same picture comes for so long is frozen; 0: never.
    Duration frozen_after = std::chrono::seconds(10);
    // Tells how long nothing has come by a connection, not even a part of a message; none: what is
    // known here counts.
    std::function<Duration(int connection, SteadyTime now)> silent_for = nullptr;
  };
  // For a sender on another machine. It may be another device that was given the same name.
  static constexpr Duration kFreeForOthers = std::chrono::seconds(20);

  explicit Sources(Rules rules) : rules_(std::move(rules)) {}

  enum class Verdict {
    taken,
    repeated,    // it came before, or after its successor, or shows what the one before it did
    name_taken,  // another sender holds this source's name
    too_many,    // no further source is taken
  };
  struct Arrival {
    std::string source;
    std::optional<std::uint64_t> sequence;  // an old peer sends none
    UtcTime captured{};                     // by the sender's clock
    bool same_again = false;                // an old peer's: equal to the one before it
  };
  // A frame has come. The number that it has from here on is put into `sequence`.
  Verdict arrived(const Arrival& arrival, const Sender& sender, SteadyTime now,
                  std::uint64_t& sequence);
  // The sender of an event, or of another sign of life, that is no frame.
  bool may_speak_for(const std::string& source, const Sender& sender) const;
  // The address of who holds the name; empty where nobody does.
  std::string holder_of(const std::string& source) const;

  void connection_lost(int connection, SteadyTime now);
  // Counts for the sources that came by the same connection, or from the same device.
  void said_goodbye(const Sender& sender, SteadyTime now);
  // Finds who has fallen silent. Call it several times a second.
  void check(SteadyTime now);

  std::size_t size() const { return sources_.size(); }
  // The sources of a connection.
  std::vector<std::string> names_on(int connection) const;

  // What has happened since this was last asked: source.stale, source.gone, source.back,
  // source.frozen, source.unfrozen, source.conflict; and by whose doing.
  struct Happened {
    Event event;
    Sender sender;
  };
  std::vector<Happened> take_events() { return std::exchange(events_, {}); }

 private:
  enum class State { here, stale, gone };
  struct Source {
    Sender holder;
    State state = State::here;
    SteadyTime since{}, last{};
    SteadyTime changed{};  // its last frame that was none of the same again
    bool frozen = false;
    Duration gap{};          // between its last two frames
    std::uint64_t next = 0;  // the number of an old peer's next frame
    std::optional<std::uint64_t> last_sequence;
    UtcTime last_captured{};
    std::optional<SteadyTime> conflict_told;
  };
  using Table = std::unordered_map<std::string, Source>;

  bool make_room(const std::string& source, const Sender& sender, SteadyTime now);
  Table::iterator longest_gone();
  template <class Share>
  Table::iterator of_greediest(const Sender& newcomer, Share share);
  bool is_free(const Source& source, const Sender& sender, SteadyTime now) const;
  void note_change(const Arrival& arrival, Source& source, const Sender& sender, SteadyTime now);
  static bool is_repeated(const Source& source, const Arrival& arrival);
  void conflict(const std::string& name, Source& source, const Sender& refused, SteadyTime now);
  void gone(const std::string& name, Source& source, const char* why, SteadyTime now);

  const Rules rules_;
  Table sources_;
  std::vector<Happened> events_;
  std::uint64_t changes_ = 1;                        // of who holds what
  std::unordered_map<int, std::uint64_t> full_for_;  // by connection: there was no room then
};

}  // namespace sluice
