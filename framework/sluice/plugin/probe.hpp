// Whether something can be done at all, tried out in a process of its own.
#pragma once

#include <functional>
#include <sluice/media/time.hpp>
#include <string>

namespace sluice {

// What `work` returns in a copy of this process: how it failed, or nothing; or how it ended the
// copy: it may throw, abort, exit, crash, or take longer than the limit, when it is killed. Or why
// there can be no copy. SIGCHLD must not be ignored, as the program sees to. The copy has this
// thread only, so call it while there are no others that matter. What it prints isn't seen, but for
// the last line where it ends the copy.
std::string failure_of(const std::function<std::string()>& work, Duration limit);

}  // namespace sluice
