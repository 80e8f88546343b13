#pragma once

namespace sluice {

// A descriptor of this process's own for the terminal or pipe that `fd` is, to write without ever
// waiting: how `fd` itself is set is for others to say, who may share it. -1 for anything else, and
// where it may not be opened (another user's terminal). The caller closes it.
int open_nonblocking(int fd);

}  // namespace sluice
