// Links: the forms of `from`, what flows on them, and the order of the plan.

#include <sluice/graph/links.hpp>

#include "graph_fixture.hpp"

using namespace graph_fixture;
using Texts = std::vector<std::string>;

namespace {

const std::string kStages = R"(
[stage.camera]
type = "loadtest.source"
[stage.jpeg]
type = "loadtest.encode"
from = "camera"
[stage.motion]
type = "loadtest.motion"
from = "camera"
)";

Texts record_links(const std::string& from) {
  return links(plan(kStages + "[stage.record]\ntype = \"loadtest.record\"\nfrom = " + from + "\n"),
               "record");
}

Problem record_problem(const std::string& from) {
  return problem(kStages + "[stage.record]\ntype = \"loadtest.record\"\nfrom = " + from + "\n");
}

Texts order(const Plan& p) {
  Texts names;
  for (const auto& s : p.stages) names.push_back(s.name);
  return names;
}

}  // namespace

TEST_CASE("A plain link feeds the first input that takes it") {
  CHECK(record_links("\"jpeg\"") == Texts{"jpeg.out > pictures"});
  CHECK(record_links("\"jpeg.out\"") == Texts{"jpeg.out > pictures"});
  CHECK(record_links("\"motion.mask\"") == Texts{"motion.mask > masks"});
  CHECK(record_links("\"motion.events\"") == Texts{"motion.events > trigger"});
  CHECK(record_links("[\"motion.events\", \"jpeg\", \"motion.mask\"]") ==
        Texts{"motion.events > trigger", "jpeg.out > pictures", "motion.mask > masks"});
}

TEST_CASE("A named link feeds that input") {
  CHECK(record_links("{ pictures = \"jpeg\", trigger = [\"motion\", \"camera.events\"] }") ==
        Texts{"jpeg.out > pictures", "motion.events > trigger", "camera.events > trigger"});
  CHECK(record_problem("{ trigger = \"motion.mask\" }").code == "kinds-mismatch");
  CHECK(record_problem("{ pictures = \"motion.mask\" }").message ==
        "'motion.mask' gives gray8, but input 'pictures' of 'record' takes jpeg");
}

TEST_CASE("Frames are not taken for events where both could be meant") {
  const auto p = record_problem("\"camera\"");
  CHECK(p.code == "kinds-mismatch");
  CHECK(p.message ==
        "'camera' gives bgr8, but 'record' (loadtest.record) takes gray8, jpeg, event");
}

TEST_CASE("An event that is waited for is one that may come") {
  const auto gate = [](const std::string& rest) {
    return kStages + "[stage.gate]\ntype = \"loadtest.gate\"\n" + rest;
  };
  const std::string both = "from = { in = \"jpeg\", events = [\"motion\", \"camera.events\"] }\n";
  plan(gate(both));
  plan(gate(both + "open = \"camera.lost\"\nclose = \"motion.began\""));
  plan(gate("from = \"jpeg\"\nopen = \"\""));
  // What declares no events may raise any.
  plan(gate("from = { in = \"jpeg\", events = [\"motion\", \"jpeg.events\"] }\nopen = \"door\""));
  CHECK(problem(gate("from = \"jpeg\"")).message ==
        "'gate' (loadtest.gate) waits for the event 'motion.began', but nothing is linked to its "
        "input 'events'");
  CHECK(problem(gate(both + "close = \"motion.end\"")).message ==
        "'gate' (loadtest.gate) waits for the event 'motion.end', but no stage linked to its input "
        "'events' raises it");
}

TEST_CASE("A frame input doesn't take events") {
  const auto p =
      problem(kStages + "[stage.up]\ntype = \"loadtest.sink\"\nfrom = \"motion.events\"\n");
  CHECK(p.code == "kinds-mismatch");
  CHECK(p.message.find("gives event, but 'up'") != std::string::npos);
}

TEST_CASE("A hint names the output that would fit") {
  const auto p =
      problem(kStages + "[stage.r]\ntype = \"loadtest.record\"\nfrom = { masks = \"motion\" }\n");
  CHECK(p.hint == "\"motion.mask\" gives gray8");
}

TEST_CASE("A hint names the type that converts, with its parameter") {
  const auto p = problem(
      R"(
[stage.camera]
type = "loadtest.source"
[stage.r]
type = "loadtest.record"
from = { masks = "camera" }
)");
  CHECK(p.hint == "put a stage of type \"loadtest.convert\" with to = \"gray8\" between them");
}

TEST_CASE(
    "A hint leaves out what the type does by itself, and there is none where nothing converts") {
  CHECK(converter_hint(Kind::gray8, Kind::bgr8) ==
        "put a stage of type \"loadtest.convert\" between them");
  CHECK(converter_hint(Kind::gray8, Kind::bgr8 | Kind::gray8) ==
        "put a stage of type \"loadtest.convert\" between them");
  CHECK(converter_hint(Kind::bgr8, Kind::yuv420) ==
        "put a stage of type \"loadtest.convert\" with to = \"yuv420\" between them");
  // Of what comes it must take all.
  CHECK(converter_hint(Kind::bgr8 | Kind::array, Kind::jpeg).empty());
  CHECK(converter_hint(Kind::jpeg, Kind::bgr8).empty());
  CHECK(converter_hint(Kind::jpeg, Kind::gray8) ==
        "put a stage of type \"loadtest.decode\" between them");
  // What it would pass on as it came doesn't fit either.
  CHECK(converter_hint(Kind::array | Kind::jpeg, Kind::gray8).empty());
}

TEST_CASE("Who hears all is fed everyone's events, but never in a circle") {
  const auto p = plan(kStages + R"(
[stage.log]
type = "loadtest.log"
[stage.other_log]
type = "loadtest.log"
[stage.digest]
type = "loadtest.digest"
[stage.end]
type = "loadtest.sink"
from = "digest"
)");
  CHECK(links(p, "log") == Texts{"camera.events > events", "jpeg.events > events",
                                 "motion.events > events", "end.events > events"});
  CHECK(links(p, "digest") ==
        Texts{"camera.events > events", "jpeg.events > events", "motion.events > events"});
}

TEST_CASE("Who hears all hears only what `from` says, where it does") {
  const auto p = plan(kStages + "[stage.log]\ntype = \"loadtest.log\"\nfrom = \"motion\"\n");
  CHECK(links(p, "log") == Texts{"motion.events > events"});
}

TEST_CASE("Each stage of a plan comes after those that feed it, else in the file's order") {
  const auto p = plan(R"(
[stage.end]
type = "loadtest.sink"
from = ["b", "a"]
[stage.b]
type = "loadtest.same"
from = "camera"
[stage.a]
type = "loadtest.same"
from = "camera"
[stage.camera]
type = "loadtest.source"
)");
  CHECK(order(p) == Texts{"camera", "b", "a", "end"});
  CHECK(links(p, "end") == Texts{"b.out > in", "a.out > in"});
}

TEST_CASE("Kinds go through stages that hand on what they get") {
  const auto graph = [](const std::string& format) {
    return R"(
[stage.end]
type = "loadtest.uplink"
connect = "x"
from = "two"
[stage.two]
type = "loadtest.same"
from = "one"
[stage.one]
type = "loadtest.same"
from = "camera"
[stage.camera]
type = "loadtest.chosen"
format = ")" +
           format + "\"\n";
  };
  CHECK(plan(graph("jpeg")).stages.size() == 4);
  CHECK(plan(graph("any")).stages.size() == 4);  // it may be JPEG
  const auto p = problem(graph("gray8"));
  CHECK(p.code == "kinds-mismatch");
  CHECK(p.line == 5);
  CHECK(p.message == "'two' gives gray8, but 'end' (loadtest.uplink) takes jpeg");
}

TEST_CASE("What a stage passes on as it came flows behind it, beside what it makes") {
  const auto behind = [](const std::string& format) {
    const auto p = plan(R"(
[stage.camera]
type = "loadtest.chosen"
format = ")" + format + R"("
[stage.decode]
type = "loadtest.decode"
from = "camera"
[stage.end]
type = "loadtest.same"
from = "decode"
)");
    return p.stages.back().links.at(0).kinds;
  };
  CHECK(behind("jpeg") == Kinds(Kind::gray8));
  CHECK(behind("bgr8") == Kinds(Kind::bgr8));  // nothing is made
  CHECK(behind("any") == (Kind::gray8 | Kind::bgr8));
}

TEST_CASE("Two circles are two problems, and what is behind them none") {
  const auto loaded = load_graph_text(R"(
[stage.a]
type = "loadtest.same"
from = "b"
[stage.b]
type = "loadtest.same"
from = "a"
[stage.c]
type = "loadtest.same"
from = ["b", "d"]
[stage.d]
type = "loadtest.same"
from = "c"
[stage.end]
type = "loadtest.uplink"
connect = "x"
from = "d"
)",
                                      request());
  INFO(all_texts(loaded));
  REQUIRE(loaded.problems.size() == 2);
  CHECK(loaded.problems[0].message.find("a -> b -> a") != std::string::npos);
  CHECK(loaded.problems[1].message.find("c -> d -> c") != std::string::npos);
  CHECK(loaded.problems[1].line == 10);
}

TEST_CASE("Events can make a circle too") {
  CHECK(problem(R"(
[stage.camera]
type = "loadtest.chosen"
format = "jpeg"
[stage.record]
type = "loadtest.record"
from = ["camera", "record.events"]
)")
            .code == "cycle");
}

TEST_CASE("A plan has all that is common to stages") {
  const auto p = plan(R"(
name = "common"
drain = "5s"
[stage.camera]
type = "loadtest.source"
optional = true
restart = { on = "never" }
width = 640
buffer = "8MiB"
[stage.jpeg]
type = "loadtest.encode"
from = "camera"
workers = 3
restart = { at_most = 2, within = "5m" }
)");
  CHECK(p.name == "common");
  CHECK(p.device == "here");
  CHECK(p.drain == std::chrono::seconds(5));
  const auto& camera = stage(p, "camera");
  CHECK(camera.optional);
  CHECK_FALSE(camera.restart.on_failure);
  CHECK(camera.workers == 1);
  CHECK(camera.parameters.size() == camera.type->parameters.size());
  CHECK(value<std::int64_t>(p, "camera", "width") == 640);
  CHECK(value<std::int64_t>(p, "camera", "buffer") == 8 << 20);
  CHECK(value<std::int64_t>(p, "camera", "every") == 40'000'000);  // its default
  CHECK(value<std::string>(p, "camera", "source") == "cam");
  const auto& jpeg = stage(p, "jpeg");
  CHECK(jpeg.workers == 3);
  CHECK(jpeg.restart == RestartRules{true, 2, std::chrono::minutes(5)});
  CHECK(jpeg.mailbox == MailboxRules{WhenFull::drop_newest, 0, 0, std::chrono::seconds(9)});
}

TEST_CASE("A plan says of each link what may flow on it, and who hears every stage") {
  const auto p = plan(R"(
[stage.any]
type = "loadtest.chosen"
format = "any"
[stage.gray]
type = "loadtest.chosen"
format = "gray8"
[stage.same]
type = "loadtest.same"
from = ["any", "gray"]
[stage.jpeg]
type = "loadtest.encode"
from = ["any", "same"]
[stage.motion]
type = "loadtest.motion"
from = "gray"
[stage.record]
type = "loadtest.record"
from = { pictures = "jpeg", masks = "motion.mask", trigger = "motion" }
[stage.log]
type = "loadtest.log"
[stage.some]
type = "loadtest.log"
from = "motion"
)");
  const auto kinds = [&](std::string_view name) {
    std::vector<std::string> texts;
    for (const auto& link : stage(p, name).links) texts.push_back(to_string(link.kinds));
    return texts;
  };
  // Of what an output may give, what the input takes.
  CHECK(kinds("same") == Texts{"gray8, bgr8, jpeg", "gray8"});
  CHECK(kinds("jpeg") == Texts{"gray8, bgr8", "gray8, bgr8"});
  CHECK(kinds("record") == Texts{"jpeg", "gray8", "event"});
  CHECK(kinds("log") == Texts(p.stages.size() - 2, "event"));
  CHECK(stage(p, "log").hears_every_stage);
  CHECK_FALSE(stage(p, "some").hears_every_stage);
  CHECK_FALSE(stage(p, "record").hears_every_stage);
}

TEST_CASE("A type declares which of its parameters are addresses, and for what") {
  const auto* type = StageTypes::all().find("loadtest.uplink");
  REQUIRE(type);
  CHECK(type->parameter("connect")->end == End::connects);
  CHECK(type->parameter("bind")->end == End::binds);
  CHECK(type->parameter("note")->end == End::none);
}
