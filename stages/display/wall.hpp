// The newest pictures of some sources, to be looked at by any number of viewers.
#pragma once

#include <display/web_board.hpp>
#include <display/web_composer.hpp>
#include <functional>
#include <memory>

namespace sluice::display {

class Wall {
 public:
  // A source is silent after `active` without a frame. `most_bytes`: see Board; `ready`: see
  // Composer.
  Wall(const Clock& clock, Duration active, std::size_t most_bytes, const ComposerSettings& montage,
       std::function<void(bool all)> ready)
      : board_(std::make_shared<Board>(clock, active, most_bytes)),
        montage_(montage),
        composer_(*board_, clock, montage, std::move(ready)) {}

  // Frames are put there, and viewers watch there, for as long as they like.
  const std::shared_ptr<Board>& board() const { return board_; }
  const ComposerSettings& montage() const { return montage_; }
  const Composer& composer() const { return composer_; }

 private:
  const std::shared_ptr<Board> board_;
  const ComposerSettings montage_;
  Composer composer_;
};
using WallPtr = std::shared_ptr<Wall>;

}  // namespace sluice::display
