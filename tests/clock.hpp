// A process whose clock is wrong.
#pragma once

#include <string>
#include <vector>

namespace test {

// What to put before a command so that libfaketime stands between it and UTC; `setting` is one of
// libfaketime's, such as "FAKETIME=+1h". Steady time is left alone. skip() where it is not
// installed.
std::vector<std::string> with_fake_time(const std::string& setting);

}  // namespace test
