// What the threads of a wall share: the newest frame of each source, and the newest picture that
// viewers may be sent.
//
//   the graph's threads    put() frames, and never wait for more than the mutex
//   the composer's thread  waits in next() and deliver()s pictures
//   the server's thread    watches channels for its viewers, and list()s the sources
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <sluice/media/frame.hpp>
#include <string>
#include <utility>
#include <vector>

namespace sluice::display {

// A JPEG for viewers, made once for all of them.
struct Picture {
  Encoded jpeg;
  std::uint64_t number = 0;    // counts up within its channel
  std::uint64_t sequence = 0;  // of the frame; 0 of a montage
  UtcTime captured{};
};
using PicturePtr = std::shared_ptr<const Picture>;

// Why this frame can't be shown; empty: it can.
std::string unshowable(const Frame& frame);

class Board {
 public:
  // One thing to look at: a source by itself, or the montage. Only the board looks inside.
  struct Channel;
  using ChannelPtr = std::shared_ptr<Channel>;

  // Of pictures it keeps `most_bytes`, and the newest in any case.
  Board(const Clock& clock, Duration active, std::size_t most_bytes);
  ~Board();

  // --- the graph's threads
  // False: there are too many sources already, and all of them are alive. Otherwise one that is
  // gone, or the one that has been silent for longest, makes room; who watches it learns of that
  // within a second.
  bool put(FramePtr frame);
  // Nothing more comes of this source: a small picture is shown on for as long as there is room.
  void gone(const std::string& source);
  // How much the pictures take up.
  std::size_t bytes() const;
  // Lets go of a picture, of what is gone first, then of what is silent, then of what is large;
  // the source stays. False: only the newest is left, and what is small beside it.
  bool let_go();
  // Wakes the composer, for what changes with time alone.
  void poke();
  // For the composer: its thread is to end.
  void stop();
  bool is_stopped() const;
  // Nothing is shown here any more: who watches is sent away.
  void close();
  // Why pictures could not be made since the last call: how many, and the last one's reason.
  std::pair<std::uint64_t, std::string> take_faults();

  // --- any thread
  struct Source {
    std::string name;
    FramePtr frame;        // null: it was let go
    std::uint64_t number;  // of the frames that came, this one's
    Duration quiet;        // since it came
    double fps;            // of frames that reached this stage; 0 while silent
    bool silent;
  };
  std::vector<Source> list() const;  // by name

  // --- the server's thread
  ChannelPtr montage() const { return montage_; }
  ChannelPtr source(const std::string& name) const;  // null if nothing came from it
  // The same, but made where there is room: a frame is on its way.
  ChannelPtr expect(const std::string& name);

  // A viewer's interest in a channel. Pictures are made of channels that are watched, of no others.
  class Watch {
   public:
    Watch(std::shared_ptr<Board> board, ChannelPtr channel);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    struct View {
      PicturePtr picture;   // the newest; may be null
      std::uint64_t frame;  // the number of the newest frame
      std::uint64_t
          finished;  // the number of the frame that was last made into a picture or failed
      bool removed;  // the source made room for another, or the board is closed
    };
    View look() const;

   private:
    const std::shared_ptr<Board> board_;
    const ChannelPtr channel_;
  };

  // --- the composer's thread
  struct Job {
    ChannelPtr channel;
    FramePtr frame;
    std::uint64_t number;
  };
  struct Work {
    bool stop = false;
    bool beat = false;      // a second has passed, or someone poked
    std::vector<Job> jobs;  // watched sources' newest frames, not yet made into pictures
    bool montage_watched = false;
    bool montage = false;         // watched and due; it may be the same as before
    bool montage_needed = false;  // and there is none yet
    std::vector<Source> sources;  // filled if `montage`
  };
  // Waits until there is work, for a second at most while someone watches. No montage is asked for
  // before `montage_from`.
  Work next(SteadyTime montage_from);
  void deliver(const ChannelPtr& channel, std::uint64_t number, PicturePtr picture);
  // A picture that can't be made; the channel is null where it is a tile of the montage.
  void fault(const ChannelPtr& channel, std::uint64_t number, const std::string& why);

 private:
  // Null where there are too many.
  ChannelPtr channel_of(const std::string& name);
  bool make_room();
  FramePtr let_go_locked();
  std::vector<Source> list_locked() const;
  bool has_jobs() const;

  const Clock& clock_;
  const Duration active_;
  const std::size_t most_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;  // for the composer
  std::map<std::string, ChannelPtr> sources_;
  const ChannelPtr montage_;
  ChannelPtr newest_;  // where the last frame came
  std::size_t bytes_ = 0;
  bool montage_dirty_ = false;
  bool poked_ = false;
  SteadyTime beaten_{};  // the last beat
  bool stopping_ = false;
  bool closed_ = false;
  int watchers_ = 0;
  std::uint64_t faults_ = 0;
  std::string last_fault_;
};

}  // namespace sluice::display
