// Both ends on real sockets: against each other, and against peers that speak as imagezmq does.

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <random>
#include <sluice/testkit.hpp>
#include <zmq.hpp>

#include "catch.hpp"
#include "codec/jpeg_compressor.hpp"
#include "process.hpp"
#include "tcp.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using testkit::StageTest;

namespace {

std::string free_address() { return "tcp://" + test::free_address(); }

FramePtr frame(std::uint64_t sequence, const std::string& source = "cam") {
  return testkit::make_frame(
      cv::Mat(4, 6, CV_8UC3, cv::Scalar::all(static_cast<double>(sequence % 256))), source,
      sequence, Clock::system().utc());
}

FramePtr jpeg_of(const FramePtr& picture) {
  codec::JpegCompressor compressor;
  return picture->with(compressor.encode(*picture->image(), {}));
}

// An old peer: imagezmq's own sockets and message, sent part by part.
struct Peer {
  zmq::context_t context{1};
  zmq::socket_t socket;
  explicit Peer(zmq::socket_type type) : socket(context, type) {
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::rcvtimeo, 10'000);
    socket.set(zmq::sockopt::sndtimeo, 10'000);
  }
  void send(const std::vector<std::string>& parts) {
    for (std::size_t i = 0; i < parts.size(); ++i)
      REQUIRE(socket.send(zmq::buffer(parts[i]),
                          i + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none));
  }
  std::vector<std::string> receive() {
    std::vector<std::string> parts;
    for (bool more = true; more;) {
      zmq::message_t part;
      REQUIRE(socket.recv(part));
      parts.push_back(part.to_string());
      more = part.more();
    }
    return parts;
  }
};

const std::string kJpeg = "\xff\xd8\xff\xd9";
const std::string kRaw = R"({"msg": "rpi1", "dtype": "uint8", "shape": [2, 2, 3]})";

struct Receiver : StageTest {
  explicit Receiver(const std::string& address, StageTest::Parameters more = {})
      : StageTest("transport.receive", with(address, std::move(more)), &Clock::system()) {
    run_in_thread();
  }
  static Parameters with(const std::string& address, Parameters more) {
    more.emplace_back("bind", address);
    return more;
  }
};

struct Sender : StageTest {
  explicit Sender(const std::string& address, StageTest::Parameters more = {})
      : StageTest("transport.send", with(address, std::move(more)), &Clock::system()) {
    run_in_thread();
  }
  static Parameters with(const std::string& address, Parameters more) {
    more.emplace_back("connect", address);
    return more;
  }
};

}  // namespace

TEST_CASE("Sluice to Sluice: every frame, in order, none twice, acknowledged") {
  const auto address = free_address();
  Receiver hub(address);
  Sender node(address);
  for (std::uint64_t i = 0; i < 500; ++i) node.queue(frame(i));
  node.end_inputs();
  REQUIRE(hub.eventually([&] { return hub.frames().size() == 500; }));
  REQUIRE(node.eventually([&] { return node.counts().out == 500; }));
  node.stop();
  const auto got = hub.frames();
  for (std::uint64_t i = 0; i < 500; ++i) {
    CHECK(got[i]->sequence == i);
    CHECK(got[i]->captured_known);
    CHECK(got[i]->image()->mat().at<cv::Vec3b>(0, 0)[0] == i % 256);
  }
  CHECK(node.counts().dropped.empty());
}

TEST_CASE("a node may start before its hub, and a hub may come back") {
  const auto address = free_address();
  Sender node(address);
  node.queue(frame(0));
  node.queue(frame(1));
  {
    Receiver hub(address);
    REQUIRE(hub.eventually([&] { return hub.frames().size() == 2; }));
    REQUIRE(node.eventually([&] { return node.counts().out == 2; }));
  }
  // The hub is gone: frames wait in the mailbox, not in a socket.
  REQUIRE(node.eventually([&] {
    const auto events = node.events();
    return !events.empty() && events.back().name == "link.down";
  }));
  node.queue(frame(2));
  Receiver hub(address);
  REQUIRE(hub.eventually([&] { return hub.frames().size() == 1; }));
  CHECK(hub.frames()[0]->sequence == 2);
  node.stop();
}

TEST_CASE("an old REQ sender is answered OK, frame by frame, several at once") {
  const auto address = free_address();
  Receiver hub(address);
  Peer one(zmq::socket_type::req), two(zmq::socket_type::req);
  one.socket.connect(address);
  two.socket.connect(address);
  for (int i = 0; i < 20; ++i) {
    const auto picture = static_cast<char>('a' + i);
    one.send({kRaw, std::string(12, picture)});
    two.send({R"({"msg": "rpi2"})", kJpeg + picture});
    CHECK(one.receive() == std::vector<std::string>{"OK"});
    CHECK(two.receive() == std::vector<std::string>{"OK"});
  }
  REQUIRE(hub.frames().size() == 40);
  std::map<std::string, std::uint64_t> next;
  for (const auto& f : hub.frames()) CHECK(f->sequence == next[f->source]++);
  CHECK(next.size() == 2);
}

TEST_CASE("a REQ_CORRELATE peer gets its own part back") {
  const auto address = free_address();
  Receiver hub(address);
  Peer peer(zmq::socket_type::req);
  peer.socket.set(zmq::sockopt::req_correlate, true);
  peer.socket.connect(address);
  peer.send({kRaw, std::string(12, 'x')});
  CHECK(peer.receive() == std::vector<std::string>{"OK"});
}

TEST_CASE("an old REP hub is fed, with several frames under way") {
  const auto address = free_address();
  Peer hub(zmq::socket_type::rep);
  hub.socket.bind(address);
  Sender node(address, {{"window", std::int64_t{4}}});
  for (std::uint64_t i = 0; i < 20; ++i) node.queue(frame(i, "pi"));
  node.end_inputs();
  for (std::uint64_t i = 0; i < 20; ++i) {
    const auto parts = hub.receive();
    REQUIRE(parts.size() == 2);
    const auto header = nlohmann::json::parse(parts[0]);
    CHECK(header["msg"] == "pi");
    CHECK(header["dtype"] == "uint8");
    CHECK(header["shape"] == nlohmann::json({4, 6, 3}));
    CHECK(header["sluice"]["seq"] == i);
    CHECK(parts[1].size() == 72);
    hub.send({"OK"});
  }
  REQUIRE(node.eventually([&] { return node.counts().out == 20; }));
}

TEST_CASE("a JPEG to who knows whom ends no old hub, and the log says what to set, once") {
  const auto address = free_address();
  Peer hub(zmq::socket_type::rep);
  hub.socket.bind(address);
  Sender node(address);
  const auto jpeg = jpeg_of(frame(1, "pi"));
  for (std::uint64_t i = 0; i < 20; ++i) node.queue(jpeg);
  node.end_inputs();
  for (int i = 0; i < 20; ++i) {
    const auto parts = hub.receive();
    REQUIRE(parts.size() == 2);
    const auto header = nlohmann::json::parse(parts[0]);
    CHECK(header["dtype"] == "uint8");  // else recv_image() raises
    std::size_t bytes = 1;
    for (const auto& size : header["shape"]) bytes *= size.get<std::size_t>();
    CHECK(bytes == parts[1].size());
    const auto sent = jpeg->encoded()->bytes;
    CHECK(std::equal(sent.begin(), sent.end(), parts[1].begin(),
                     [](auto a, char b) { return a == static_cast<std::uint8_t>(b); }));
    hub.send({"OK"});
  }
  REQUIRE(node.eventually([&] { return node.counts().out == 20; }));
  node.stop();
  int told = 0;
  for (const auto& line : node.log())
    told += static_cast<int>(line.find("peer = \"imagezmq-images\"") != std::string::npos);
  CHECK(told == 1);
}

TEST_CASE("a Sluice hub gets a JPEG's own bytes, the first one's, too") {
  const auto pattern = GENERATE("request", "publish");
  const auto address = free_address();
  Receiver hub(address, {{"pattern", pattern}});
  Sender node(address, {{"pattern", pattern}});
  const auto jpeg = jpeg_of(frame(0));
  std::uint64_t sequence = 0;
  REQUIRE(hub.eventually([&] {
    auto next = std::make_shared<Frame>(*jpeg);
    next->sequence = sequence++;
    node.queue(next);
    return hub.frames().size() >= 10;
  }));
  node.stop();
  for (const auto& got : hub.frames())
    CHECK(std::ranges::equal(got->encoded()->bytes, jpeg->encoded()->bytes));
  for (const auto& line : node.log()) CHECK(line.find("peer =") == std::string::npos);
}

TEST_CASE("an old hub that is named gets what it reads, whatever comes") {
  struct Case {
    std::string peer;
    FramePtr frame;
    nlohmann::json shape;  // null: a JPEG
  };
  const auto colours = frame(7, "pi");
  const auto yuv = colours->with(Image::make_yuv420(6, 4));
  const auto bgra = colours->with(Image(Kind::bgra8, cv::Mat::zeros(4, 6, CV_8UC4)));
  const auto gray = colours->with(Image(Kind::gray8, cv::Mat::zeros(4, 6, CV_8UC1)));
  const auto numbers = colours->with(Image(Kind::array, cv::Mat::zeros(4, 6, CV_32FC1)));
  const nlohmann::json shown{4, 6, 3}, plain{4, 6};
  const auto c = GENERATE_COPY(values<Case>({{"imagezmq-images", colours, shown},
                                             {"imagezmq-images", yuv, shown},
                                             {"imagezmq-images", bgra, shown},
                                             {"imagezmq-images", jpeg_of(colours), shown},
                                             {"imagezmq-images", gray, plain},
                                             {"imagezmq-images", numbers, plain},
                                             {"imagezmq-jpegs", colours, nullptr},
                                             {"imagezmq-jpegs", yuv, nullptr},
                                             {"imagezmq-jpegs", jpeg_of(colours), nullptr}}));
  INFO(c.peer << ", " << to_string(c.frame->kind()));
  const auto address = free_address();
  Peer hub(zmq::socket_type::rep);
  hub.socket.bind(address);
  Sender node(address, {{"peer", c.peer}});
  node.queue(c.frame);
  const auto parts = hub.receive();
  hub.send({"OK"});
  REQUIRE(parts.size() == 2);
  const auto header = nlohmann::json::parse(parts[0]);
  CHECK(header["msg"] == "pi");
  if (c.shape.is_null()) {
    CHECK(!header.contains("shape"));
    CHECK(parts[1].starts_with("\xff\xd8"));
    CHECK(parts[1].ends_with("\xff\xd9"));
  } else {
    CHECK(header["shape"] == c.shape);
  }
  REQUIRE(node.eventually([&] { return node.counts().out == 1; }));
  node.stop();
  for (const auto& line : node.log()) CHECK(line.find("peer =") == std::string::npos);
}

TEST_CASE("imagehub gets a node's start, its pictures and its events as imagenode's texts") {
  const auto address = free_address();
  Peer hub(zmq::socket_type::rep);
  hub.socket.bind(address);
  Sender node(address, {{"peer", "imagehub"}, {"node", "Front Garden"}});
  const auto next_text = [&] {
    const auto parts = hub.receive();
    hub.send({"OK"});
    REQUIRE(parts.size() == 2);
    CHECK(parts[1].starts_with("\xff\xd8"));  // imagehub calls recv_jpg()
    const auto header = nlohmann::json::parse(parts[0]);
    CHECK(header.size() == 1);
    return header["msg"].get<std::string>();
  };
  CHECK(next_text().starts_with("Front Garden|Restart|"));
  node.queue(frame(1, "door"));
  CHECK(next_text() == "Front Garden door|jpg");
  node.queue(Event{"motion.began", "door", {{"boxes", std::int64_t{1}}}});
  CHECK(next_text() == "Front Garden door|motion|moving");
  node.queue(Event{"motion.ended", "door"});
  node.queue(Event{"link.up", ""});  // not for imagehub
  node.queue(jpeg_of(frame(2, "door")));
  CHECK(next_text() == "Front Garden door|motion|still");
  CHECK(next_text() == "Front Garden door|jpg");
  REQUIRE(node.eventually([&] { return node.counts().out == 2; }));
  node.stop();
  CHECK(node.counts().failed == 0);
  CHECK(node.counts().dropped.empty());
}

TEST_CASE("imagehub hears that a node is alive, as often as is wanted") {
  const auto address = free_address();
  Peer hub(zmq::socket_type::rep);
  hub.socket.bind(address);
  Sender node(address, {{"peer", "imagehub"}, {"node", "garden"}, {"heartbeat", "100ms"}});
  for (int beats = 0; beats < 3;) {
    const auto text = nlohmann::json::parse(hub.receive().at(0))["msg"].get<std::string>();
    hub.send({"OK"});
    const bool beat = text == "garden|Heartbeat";
    CHECK((beat || text.starts_with("garden|Restart|")));
    beats += beat ? 1 : 0;
  }
}

TEST_CASE("what imagehub was told and has not acknowledged it is told again, and in order") {
  const auto address = free_address();
  Sender node(address, {{"peer", "imagehub"}, {"node", "garden"}});
  const auto text_in = [](const std::vector<std::string>& parts) {
    return nlohmann::json::parse(parts.at(parts.size() - 2))["msg"].get<std::string>();
  };
  {
    Peer mute(zmq::socket_type::router);
    mute.socket.bind(address);
    CHECK(text_in(mute.receive()).starts_with("garden|Restart|"));
    node.queue(Event{"motion.began", "door"});
    CHECK(text_in(mute.receive()) == "garden door|motion|moving");
    node.queue(frame(1, "door"));
    CHECK(text_in(mute.receive()) == "garden door|jpg");
  }
  // The frame was lost with the connection.
  REQUIRE(node.eventually([&] { return node.counts().dropped["link_lost"] == 1; }));
  Peer hub(zmq::socket_type::rep);
  hub.socket.bind(address);
  CHECK(text_in(hub.receive()).starts_with("garden|Restart|"));
  hub.send({"OK"});
  CHECK(text_in(hub.receive()) == "garden door|motion|moving");
  hub.send({"OK"});
  node.queue(frame(2, "door"));
  CHECK(text_in(hub.receive()) == "garden door|jpg");
  hub.send({"OK"});
  REQUIRE(node.eventually([&] { return node.counts().out == 1; }));
}

TEST_CASE("events that nobody at the other end reads are not sent, and the log says so, once") {
  const auto address = free_address();
  Peer hub(zmq::socket_type::rep);
  hub.socket.bind(address);
  Sender node(address);
  node.queue(Event{"motion.began", "pi"});
  node.queue(Event{"motion.ended", "pi"});
  node.queue(frame(0, "pi"));
  CHECK(nlohmann::json::parse(hub.receive().at(0))["msg"] == "pi");
  hub.send({"OK"});
  REQUIRE(node.eventually([&] { return node.counts().out == 1; }));
  node.stop();
  int told = 0;
  for (const auto& line : node.log())
    told += static_cast<int>(line.find("events are sent to imagehub only") != std::string::npos);
  CHECK(told == 1);
}

TEST_CASE("what an old hub has no form for fails, with the reason, and the next goes on") {
  const auto peer = GENERATE("imagezmq-images", "imagezmq-jpegs");
  const auto address = free_address();
  Peer hub(zmq::socket_type::rep);
  hub.socket.bind(address);
  Sender node(address, {{"peer", peer}});
  node.queue(frame(0)->with(Encoded::from(Kind::png, {0x89, 'P', 'N', 'G'})));
  node.queue(frame(1));
  CHECK(hub.receive().size() == 2);
  hub.send({"OK"});
  REQUIRE(node.eventually([&] { return node.counts().out == 1; }));
  node.stop();
  CHECK(node.counts().failed == 1);
}

TEST_CASE("a hub that answered as an old one does is sent no planes") {
  const auto address = free_address();
  Peer hub(zmq::socket_type::rep);
  hub.socket.bind(address);
  Sender node(address);
  const auto yuv = frame(0, "pi")->with(Image::make_yuv420(6, 4));
  const auto next_shape = [&] {
    node.queue(yuv);
    const auto parts = hub.receive();
    hub.send({"OK"});
    return nlohmann::json::parse(parts.at(0))["shape"];
  };
  next_shape();
  REQUIRE(node.eventually([&] { return node.counts().out == 1; }));
  CHECK(next_shape() == nlohmann::json({4, 6, 3}));
}

TEST_CASE(
    "a hub that never answers: what was under way is dropped and counted, and sending goes on") {
  const auto address = free_address();
  Peer mute(zmq::socket_type::router);
  mute.socket.bind(address);
  Sender node(address, {{"window", std::int64_t{2}}, {"reply_limit", "300ms"}});
  for (std::uint64_t i = 0; i < 4; ++i) node.queue(frame(i));
  // Two are taken and go unanswered; after the limit, the next two.
  for (int i = 0; i < 4; ++i) CHECK(mute.receive().size() == 4);
  REQUIRE(node.eventually([&] { return node.counts().dropped["no_reply"] == 4; }));
  node.stop();
  CHECK(node.counts().out == 0);
}

TEST_CASE("messages that are no frames are counted and answered, and disturb nobody else") {
  const auto address = free_address();
  Receiver hub(address);
  Peer good(zmq::socket_type::req);
  good.socket.connect(address);
  const std::vector<std::vector<std::string>> bad{
      {"just one"},
      {kRaw, "xx", "three"},
      {"{not json", kJpeg},
      {kRaw, "too short"},
      {R"({"msg": "../../x", "dtype": "uint8", "shape": [65535, 65535, 65535]})", "x"},
      {R"({"msg": "a"})", "no jpeg"}};
  char picture = 'a';
  for (const auto& message : bad) {
    Peer peer(zmq::socket_type::req);
    peer.socket.connect(address);
    peer.send(message);
    const auto reply = peer.receive();
    REQUIRE(reply.size() == 1);
    CHECK(reply[0].substr(0, 5) == "ERROR");
    good.send({kRaw, std::string(12, picture++)});
    CHECK(good.receive() == std::vector<std::string>{"OK"});
  }
  SECTION("without the empty part, or with nothing at all, there is no answer") {
    Peer odd(zmq::socket_type::dealer);
    odd.socket.connect(address);
    odd.send({"a", "b", "c", "d", "e"});
    odd.send({""});
    odd.send(std::vector<std::string>(50, "many"));
    REQUIRE(hub.eventually([&] { return hub.counts().failed == bad.size() + 3; }));
  }
  good.send({kRaw, std::string(12, 'x')});
  CHECK(good.receive() == std::vector<std::string>{"OK"});
  CHECK(hub.frames().size() == bad.size() + 1);
  CHECK(hub.counts().failed >= bad.size());
}

TEST_CASE("a peer that speaks no ZeroMQ, or connects and says nothing, disturbs nobody") {
  const auto address = free_address();
  Receiver hub(address);
  const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  const auto connect_plain = [&] {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(fd, reinterpret_cast<sockaddr*>(&a), sizeof a) == 0);
    return fd;
  };
  const int silent = connect_plain();
  const int http = connect_plain();
  const std::string request = "GET / HTTP/1.1\r\nHost: hub\r\n\r\n";
  CHECK(write(http, request.data(), request.size()) == static_cast<ssize_t>(request.size()));
  Peer good(zmq::socket_type::req);
  good.socket.connect(address);
  good.send({kRaw, std::string(12, 'x')});
  CHECK(good.receive() == std::vector<std::string>{"OK"});
  close(http);
  close(silent);
}

TEST_CASE("a message over the limit cuts its sender, and nobody else") {
  const auto address = free_address();
  Receiver hub(address, {{"max_message", "2kB"}});
  Peer huge(zmq::socket_type::req);
  huge.socket.set(zmq::sockopt::rcvtimeo, 500);
  huge.socket.connect(address);
  huge.send({R"({"msg":"a","dtype":"uint8","shape":[100000]})", std::string(100'000, 'x')});
  zmq::message_t reply;
  CHECK_FALSE(huge.socket.recv(reply));
  Peer good(zmq::socket_type::req);
  good.socket.connect(address);
  good.send({kRaw, std::string(12, 'x')});
  CHECK(good.receive() == std::vector<std::string>{"OK"});
}

TEST_CASE("sources past max_sources are dropped, and counted as that") {
  const auto address = free_address();
  Receiver hub(address, {{"max_sources", std::int64_t{2}}});
  Peer peer(zmq::socket_type::req);
  peer.socket.connect(address);
  for (int i = 0; i < 5; ++i) {
    peer.send({R"({"msg": "cam)" + std::to_string(i) + "\"}", kJpeg});
    peer.receive();
  }
  CHECK(hub.frames().size() == 2);
  CHECK(hub.counts().dropped["too_many_sources"] == 3);
}

TEST_CASE("random bytes at the door never do more than count") {
  const auto address = free_address();
  Receiver hub(address);
  Peer peer(zmq::socket_type::dealer);
  peer.socket.connect(address);
  std::mt19937 random(11);
  constexpr std::uint64_t kMessages = 500;
  for (std::uint64_t i = 0; i < kMessages; ++i) {
    std::vector<std::string> parts{""};
    for (unsigned n = random() % 4; n-- > 0;) {
      std::string part(random() % 60, '\0');
      for (auto& c : part) c = static_cast<char>(random());
      parts.push_back(part);
    }
    peer.send(parts);
  }
  REQUIRE(hub.eventually([&] { return hub.counts().in == kMessages; }));
  CHECK(hub.counts().failed + hub.frames().size() == kMessages);
}

TEST_CASE("addresses that can't work are refused with what to do") {
  const auto why = [](std::string_view type, const StageTest::Parameters& parameters) {
    StageTest test(type, parameters, &Clock::system());
    try {
      test.start();
    } catch (const std::runtime_error& e) {
      return std::string(e.what());
    }
    return std::string("it started");
  };
  const auto has = [](const std::string& text, std::string_view part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  };
  has(why("transport.receive", {{"bind", "tcp://192.0.2.1:5555"}, {"security", "none"}}),
      "no such address");
  const auto address = free_address();
  Receiver first(address);
  has(why("transport.receive", {{"bind", address}}), "is another sluice or hub running?");
}

TEST_CASE("senders and receivers come and go many times without leaving anything behind") {
  const auto count_files = [] {
    int n = 0;
    for (int fd = 0; fd < 1024; ++fd) n += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    return n;
  };
  const auto address = free_address();
  const auto round = [&] {
    Receiver hub(address);
    Sender node(address);
    node.queue(frame(0));
    node.end_inputs();
    REQUIRE(node.eventually([&] { return node.counts().out == 1; }));
  };
  round();
  const int before = count_files();
  for (int i = 0; i < 20; ++i) round();
  CHECK(count_files() == before);
}

namespace {

std::vector<std::string> event_names(const StageTest& test) {
  std::vector<std::string> names;
  for (const auto& e : test.events()) names.push_back(e.name);
  return names;
}

bool has_event(const StageTest& test, const std::string& name) {
  const auto names = event_names(test);
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

TEST_CASE("every pattern, and either end may bind") {
  const std::string pattern = GENERATE("request", "publish", "push");
  const bool hub_binds = GENERATE(true, false);
  const bool over_ipc = GENERATE(true, false);
  CAPTURE(pattern, hub_binds, over_ipc);
  const auto address =
      over_ipc ? "ipc:///tmp/sluice-test-" + std::to_string(getpid()) : free_address();
  StageTest hub("transport.receive",
                {{hub_binds ? "bind" : "connect", address}, {"pattern", pattern}},
                &Clock::system());
  StageTest node("transport.send",
                 {{hub_binds ? "connect" : "bind", address}, {"pattern", pattern}},
                 &Clock::system());
  hub.run_in_thread();
  node.run_in_thread();
  REQUIRE(node.eventually([&] { return has_event(node, "link.up"); }));
  // A publisher's first frames come before the subscription does.
  std::uint64_t n = 0;
  REQUIRE(hub.eventually([&] {
    node.queue(frame(n++));
    return !hub.frames().empty();
  }));
  node.end_inputs();
  const auto last = n - 1;
  REQUIRE(hub.eventually([&] { return hub.frames().back()->sequence == last; }));
  // A request counts as sent when its reply is here, which is after the hub has it.
  REQUIRE(node.eventually([&] { return node.counts().out == n; }));
  node.stop();
  const auto got = hub.frames();
  for (std::size_t i = 1; i < got.size(); ++i) CHECK(got[i]->sequence == got[i - 1]->sequence + 1);
}

TEST_CASE("a sender with several hubs: requests are shared out, a publication goes to each") {
  const std::string pattern = GENERATE("request", "publish");
  const std::vector<std::string> addresses{free_address(), free_address()};
  Receiver one(addresses[0], {{"pattern", pattern}}), two(addresses[1], {{"pattern", pattern}});
  StageTest node("transport.send", {{"connect", addresses}, {"pattern", pattern}},
                 &Clock::system());
  node.run_in_thread();
  REQUIRE(node.eventually([&] { return event_names(node).size() == 2; }));
  std::uint64_t n = 0;
  REQUIRE(node.eventually([&] {
    node.queue(frame(n++));
    return !one.frames().empty() && !two.frames().empty();
  }));
  if (pattern == "request") {
    REQUIRE(node.eventually([&] { return node.counts().out == n; }));
    CHECK(one.frames().size() + two.frames().size() == n);
  } else {
    REQUIRE(node.eventually([&] {
      return one.frames().back()->sequence == n - 1 && two.frames().back()->sequence == n - 1;
    }));
  }
}

TEST_CASE("one of two hubs goes: only what was under way there is lost, the other gets the rest") {
  const std::vector<std::string> addresses{free_address(), free_address()};
  auto mute = std::make_unique<Peer>(zmq::socket_type::router);
  mute->socket.bind(addresses[0]);
  Receiver good(addresses[1]);
  StageTest node("transport.send", {{"connect", addresses}, {"window", std::int64_t{2}}},
                 &Clock::system());
  node.run_in_thread();
  REQUIRE(node.eventually([&] { return event_names(node).size() == 2; }));
  for (std::uint64_t i = 0; i < 20; ++i) node.queue(frame(i));
  // The mute one takes two and answers none.
  for (int i = 0; i < 2; ++i) CHECK(mute->receive().size() == 4);
  REQUIRE(node.eventually([&] { return node.counts().out == 18; }));
  mute.reset();
  REQUIRE(node.eventually([&] { return node.counts().dropped["link_lost"] == 2; }));
  CHECK(good.frames().size() == 18);
}

TEST_CASE("a sender that ends says goodbye, and one that is cut off does not") {
  const auto address = free_address();
  Receiver hub(address);
  const auto why = [&](const char* event) {
    std::vector<std::string> reasons;
    for (const auto& e : hub.events())
      if (e.name == event)
        for (const auto& [key, value] : e.details)
          if (key == "why") reasons.push_back(std::get<std::string>(value));
    return reasons;
  };
  {
    Sender node(address);
    node.queue(frame(0));
    REQUIRE(node.eventually([&] { return node.counts().out == 1; }));
    node.stop();
  }
  REQUIRE(hub.eventually([&] { return why("source.gone").size() == 1; }));
  CHECK(why("source.gone") == std::vector<std::string>{"goodbye"});
  {
    Peer old(zmq::socket_type::req);
    old.socket.connect(address);
    old.send({kRaw, std::string(12, 'x')});
    old.receive();
  }
  REQUIRE(hub.eventually([&] { return why("source.gone").size() == 2; }));
  CHECK(why("source.gone")[1] == "link lost");
}

TEST_CASE("a source that falls silent is found by the timer") {
  const auto address = free_address();
  Receiver hub(address, {{"stale_after", "100ms"}});
  Peer old(zmq::socket_type::req);
  old.socket.connect(address);
  old.send({kRaw, std::string(12, 'x')});
  old.receive();
  REQUIRE(hub.eventually([&] { return has_event(hub, "source.stale"); }));
  old.send({kRaw, std::string(12, 'x')});
  old.receive();
  CHECK(has_event(hub, "source.back"));
}

TEST_CASE("two senders of one name: the first is the source, the second is told") {
  const auto address = free_address();
  Receiver hub(address);
  Sender first(address);
  first.queue(frame(0));
  REQUIRE(first.eventually([&] { return first.counts().out == 1; }));
  Sender second(address);
  for (std::uint64_t i = 100; i < 105; ++i) second.queue(frame(i));
  REQUIRE(second.eventually([&] { return second.counts().failed == 5; }));
  INFO(second.log().back());
  CHECK(second.log().back().find("another device sends as 'cam'") != std::string::npos);
  CHECK(hub.counts().dropped["name_taken"] == 5);
  first.queue(frame(1));
  REQUIRE(first.eventually([&] { return first.counts().out == 2; }));
  CHECK(hub.frames().size() == 2);
  first.stop();
  REQUIRE(hub.eventually([&] { return has_event(hub, "source.gone"); }));
  second.queue(frame(105));
  REQUIRE(hub.eventually([&] { return hub.frames().size() == 3; }));
  CHECK(hub.frames().back()->sequence == 105);
  const auto names = event_names(hub);
  CHECK(std::count(names.begin(), names.end(), "source.conflict") == 1);
}

TEST_CASE("imagenode's texts are events and no frames") {
  const auto address = free_address();
  Receiver hub(address);
  Peer node(zmq::socket_type::req);
  node.socket.connect(address);
  for (const auto* text : {"pi|Heartbeat", "pi Gate|motion|moving", "pi Gate|jpg"}) {
    node.send({nlohmann::json{{"msg", text}}.dump(), kJpeg});
    CHECK(node.receive() == std::vector<std::string>{"OK"});
  }
  CHECK(has_event(hub, "node.heartbeat"));
  CHECK(has_event(hub, "motion.began"));
  REQUIRE(hub.frames().size() == 1);
  CHECK(hub.frames()[0]->source == "pi-Gate");
}

namespace {

// The machine's clocks, but UTC is wrong.
struct WrongClock final : Clock {
  std::atomic<std::int64_t> ahead{0};
  UtcTime utc() const override { return system().utc() + Duration(ahead.load()); }
  SteadyTime steady() const override { return system().steady(); }
};

}  // namespace

TEST_CASE(
    "ages are right at the hub though the node's clock is an hour off, and is set meanwhile") {
  const std::string pattern = GENERATE("request", "publish", "push");
  CAPTURE(pattern);
  const auto address = free_address();
  Receiver hub(address, {{"pattern", pattern}});
  WrongClock clock;
  clock.ahead = Duration(1h).count();
  StageTest node("transport.send", {{"connect", address}, {"pattern", pattern}}, &clock);
  node.run_in_thread();
  REQUIRE(node.eventually([&] { return has_event(node, "link.up"); }));
  std::uint64_t n = 0;
  // Taken by a camera 2 s ago, by the node's clock.
  const auto send_old_frame = [&] {
    // One that is sent now, not one that was under way when the clock was set.
    const auto first = n;
    REQUIRE(hub.eventually([&] {
      node.queue(testkit::make_frame(cv::Mat(4, 6, CV_8UC3), "cam", n++, clock.utc() - 2s));
      return !hub.frames().empty() && hub.frames().back()->sequence >= first;
    }));
  };
  const auto age_is_right = [&] {
    send_old_frame();
    const Duration age = Clock::system().utc() - hub.frames().back()->captured;
    return age > 1900ms && age < 12s;
  };
  CHECK(age_is_right());
  for (const Duration ahead : {Duration(0), Duration(-1h), Duration(1h)}) {
    clock.ahead = ahead.count();
    REQUIRE(hub.eventually(age_is_right));
  }
  if (pattern == "request") {
    CHECK(std::abs(node.figures()["clock_offset_ms"][address] + 3'600'000) < 1000);
    CHECK(node.figures()["round_trip_ms"][address] < 1000);
  }
  CHECK(std::abs(hub.figures()["clock_offset_ms"]["cam"] + 3'600'000) < 1000);
}

TEST_CASE("another ZeroMQ socket type and a plain TCP client are told what they are") {
  const auto address = free_address();
  Receiver hub(address);
  Peer good(zmq::socket_type::req);
  good.socket.connect(address);
  good.send({kRaw, std::string(12, 'x')});
  REQUIRE(good.receive() == std::vector<std::string>{"OK"});
  const auto told = [&](std::string_view what) {
    return hub.eventually([&] {
      for (const auto& e : hub.events())
        if (e.name == "peer.refused" && to_json(e).find(what) != std::string::npos) return true;
      return false;
    });
  };
  SECTION("by its greeting") {
    // They try again, until one try is seen from its beginning.
    const auto type = GENERATE(zmq::socket_type::push, zmq::socket_type::pub,
                               zmq::socket_type::pair, zmq::socket_type::sub);
    CAPTURE(static_cast<int>(type));
    Peer odd(type);
    odd.socket.connect(address);
    CHECK(told("another ZeroMQ socket type than REQ"));
  }
  SECTION("by having none") {
    test::Tcp client(address.substr(address.rfind('/') + 1));
    client.send("GET / HTTP/1.1\r\nHost: hub\r\n\r\n");
    client.half_close();
    CHECK(told("a plain TCP client"));
  }
  SECTION("who sent pictures and goes is none of them") {
    good.socket.close();
    REQUIRE(hub.eventually([&] {
      const auto events = hub.events();
      return std::any_of(events.begin(), events.end(),
                         [](const auto& e) { return e.name == "link.down"; });
    }));
    const auto events = hub.events();
    CHECK(std::none_of(events.begin(), events.end(),
                       [](const auto& e) { return e.name == "peer.refused"; }));
  }
}
