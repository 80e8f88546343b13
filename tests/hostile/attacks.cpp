#include "hostile/attacks.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include "catch.hpp"
#include "eventually.hpp"
#include "hostile/pictures.hpp"
#include "tcp.hpp"

namespace test {

using namespace std::chrono_literals;

using sluice::testkit::HttpClient;

namespace {

const std::string kSmall(48 * 64, 'x');

std::string small_header(const std::string& name) { return header_of(name, "uint8", "[48, 64]"); }

// 60 kB that took the hub a tenth of a second to read.
std::string slow_header(const std::string& name) {
  auto header = small_header(name);
  header.back() = ',';
  header += R"("a": [)";
  for (int i = 0; i < 20'000; ++i) header += "{},";
  return header + "0]}";
}

std::string sluice_header(const std::string& name, const std::string& more) {
  return fmt::format(R"({{"msg": "{}", "dtype": "uint8", "shape": [48, 64], "sluice": {{{}}}}})",
                     name, more);
}

// With keys, a device's names begin with its own.
std::string named(const ShippedHub& hub, const std::string& name) {
  return hub.way.keys ? "eve-" + name : name;
}

void bursts_and_goes(ShippedHub& hub) {
  const Parts message{slow_header(named(hub, "burst")), kSmall};
  for (int burst = 0; burst < 3; ++burst) {
    auto stranger = hub.stranger();
    for (int i = 0; i < 1500 && stranger.send(message); ++i) {
    }
  }
}

void reads_no_replies(ShippedHub& hub) {
  auto stranger = hub.stranger();
  const Parts small{small_header(named(hub, "deaf")), kSmall};
  for (int i = 0; i < 5000 && stranger.send(small); ++i) {
  }
  // Each as large as a camera's picture may be, a gigabyte of them.
  const Parts large{header_of(named(hub, "deaf"), "uint8", "[1200, 2000, 3]"),
                    std::string(1200 * 2000 * 3, 'x')};
  for (int i = 0; i < 150 && stranger.send(large); ++i) {
  }
}

void lies_about_kinds(ShippedHub& hub) {
  auto stranger = hub.stranger();
  const auto bytes = [](std::size_t n) { return std::string(n, '\x7f'); };
  const auto says = [&](const std::string& name, const std::string& dtype, const std::string& shape,
                        std::size_t size) {
    stranger.ask({header_of(named(hub, name), dtype, shape), bytes(size)});
  };
  const auto jpeg = flat_jpeg(64, 48);
  for (const std::string name : {"line", "kinds"}) {
    says(name, "int8", "[1, 60000]", 60'000);
    if (name == "kinds") {
      says(name, "int8", "[1, 6000]", 6000);
      says(name, "uint8", "[60000]", 60'000);
      says(name, "float64", "[3, 3]", 72);
      says(name, "uint16", "[480, 640]", 614'400);
      says(name, "bool", "[48, 64, 3]", 9216);
      says(name, "uint8", "[2, 3, 5, 7]", 210);
      says(name, "int32", "[1, 1, 4]", 16);
    }

    // Pictures of other shapes and kinds under the same name, one after the other.
    stranger.ask({fmt::format(R"({{"msg": "{}"}})", named(hub, name)), jpeg});
    says(name, "uint8", "[50000, 1]", 50'000);
    says(name, "uint8", "[1, 50000, 4]", 200'000);
    stranger.ask({fmt::format(R"({{"msg": "{}"}})", named(hub, name)), jpeg});
    stranger.ask({fmt::format(R"({{"msg": "{}"}})", named(hub, name)), "\x89PNG no picture"});
    stranger.ask({fmt::format(R"({{"msg": "{}", "sluice": {{"v": 1, "run": "k", "seq": 1, )"
                              R"("fmt": "yuv420", "w": 3, "h": 5}}}})",
                              named(hub, name)),
                  bytes(27)});
    // Looked at as whatever they are, by the page and at the links.
    for (const std::string path : {"", "/link/decode", "/link/decode.out"})
      hub.get(path + "/snapshot/" + named(hub, name) + ".jpg");
  }
}

void lies_about_sizes(ShippedHub& hub) {
  auto stranger = hub.stranger();
  const auto name = named(hub, "sizes");
  for (const char* shape : {"[48, 65]", "[-48, -64]", "[0, 64]", "[4294967296, 4294967296]",
                            "[1e308]", "[48, 64, 3, 1, 1, 1, 1, 1, 1]", "\"48\"", "null"})
    stranger.ask({header_of(name, "uint8", shape), kSmall});
  stranger.ask({"{not json", kSmall});
  stranger.ask({std::string(3000, '[') + std::string(3000, ']'), kSmall});
  stranger.ask({std::string(70'000, ' '), kSmall});
  stranger.ask({"", ""});
  // Other numbers of parts than two; and no request at all.
  stranger.ask({"one"});
  stranger.ask(Parts(50, "x"));
  stranger.send_bare({"x", "y", "z", "u", "v"});
  // Larger than the hub takes: cuts the connection.
  stranger.send({header_of(name, "uint8", "[70000, 1000]"), std::string(70'000'000, 'x')});
  stranger.send({small_header(name), kSmall});
}

void large_pictures(ShippedHub& hub) {
  static const auto huge = flat_jpeg(8000, 8000);
  static const auto large = flat_jpeg(5000, 5000);
  auto stranger = hub.stranger();
  for (int i = 0; i < 12; ++i) {
    const auto header = fmt::format(R"({{"msg": "{}"}})", named(hub, fmt::format("large-{}", i)));
    stranger.ask({header, huge});
    stranger.ask({header, large});
  }
}

void many_scans(ShippedHub& hub) {
  static const auto bomb = jpeg_of_scans(4900, 4900, 490);
  // Who looks at what comes in sees the stranger's pictures decoded for it.
  HttpClient viewer(hub.page());
  viewer.begin_stream("/link/decode/montage.mjpg");
  viewer.part();
  auto stranger = hub.stranger();
  std::vector<std::string> names;
  for (int i = 0; i < 4; ++i) {
    names.push_back(named(hub, fmt::format("scans-{}", i)));
    stranger.ask({fmt::format(R"({{"msg": "{}"}})", names.back()), bomb});
  }
  for (const auto& name : names) {
    INFO(name);
    const std::vector<std::string> labels{"stage=\"decode\"", fmt::format("source=\"{}\"", name)};
    CHECK(eventually([&] { return hub.figure("sluice_source_failed_total", labels) == 1; }));
  }
  // All of the scans of one take nine seconds. A part that does not come for ten throws.
  for (int i = 0; i < 5; ++i) viewer.part();
}

void many_names(ShippedHub& hub) {
  auto greedy = hub.stranger();
  for (int i = 0; i < 5000; ++i) {
    if (!greedy.send({header_of(named(hub, fmt::format("name-{}", i)), "uint8", "[2, 2]"), "abcd"}))
      break;
    greedy.replies();
  }
  // While it is still there, a camera that comes finds a place, and its motion is found. With keys
  // it is another device, as that is whose names are its own.
  auto camera = hub.stranger(hub.way.keys ? "porch" : "eve");
  const std::string name = hub.way.keys ? "porch-new" : "new";
  const auto picture = [](int n) {
    std::string pixels(120 * 160, 'x');
    if (n > 20)
      for (int y = 30; y < 80; ++y)
        for (int x = 0; x < 50; ++x)
          pixels[static_cast<std::size_t>(160 * y + x + n * 3 % 100)] = '\xff';
    return pixels;
  };
  const auto found = [&] {
    for (const auto& event : hub.process().events("motion.began"))
      if (event["source"] == name) return true;
    return false;
  };
  for (int n = 0; n < 400 && !found(); ++n) {
    CHECK(camera.ask({header_of(name, "uint8", "[120, 160]"), picture(n)}).substr(0, 5) != "ERROR");
    std::this_thread::sleep_for(20ms);
  }
  CHECK(found());
}

void lies_about_numbers(ShippedHub& hub) {
  auto stranger = hub.stranger();
  const auto name = named(hub, "numbers");
  for (const char* more : {
           R"("v": 1, "run": "a", "seq": 0, "t": 1)",
           R"("v": 1, "run": "a", "seq": 9223372036854775808, "t": 4611686018427387903)",
           R"("v": 1, "run": "a", "seq": 9223372036854775809, "t": 0)",
           R"("v": 1, "run": "a", "seq": 18446744073709551615, "t": 4611686018427387903)",
           R"("v": 1, "run": "b", "seq": 5, "t": 4611686018427387903, "sent": 1)",
           R"("v": 1, "run": "b", "seq": 6, "t": 0, "sent": 0, "off": -4611686018427387903)",
           R"("v": 1, "run": "b", "seq": 7, "t": 1, "sent": 4611686018427387903, "off": 1)",
           R"("v": 1, "run": "c", "seq": 18446744073709551616)",
           R"("v": 1, "run": "c", "seq": -1)",
           R"("v": 1e308, "run": 7, "seq": 1.5)",
       })
    stranger.ask({sluice_header(name, more), kSmall});
  // Which may have no answer.
  stranger.send({sluice_header(name, R"("v": 1, "run": "", "seq": 1, "ping": true)"), kSmall});
  stranger.send({sluice_header(name, R"("v": 1, "run": "d", "ping": 1, "bye": 0)"), kSmall});
  stranger.ask({sluice_header(name, fmt::format(R"("v": 1, "run": "{}", "seq": 1)",
                                                std::string(50'000, 'r'))),
                kSmall});
  hub.camera_goes_on(40);  // figures are taken once a second
  const std::vector<std::string> labels{"stage=\"cameras\"", fmt::format("source=\"{}\"", name)};
  CHECK(hub.figure("sluice_source_missing_total", labels).value_or(0) < 1e6);
  // Nobody's frames are years old, and none come from the time to come.
  const auto sum = hub.figure("sluice_stage_age_seconds_sum", {"stage=\"cameras\""}).value_or(0);
  CHECK(sum >= 0);
  CHECK(sum < 20 * 3700);
}

void tells_without_end(ShippedHub& hub) {
  const auto before = hub.process().events().size();
  auto stranger = hub.stranger();
  for (int i = 0; i < 5000; ++i) {
    if (!stranger.send({fmt::format(R"({{"msg": "{}|motion|{}"}})", named(hub, "liar view"),
                                    i % 2 == 0 ? "moving" : "still"),
                        "0"}))
      break;
    stranger.replies();
  }
  stranger.ask({small_header(named(hub, "liar")), kSmall});
  hub.camera_goes_on();
  CHECK(hub.process().events().size() < before + 1000);
}

void slow_headers(ShippedHub& hub) {
  std::vector<Stranger> strangers;
  for (int i = 0; i < 20; ++i) strangers.push_back(hub.stranger());
  for (auto& stranger : strangers)
    for (int i = 0; i < 5; ++i) stranger.send({slow_header(named(hub, "slow")), kSmall});
  for (auto& stranger : strangers)
    for (int i = 0; i < 5 && stranger.answered(); ++i) CHECK(stranger.reply(30s));
}

void another_s_goodbye(ShippedHub& hub) {
  auto honest = hub.stranger(), stranger = hub.stranger();
  const auto name = named(hub, "garden");
  const auto frame = [&](int seq) {
    return Parts{sluice_header(name, fmt::format(R"("v": 1, "run": "its-own", "seq": {})", seq)),
                 kSmall};
  };
  const auto came = [&](const std::string& source, std::uint64_t count) {
    INFO(source);
    CHECK(eventually([&] { return hub.frames("cameras", source) == count; }));
  };
  honest.ask(frame(1));
  came(name, 1);
  const auto bye = [](const std::string& run) {
    return Parts{
        fmt::format(R"({{"msg": "", "sluice": {{"v": 1, "run": "{}", "bye": true}}}})", run), ""};
  };
  for (int i = 0; i < 200; ++i) stranger.send(bye(fmt::format("{:08x}", i)));
  stranger.send(bye("its-own"));
  const auto other = named(hub, "other");
  stranger.ask({small_header(other), kSmall});
  came(other, 1);  // and with it, all that was sent before
  const auto reply = honest.ask(frame(2));
  came(name, 2);
  // Events are told in their order: with this one, all before it are.
  stranger.ask({fmt::format(R"({{"msg": "{}|Heartbeat"}})", other), "0"});
  const auto told = [&](std::string_view event, const std::string& source) {
    const auto events = hub.process().events(event);
    return std::any_of(events.begin(), events.end(),
                       [&](const auto& one) { return one.value("source", "") == source; });
  };
  CHECK(eventually([&] { return told("node.heartbeat", other); }));
  // With keys both are the same device, which may end what is its own.
  CHECK(told("source.gone", name) == hub.way.keys);
  if (!hub.way.keys) CHECK(reply.substr(0, 5) != "ERROR");
}

void comes_and_goes(ShippedHub& hub) {
  for (int i = 0; i < 100; ++i) {
    auto stranger = hub.stranger();
    stranger.send({small_header(named(hub, fmt::format("fly-{}", i))), kSmall});
  }
}

const std::string kGreeting =
    std::string("\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01", 12) + "NULL" + std::string(48, '\0');

void silent_connections(ShippedHub& hub) {
  std::vector<Tcp> strangers;
  for (std::size_t i = 0; i < 300; ++i) {
    auto& stranger = strangers.emplace_back(hub.address());
    stranger.send(kGreeting.substr(0, i % kGreeting.size()));
  }
  hub.camera_goes_on();
}

void noise(ShippedHub& hub) {
  std::mt19937 random(7);
  for (int i = 0; i < 100; ++i) {
    Tcp stranger(hub.address());
    std::string bytes(random() % 3000, '\0');
    for (auto& c : bytes) c = static_cast<char>(random());
    stranger.send(i % 3 == 0   ? kGreeting + bytes
                  : i % 3 == 1 ? bytes
                               : "GET / HTTP/1.1\r\nHost: hub\r\n\r\n" + bytes);
  }
}

// In the place of a handshake a command of 60 MiB, a byte short of its end, on each connection.
void large_before_the_handshake(ShippedHub& hub) {
  const std::string greeting = std::string("\xff\0\0\0\0\0\0\0\0\x7f\x03\0", 12) +
                               (hub.way.keys ? "CURVE" : std::string("NULL\0", 5)) +
                               std::string(47, '\0');
  constexpr std::size_t kMiB = 1 << 20;
  const std::string piece(kMiB, '\0');
  std::vector<Tcp> strangers;
  for (int i = 0; i < 24; ++i) {
    auto& stranger = strangers.emplace_back(hub.address());
    stranger.send(greeting);
    stranger.receive(64);
    bool open = stranger.send(std::string("\x06\0\0\0\0\x03\xc0\0\0", 9));
    for (int mib = 0; mib < 59 && open; ++mib) open = stranger.send(piece);
  }
}

}  // namespace

const std::vector<Attack>& attacks_by_message() {
  static const std::vector<Attack> attacks{
      {"lies about kinds", lies_about_kinds},
      {"lies about sizes and shapes", lies_about_sizes},
      {"lies about numbers and times", lies_about_numbers},
      {"says goodbye for another", another_s_goodbye},
      {"comes and goes", comes_and_goes},
      {"sends headers that are slow to read", slow_headers},
      {"tells without end", tells_without_end},
      {"sends a burst and goes", bursts_and_goes},
      {"reads no replies", reads_no_replies},
      {"sends large pictures under many names", large_pictures},
      {"sends pictures of many scans", many_scans},
      {"takes all names", many_names},
  };
  return attacks;
}

const std::vector<Attack>& attacks_by_connection() {
  static const std::vector<Attack> attacks{
      {"connects and says nothing", silent_connections},
      {"sends noise", noise},
      {"sends much before the handshake", large_before_the_handshake},
  };
  return attacks;
}

}  // namespace test
