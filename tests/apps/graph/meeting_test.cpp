// Which addresses lead to each other, and what is drawn between them.

#include "graph/meeting.hpp"

#include "drawing_help.hpp"
#include "graph/drawing.hpp"

using namespace drawing_help;
using sluice::app::may_meet;

TEST_CASE("meeting: scheme, port and host of a connect are those of a bind") {
  CHECK(may_meet("tcp://127.0.0.1:5555", "tcp://127.0.0.1:5555"));
  CHECK(may_meet("tcp://localhost:5555", "tcp://127.0.0.1:5555"));
  CHECK(may_meet("tcp://127.0.0.1:5555", "tcp://LOCALHOST:5555"));
  CHECK_FALSE(may_meet("tcp://127.0.0.1:5555", "tcp://127.0.0.1:5556"));
  CHECK_FALSE(may_meet("tcp://127.0.0.1:5555", "tcp://192.168.1.10:5555"));
  CHECK(may_meet("tcp://[::1]:5555", "tcp://[::1]:5555"));
  CHECK_FALSE(may_meet("tcp://[::1]:5555", "tcp://127.0.0.1:5555"));
  // A bind for all addresses.
  for (const auto* bind : {"tcp://*:5555", "tcp://0.0.0.0:5555", "tcp://[::]:5555"}) {
    CHECK(may_meet("tcp://192.168.1.10:5555", bind));
    CHECK(may_meet("tcp://hub.local:5555", bind));
    CHECK_FALSE(may_meet("tcp://hub.local:5556", bind));
  }
  // Which address an interface or a name has can't be told.
  CHECK(may_meet("tcp://192.168.1.10:5555", "tcp://eth0:5555"));
  CHECK(may_meet("tcp://hub.local:5555", "tcp://192.168.1.10:5555"));
  CHECK(may_meet("ipc:///run/hub", "ipc:///run/hub"));
  CHECK_FALSE(may_meet("ipc:///run/hub", "ipc:///run/Hub"));
  CHECK_FALSE(may_meet("ipc://hub.local:5555", "tcp://hub.local:5555"));
  // A port that is chosen when it is bound is met by nobody who doesn't know it.
  CHECK_FALSE(may_meet("tcp://127.0.0.1:5555", "tcp://127.0.0.1:*"));
}

namespace {

const std::string kSender = R"(
[stage.camera]
type = "capture.synthetic"
[stage.jpeg]
type = "encode.jpeg"
from = "camera"
[stage.uplink]
type = "transport.send"
from = "jpeg"
)";

// "g1-stage-uplink > g2-stage-cameras: tcp://..., jpeg"
Texts joins(const Plan& a, const Plan& b) {
  Texts result;
  for (const auto& line : app::draw({{&a, {}, {}}, {&b, {}, {}}}).lines) {
    if (line.kind != app::Drawing::LineKind::join) continue;
    std::string text = line.from + " > " + line.to + ":";
    for (const auto& t : line.texts) text += " " + t;
    result.push_back(text);
  }
  return result;
}

}  // namespace

TEST_CASE("joins: graphs meet from who sends to who receives, whichever connects") {
  const auto sender = plan_of(kSender + "connect = [\"ipc:///tmp/a\", \"tcp://hub.local:5555\"]\n");
  const auto receiver = plan_of(R"(
[stage.cameras]
type = "transport.receive"
bind = "tcp://*:5555"
security = "none"
[stage.end]
type = "sink.discard"
from = "cameras"
)");
  CHECK(joins(sender, receiver) ==
        Texts{"g1-stage-uplink > g2-stage-cameras: tcp://hub.local:5555 jpeg"});
  CHECK(joins(receiver, sender) ==
        Texts{"g2-stage-uplink > g1-stage-cameras: tcp://hub.local:5555 jpeg"});
  // Two that send don't feed each other.
  CHECK(joins(sender, sender).empty());

  const auto publisher =
      plan_of(kSender + "bind = \"tcp://127.0.0.1:5560\"\npattern = \"publish\"\n");
  const auto subscriber = plan_of(R"(
[stage.cameras]
type = "transport.receive"
connect = "tcp://localhost:5560"
pattern = "publish"
[stage.end]
type = "sink.discard"
from = "cameras"
)");
  CHECK(joins(publisher, subscriber) ==
        Texts{"g1-stage-uplink > g2-stage-cameras: tcp://localhost:5560 jpeg"});
}
