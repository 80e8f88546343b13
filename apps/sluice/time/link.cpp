// sluice time send, sluice time receive: how fast pictures get from one machine to another, and how
// old they get, against Sluice or imagezmq at the other end.

#include <fmt/format.h>

#include <charconv>
#include <sluice/observe/log.hpp>

#include "graph_option.hpp"
#include "session.hpp"
#include "time/link_graph.hpp"
#include "time/link_text.hpp"
#include "time/measurement.hpp"
#include "time/text.hpp"
#include "verbs.hpp"
#include "whole_file.hpp"

namespace sluice::app {
namespace {

// Longer than a reconnection takes.
constexpr const char* kIdle = "3s";

struct Options {
  LinkEnd link;
  bool other_way = false;  // a sender listens, a receiver connects
  std::string length, warmup = "2s", idle;
  std::vector<std::string> sets;
  std::string json;
  Pictures pictures;
  std::string size;

  void add_to(CLI::App& verb) {
    verb.add_option("--pattern", link.pattern, "how frames are handed over (request)")
        ->check(CLI::IsMember({"request", "publish", "push"}));
    verb.add_option("--warmup", warmup, "what is left out after the first frame (2s)")
        ->type_name("DURATION");
    verb.add_option("--set", sets, "set a value of the graph, as in --set stage.send.window=8")
        ->type_name("KEY=VALUE")
        ->take_all();
    verb.add_option("--json", json, "write all figures there")->type_name("FILE");
  }
};

int measure(const Options& o, const std::string& verb, const std::string& graph) {
  TimedRunRules rules;
  const auto warmup = duration_or_tell("--warmup", o.warmup);
  if (!warmup) return kWrong;
  rules.warmup = *warmup;
  if (!o.length.empty() && !(rules.length = duration_or_tell("--for", o.length))) return kWrong;
  if (!o.idle.empty()) {
    const auto idle = duration_or_tell("--idle", o.idle);
    if (!idle) return kWrong;
    rules.idle = *idle;
  }
  rules.from_first_frame = true;
  rules.status = true;

  auto request = default_request("sluice time " + verb);
  request.sets = o.sets;
  const auto plan = plan_or_tell(load_graph_text(graph, request));
  if (!plan) {
    fmt::print(stderr,
               "sluice: that is the graph which sluice time {0} makes; --set changes what is in it,"
               " as in --set stage.{0}.security=none\n",
               verb);
    return kWrong;
  }
  std::optional<WholeFile> json;
  if (!o.json.empty()) json.emplace(o.json);
  const auto when = Clock::system().utc();
  const std::vector<Variant> runs{{{}, o.sets, {timed_run(*plan, rules)}}};
  fmt::print("{}{}", text_of_run(runs[0].runs[0]), text_of_link(runs[0].runs[0], verb));
  if (json) json->put_in_place(text_of_json(measurement_of(*plan, when, rules, 1, runs)));
  return kDone;
}

// "1280x720"; what sizes there are, the graph's check knows.
bool parse_size_of_picture(const std::string& text, Pictures& pictures) {
  const auto* end = text.data() + text.size();
  const auto width = std::from_chars(text.data(), end, pictures.width);
  if (width.ec != std::errc() || width.ptr == end || *width.ptr != 'x') return false;
  const auto height = std::from_chars(width.ptr + 1, end, pictures.height);
  return height.ec == std::errc() && height.ptr == end;
}

int send(Options o) {
  if (!o.size.empty() && !parse_size_of_picture(o.size, o.pictures)) {
    fmt::print(stderr, "sluice: --size takes WIDTHxHEIGHT such as 1280x720, not '{}'\n",
               escaped(o.size));
    return kWrong;
  }
  // '*' is all addresses of this machine.
  o.link.listens = o.other_way || o.link.address.find("//*") != std::string::npos;
  return measure(o, "send", graph_of_sender(o.link, o.pictures));
}

int receive(Options o) {
  o.link.listens = !o.other_way;
  return measure(o, "receive", graph_of_receiver(o.link));
}

}  // namespace

Verb add_time_send(CLI::App& time) {
  auto o = std::make_shared<Options>();
  o->length = "10s";
  auto* verb = time.add_subcommand("send", "Sends pictures to another machine and measures that");
  verb->add_option("ADDRESS", o->link.address, "of the hub, as in tcp://192.168.1.10:5555")
      ->required();
  verb->add_flag("--bind", o->other_way, "listen there, and hubs connect; so does '*' as the host");
  o->add_to(*verb);
  verb->add_option("--for", o->length, "how long, after the warm-up (10s)")->type_name("DURATION");
  auto* jpeg = verb->add_option("--jpeg", o->pictures.quality, "the JPEG's quality (85)");
  verb->add_flag("--raw", o->pictures.raw, "send pixels, not JPEG")->excludes(jpeg);
  auto* size = verb->add_option("--size", o->size, "of made-up pictures (1280x720)")
                   ->type_name("WIDTHxHEIGHT");
  auto* rate =
      verb->add_option("--rate", o->pictures.rate, "frames/s of made-up pictures (0: flat out)");
  verb->add_option("--video", o->pictures.video, "send the first pictures of this file instead")
      ->type_name("FILE")
      ->excludes(size)
      ->excludes(rate);
  verb->add_option("--name", o->pictures.name, "the camera's name (the host's)");
  return [o] { return send(*o); };
}

Verb add_time_receive(CLI::App& time) {
  auto o = std::make_shared<Options>();
  o->link.address = "tcp://127.0.0.1:5555";
  o->idle = kIdle;
  auto* verb =
      time.add_subcommand("receive", "Receives pictures from other machines and measures that");
  verb->add_option("ADDRESS", o->link.address,
                   "where to listen (tcp://127.0.0.1:5555), as in 'tcp://*:5555'");
  verb->add_flag("--connect", o->other_way, "connect there: to one who publishes");
  o->add_to(*verb);
  verb->add_option("--for", o->length, "how long, after the warm-up (until it is idle, or Ctrl-C)")
      ->type_name("DURATION");
  verb->add_option("--idle", o->idle, "end when no frame has come for so long (3s)")
      ->type_name("DURATION");
  return [o] { return receive(*o); };
}

}  // namespace sluice::app
