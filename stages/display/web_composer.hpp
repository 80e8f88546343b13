// Makes the pictures that viewers are sent, in a thread of its own, so that no frame waits for an
// encoder.
#pragma once

#include <codec/jpeg_compressor.hpp>
#include <display/montage.hpp>
#include <display/web_board.hpp>
#include <exception>
#include <functional>
#include <map>
#include <thread>
#include <tuple>

namespace sluice::display {

struct ComposerSettings {
  int quality = 80;
  double rate = 15;    // montages a second at most
  int columns = 0;     // 0: as many as rows, about
  int tile_width = 0;  // pixels; 0: what makes the montage 1280 wide
  BoxStyle boxes;
};

// The montage's layout for sources of these sizes. About 4096 pixels wide and high at most.
MontageLayout web_layout(const std::vector<cv::Size>& pictures, std::size_t sources,
                         const ComposerSettings& settings);

// Owned by the stage. The thread ends in the destructor.
class Composer {
 public:
  // Calls `ready` from its thread after each round; true once a second or so: look after all
  // viewers, not only those for whom there is something new.
  Composer(Board& board, const Clock& clock, ComposerSettings settings,
           std::function<void(bool all)> ready);
  ~Composer();
  Composer(const Composer&) = delete;
  Composer& operator=(const Composer&) = delete;

  // Throws what ended the thread, if anything did.
  void check() const;

 private:
  // A source's picture as its tile shows it, kept until it or the tile's size changes.
  struct Small {
    std::uint64_t number = 0;
    cv::Size cell{};
    cv::Size original{};
    cv::Mat picture;
  };
  using Signature = std::vector<std::tuple<std::string, std::uint64_t, std::int64_t>>;

  void run();
  void make(const Board::Job& job);
  Encoded jpeg_of(const Frame& frame);
  Encoded compressed(const Image& image);
  // Draws and encodes anew if something changed, or if there is no montage at all (`needed`).
  void compose(const std::vector<Board::Source>& sources, bool needed);
  std::vector<cv::Size> sizes_of(const std::vector<Board::Source>& sources);
  bool update_smalls(const std::vector<Board::Source>& sources, cv::Size cell);
  void update_small(const Board::Source& source, cv::Size cell);

  Board& board_;
  const Clock& clock_;
  const ComposerSettings settings_;
  const std::function<void(bool)> ready_;

  // The thread's own.
  SteadyTime next_montage_{};
  std::map<std::string, Small> smalls_;
  std::size_t first_small_ = 0;  // whose turn it is to be brought up to date
  Signature shown_;              // empty: not all of what is shown is the newest
  std::uint64_t montages_ = 0;
  cv::Mat canvas_;
  codec::JpegCompressor compressor_;

  mutable std::mutex failure_mutex_;
  std::exception_ptr failure_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace sluice::display
