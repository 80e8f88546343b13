// Who sends what to a hub: which sender holds a source's name, what number its frames have, and
// whether it is still there. Pure: told what came and when, it says what to do and what happened.
#pragma once

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
  std::string address;  // of its machine, for people

  bool same_as(const Sender& other) const {
    return run.empty() ? other.run.empty() && connection == other.connection : run == other.run;
  }
};

class Sources {
 public:
  struct Rules {
    std::size_t most = 256;
    Duration stale_after = std::chrono::seconds(3);  // 0: never
  };
  explicit Sources(Rules rules) : rules_(rules) {}

  enum class Verdict {
    taken,
    repeated,    // it came before, or after its successor
    name_taken,  // another sender holds this source's name
    too_many,    // no further source is taken
  };
  struct Arrival {
    std::string source;
    std::optional<std::uint64_t> sequence;  // an old peer sends none
    UtcTime captured{};                     // by the sender's clock
  };
  // A frame has come. The number that it has from here on is put into `sequence`.
  Verdict arrived(const Arrival& arrival, const Sender& sender, SteadyTime now,
                  std::uint64_t& sequence);
  // The sender of an event, or of another sign of life, that is no frame.
  bool may_speak_for(const std::string& source, const Sender& sender) const;

  void connection_lost(int connection, SteadyTime now);
  void said_goodbye(const Sender& sender, SteadyTime now);
  // Finds who has fallen silent. Call it several times a second.
  void check(SteadyTime now);

  // The sources of a connection, for people: "porch, garage".
  std::string names_on(int connection) const;

  // What has happened since this was last asked: source.stale, source.gone, source.back,
  // source.conflict.
  std::vector<Event> take_events() { return std::exchange(events_, {}); }

 private:
  enum class State { here, stale, gone };
  struct Source {
    Sender holder;
    State state = State::here;
    SteadyTime last{};
    std::uint64_t next = 0;  // the number of an old peer's next frame
    std::optional<std::uint64_t> last_sequence;
    UtcTime last_captured{};
    std::optional<SteadyTime> conflict_told;
  };

  // Makes room for a new source by the one that has been gone for longest.
  bool forget_one();
  void gone(const std::string& name, Source& source, const char* why, SteadyTime now);

  const Rules rules_;
  std::unordered_map<std::string, Source> sources_;
  std::vector<Event> events_;
};

}  // namespace sluice
