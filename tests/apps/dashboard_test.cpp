// `sluice run --dashboard`, as programs see it: over HTTP, from the real binary. What a browser
// makes of it is in tests/browser.

#include <csignal>
#include <map>
#include <memory>
#include <set>

#include "catch.hpp"
#include "eventually.hpp"
#include "http_client.hpp"
#include "process.hpp"

using namespace test;
using sluice::testkit::http_get;
using sluice::testkit::HttpAnswer;
using sluice::testkit::HttpClient;

namespace {

constexpr const char* kToken = "a-token-of-24-characters";

// Two cameras, of which one ends after 20 frames; the other goes on until the test ends.
constexpr const char* kGraph = R"(
name = "yard"

[stage.porch]
type   = "capture.synthetic"
source = "porch"
rate   = 20
frames = 20

[stage.gate]
type   = "capture.synthetic"
source = "gate"
rate   = 20

[stage.jpeg]
type    = "encode.jpeg"
from    = ["porch", "gate"]
mailbox = { when_full = "block" }

[stage.end]
type = "sink.discard"
from = "jpeg"
)";

// A running graph with a dashboard.
struct Watched {
  // `address` stands for ADDRESS in the graph.
  explicit Watched(const std::vector<std::string>& more = {}, std::string graph = kGraph,
                   const std::string& address = {})
      : process(command(more, graph.find("ADDRESS") == std::string::npos
                                  ? graph
                                  : graph.replace(graph.find("ADDRESS"), 7, address))) {
    REQUIRE(process.says("dashboard: http://"));
    const auto said = process.err();
    const auto at = said.find("dashboard: http://");
    const auto line = said.substr(at, said.find('\n', at) - at);
    port = static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1)));
  }
  std::vector<std::string> command(const std::vector<std::string>& more, const std::string& graph) {
    auto all = test::sluice({"run", folder.write("yard.toml", graph), "--device", "shed",
                             "--report", report(), "--dashboard=127.0.0.1:0"});
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::string report() const { return (folder.path() / "report.json").string(); }
  HttpAnswer get(const std::string& path) const { return http_get(port, path); }
  nlohmann::json json(const std::string& path) const {
    return nlohmann::json::parse(get(path).body);
  }
  nlohmann::json end() {
    process.signal(SIGTERM);
    REQUIRE(process.wait() == 0);
    return read_json(report());
  }

  Folder folder;
  Process process;
  std::uint16_t port = 0;
};

// {name{labels}: value} of Prometheus' text format.
std::map<std::string, double> metrics(const std::string& text) {
  std::map<std::string, double> values;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const auto space = line.rfind(' ');
    REQUIRE(space != std::string::npos);
    const bool fresh = values.emplace(line.substr(0, space), std::stod(line.substr(space))).second;
    CHECK(fresh);
  }
  return values;
}

}  // namespace

TEST_CASE("the dashboard's figures, its metrics and the report agree") {
  Watched run;
  const std::string labels =
      R"({graph="yard",device="shed",stage="porch",type="capture.synthetic"})";
  REQUIRE(eventually([&] {
    return run.json("/graph.json")["report"]["stages"]["porch"]["out"] == 20 &&
           run.json("/graph.json")["report"]["stages"]["end"]["sources"]["porch"]["in"] == 20;
  }));
  const auto graph = run.json("/graph.json");
  CHECK(graph["graph"] == "yard");
  CHECK(graph["device"] == "shed");
  CHECK_FALSE(graph["bottleneck"].get<std::string>().empty());
  std::set<std::string> drawn;
  for (const auto& label : graph["labels"]) drawn.insert(label["id"]);
  for (const auto* stage : {"stage-porch", "stage-gate", "stage-jpeg", "stage-end", "mailbox-jpeg"})
    CHECK(drawn.contains(stage));

  const auto answer = run.get("/metrics");
  CHECK(answer.head.find("text/plain; version=0.0.4") != std::string::npos);
  const auto values = metrics(answer.body);
  CHECK(values.at("sluice_stage_frames_out_total" + labels) == 20);
  const std::string of_end = R"({graph="yard",device="shed",stage="end",source="porch"})";
  CHECK(values.at("sluice_source_frames_total" + of_end) == 20);
  // A histogram's buckets only grow, and the last has all.
  const std::string age =
      R"(sluice_stage_age_seconds_bucket{graph="yard",device="shed",stage="end",type="sink.discard",le=")";
  double before = 0;
  for (const auto* bound : {"0.0001", "0.001", "0.01", "0.1", "1", "10", "+Inf"}) {
    const double count = values.at(age + bound + "\"}");
    CHECK(count >= before);
    before = count;
  }
  CHECK(
      before ==
      values.at(
          R"(sluice_stage_age_seconds_count{graph="yard",device="shed",stage="end",type="sink.discard"})"));

  const auto report = run.end();
  CHECK(report["stages"]["porch"]["out"] == 20);
  CHECK(report["stages"]["end"]["sources"]["porch"]["in"] == 20);
  CHECK(report["stages"]["gate"]["out"] >= graph["report"]["stages"]["gate"]["out"]);
}

TEST_CASE("a graph's health names the source that is silent") {
  Watched run;
  CHECK(run.json("/health")["status"] == "good");
  REQUIRE(eventually([&] { return run.json("/health")["status"] == "degraded"; }));
  const auto health = run.get("/health");
  CHECK(health.status == 200);
  const auto problems = nlohmann::json::parse(health.body)["problems"];
  REQUIRE(problems.size() >= 1);
  CHECK(problems.dump().find("source 'porch' has been silent for ") != std::string::npos);
  // Who waits for its picture is told so, even while others look at the rest.
  HttpClient viewer(run.port);
  viewer.begin_stream("/montage.mjpg");
  viewer.part();
  CHECK(run.get("/snapshot/porch.jpg").status == 504);
}

TEST_CASE("the dashboard shows each source, and what flows on each link, while somebody looks") {
  Watched run;
  REQUIRE(eventually([&] { return run.json("/sources.json")["sources"].size() == 2; }));
  for (const auto* path : {"/montage.mjpg", "/stream/gate.mjpg", "/link/jpeg.out/stream/gate.mjpg",
                           "/link/jpeg/montage.mjpg", "/link/end/montage.mjpg"}) {
    INFO(path);
    HttpClient viewer(run.port);
    viewer.begin_stream(path);
    const auto first = viewer.part();
    REQUIRE(first.picture.size() > 4);
    CHECK(first.picture[0] == 0xFF);
    CHECK(first.picture[1] == 0xD8);
    CHECK(viewer.part().picture != first.picture);  // it moves
  }
  const auto still = run.get("/snapshot/gate.jpg");
  CHECK(still.status == 200);
  CHECK(still.body.substr(0, 2) == "\xFF\xD8");
  for (const auto* path : {"/link/no-such/montage.mjpg", "/link/jpeg.nope/montage.mjpg",
                           "/link/porch/montage.mjpg", "/link//montage.mjpg", "/link/jpeg/",
                           "/link/jpeg.out/stream/other.mjpg", "/snapshot/other.jpg"})
    CHECK(run.get(path).status == 404);
  CHECK(eventually([&] { return run.json("/sources.json")["viewers"] == 0; }));
  // Looking took no frame from the graph.
  const auto report = run.end();
  CHECK(report["stages"]["end"]["in"] == report["stages"]["jpeg"]["out"]);
  CHECK(report["stages"]["jpeg"]["sources"]["gate"]["missing"] == 0);
}

TEST_CASE("who looks before the first camera came sees it when it comes") {
  const auto address = "tcp://" + free_address();
  Watched hub({}, R"(
name = "hub"
[stage.cameras]
type = "transport.receive"
bind = "ADDRESS"
[stage.end]
type = "sink.discard"
from = "cameras"
)",
              address);
  HttpClient viewer(hub.port);
  viewer.begin_stream("/montage.mjpg");
  const auto empty = viewer.part().picture;
  Folder folder;
  Process node(test::sluice({"run", folder.write("node.toml", R"(
[stage.porch]
type = "capture.synthetic"
rate = 20
[stage.jpeg]
type = "encode.jpeg"
from = "porch"
[stage.uplink]
type = "transport.send"
from = "jpeg"
connect = ")" + address + "\"\n")}));
  REQUIRE(eventually([&] {  // by programs that don't ask for the sources
    return hub.json("/graph.json")["report"]["stages"]["end"]["in"] > 0;
  }));
  const auto first = viewer.part().picture;
  CHECK(first != empty);
  CHECK(viewer.part().picture != first);
}

TEST_CASE("a viewer that stops reading is dropped, and the graph does not notice") {
  Watched run({"--set", "stage.gate.rate=200", "--set", "stage.gate.width=1280", "--set",
               "stage.gate.height=720"});
  REQUIRE(eventually([&] { return run.json("/sources.json")["sources"].size() == 2; }));
  HttpClient stuck(run.port, 4096);
  stuck.begin_stream("/stream/gate.mjpg");
  REQUIRE(eventually([&] { return run.json("/sources.json")["viewers"] == 1; }));
  CHECK(eventually([&] { return run.json("/sources.json")["viewers"] == 0; }));
  const auto report = run.end();
  CHECK(report["stages"]["end"]["in"] == report["stages"]["jpeg"]["out"]);
}

TEST_CASE("while all streams are taken, figures and health are answered") {
  Watched run;
  REQUIRE(eventually([&] { return run.json("/sources.json")["sources"].size() == 2; }));
  std::vector<std::unique_ptr<HttpClient>> viewers;
  for (int i = 0; i < 64; ++i) {
    viewers.push_back(std::make_unique<HttpClient>(run.port));
    viewers.back()->begin_stream("/stream/gate.mjpg");
  }
  CHECK(run.get("/stream/gate.mjpg").status == 503);
  CHECK(run.get("/metrics").status == 200);
  CHECK(run.get("/health").status == 200);
}

TEST_CASE("with a token, nothing is answered to who doesn't know it") {
  Watched run({"--set", std::string("dashboard.token=") + kToken});
  const auto with = [&](const std::string& header, const std::string& path = "/health") {
    HttpClient client(run.port);
    client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + header +
                "Connection: close\r\n\r\n");
    return client.head();
  };
  const std::string token = kToken;
  const auto cookie_name = "sluice-" + std::to_string(run.port);
  for (const auto* path : {"/", "/health", "/metrics", "/graph.json", "/montage.mjpg",
                           "/snapshot/gate.jpg", "/sluice.css", "/no-such-page", "/?token=wrong"}) {
    const auto refused = run.get(path);
    CHECK(refused.status == 401);
    CHECK(refused.body.find("token") != std::string::npos);
  }
  for (const auto& wrong : {token.substr(1), token + "x", std::string(24, 'a'), std::string()})
    CHECK(HttpClient::status(with("Authorization: Bearer " + wrong + "\r\n")) == 401);
  CHECK(HttpClient::status(with("Authorization: Bearer " + token + "\r\n")) == 200);
  CHECK(HttpClient::status(with("authorization: bEARER " + token + "\r\n")) == 200);
  CHECK(HttpClient::status(with("Cookie: " + cookie_name + "=" + token + "\r\n")) == 401);
  // A browser brings it once; from then on its cookie does.
  const auto let_in = with("", "/?token=" + token);
  CHECK(HttpClient::status(let_in) == 303);
  CHECK(HttpClient::field(let_in, "Location") == "/");
  const auto cookie = HttpClient::field(let_in, "Set-Cookie");
  CHECK(cookie.starts_with(cookie_name + "="));
  CHECK(cookie.find(token) == std::string::npos);
  const auto kept = "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n";
  CHECK(HttpClient::status(with(kept)) == 200);
  CHECK(cookie.find("HttpOnly") != std::string::npos);
  CHECK(cookie.find("SameSite=Strict") != std::string::npos);
}

TEST_CASE("wrong tokens are told, and few of them tried") {
  Watched run({"--set", std::string("dashboard.token=") + kToken});
  const auto with = [&](const std::string& token) {
    HttpClient client(run.port);
    client.send("GET /health HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token +
                "\r\n\r\n");
    return HttpClient::status(client.head());
  };
  const auto login = http_get(run.port, std::string("/?token=") + kToken).head;
  const auto set = HttpClient::field(login, "Set-Cookie");
  int refused = 0, put_off = 0;
  for (int i = 0; i < 40; ++i) {
    const auto status = with("guess-number-" + std::to_string(100000 + i));
    refused += status == 401;
    put_off += status == 429;
  }
  CHECK(refused + put_off == 40);
  CHECK(refused >= 10);
  CHECK(put_off >= 1);
  // Who is in stays in, and others are soon heard again.
  HttpClient browser(run.port);
  browser.send("GET /health HTTP/1.1\r\nHost: localhost\r\nCookie: " +
               set.substr(0, set.find(';')) + "\r\n\r\n");
  CHECK(HttpClient::status(browser.head()) == 200);
  CHECK(eventually([&] { return with(kToken) == 200; }));
  CHECK(run.process.says("a wrong token came from 127.0.0.1"));
  const auto said = run.process.err();
  CHECK(said.find("guess-number") == std::string::npos);
  std::size_t told = 0;
  for (std::size_t at = 0; (at = said.find("wrong token", at)) != std::string::npos; ++at) ++told;
  CHECK(told <= static_cast<std::size_t>(refused));
}

TEST_CASE("the dashboard answers to this machine's own names only") {
  Watched run({"--set", "dashboard.hosts=[\"cams.example\"]"});
  for (const auto* path : {"/", "/metrics", "/graph.json", "/montage.mjpg"}) {
    CHECK(http_get(run.port, path, "HEAD", "evil.example").status == 403);
    CHECK(http_get(run.port, path, "HEAD", "192.168.1.2").status == 403);
    CHECK(http_get(run.port, path, "HEAD", "cams.example").status == 200);
  }
}

TEST_CASE("display.web and a dashboard at one address are one page") {
  const auto address = free_address();
  const std::string graph = std::string(kGraph) + "[stage.show]\ntype = \"display.web\"\n" +
                            "from = \"jpeg\"\nlisten = \"" + address +
                            "\"\n[dashboard]\nlisten = \"" + address + "\"\n";
  Folder folder;
  Process process(test::sluice({"run", folder.write("yard.toml", graph), "--device", "shed"}));
  REQUIRE(process.says("show: http://" + address));
  const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  const auto page = http_get(port, "/");
  CHECK(page.body.find("id=\"drawing\"") != std::string::npos);
  CHECK(page.body.find("/montage.mjpg") != std::string::npos);
  CHECK(http_get(port, "/health").status == 200);
  process.signal(SIGTERM);
  CHECK(process.wait() == 0);
}

TEST_CASE("a dashboard that can't or shouldn't listen is refused, with what to do") {
  const auto refusal = [](std::vector<std::string> arguments, int status) {
    arguments.insert(arguments.begin(), {"run", "configs/pi.toml"});
    Process process(test::sluice(arguments));
    CHECK(process.wait() == status);
    return process.err();
  };
  const auto has = [](const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  };
  has(refusal({"--dashboard=0.0.0.0:8080"}, 2), "set a token");
  has(refusal({"--dashboard=rubbish"}, 2), "is not an address and a port");
  has(refusal({"--set", "dashboard.listen=0.0.0.0:8080"}, 2), "set a token");
  has(refusal({"--set", "dashboard.token=short"}, 2), "openssl rand -hex 16");
  for (const auto* example :
       {"change-me-0123456789", "ChangeMe-ChangeMe-1", "your-token-of-24-letters"})
    has(refusal({"--set", std::string("dashboard.token=") + example}, 2), "an example's");
  has(refusal({"--set", "dashboard.colour=red"}, 2), "the dashboard has no key 'colour'");
  Watched first;
  has(refusal({"--dashboard=127.0.0.1:" + std::to_string(first.port)}, 1),
      "is another sluice running?");
}
