// display.web: all cameras in a browser, and each by itself.

#include <fmt/format.h>

#include <display/wall.hpp>
#include <display/web_server.hpp>
#include <limits>
#include <memory>
#include <sluice/stage.hpp>

namespace sluice {
namespace {

using namespace display;

struct Web : Stage {
  static void declare(Declare<Web>& d) {
    d.summary("Shows all sources in a web browser");
    d.manual(R"(A page with a montage of the newest pictures, a page for each source, and what
other programs need:

  /                     the montage and the list of sources
  /source/NAME          one source
  /montage.mjpg         the montage as motion JPEG
  /stream/NAME.mjpg     one source as motion JPEG, with X-Timestamp and X-Sequence in each part
  /snapshot/NAME.jpg    its newest picture
  /sources.json         names, ages, frame rates, and who is silent

JPEG frames are passed on as they came. Images are encoded in a thread of the stage's own, once for
all viewers, and only while somebody watches them; boxes are drawn into those, and into the montage.
A viewer whose connection is slow skips pictures and always gets the newest; it never slows the
graph or another viewer.

A source that has been silent for longer than `active` stays where it is, greyed, with how long it
has been silent. At most 256 sources are shown; one that is gone, or has been silent for longest,
makes room for a new one. Where the graph keeps more than its `memory`, a quarter of the pictures is let
go, or more: those of such sources first, then the largest.

A browser has at most six connections to one address, so at most six pictures are live in all of its
tabs together. The pictures can't be put into other sites' pages.

Only this machine's own names and addresses are answered, so that no web page elsewhere can read
along by a name of its own that points here; `hosts` has further ones. Beyond loopback there is
neither a password nor encryption: allow_remote = true is for a network that you trust, or for behind
a proxy that has both. There, one address has half of the viewers' places at most.

Where `listen` is also the dashboard's address, both are one page, and the dashboard's token, hosts
and number of viewers hold.)");
    d.example(R"(
[stage.camera]
type = "capture.synthetic"

[stage.page]
type   = "display.web"
from   = "camera"
listen = "127.0.0.1:8080"
)");
    d.input(kinds::pictures | Kind::jpeg);
    d.mailbox({.when_full = WhenFull::latest});
    d.single_worker();
    d.ticks(std::chrono::seconds(1));
    using std::chrono::hours, std::chrono::seconds, std::chrono::milliseconds;
    d.param("listen", &Web::listen, "address and port; port 0: any that is free, see the log");
    d.param("allow_remote", &Web::allow_remote,
            "listen on an address that other machines reach: they all may look");
    d.param("hosts", &Web::hosts,
            "further names that this machine is asked for by; \"*\": any, for behind a proxy");
    d.param("columns", &Web::columns, "of the montage; 0: about as many as rows").range(0, 64);
    d.param("tile_width", &Web::tile_width,
            "of a picture in the montage; 0: what makes the montage 1280 wide")
        .range(0, 1920)
        .unit("pixels");
    d.param("quality", &Web::quality, "of JPEGs that are made here").range(1, 100);
    d.param("rate", &Web::rate, "at most so many montages").range(0.1, 60).unit("montages/s");
    d.param("active", &Web::active, "a source counts as silent after this long without a frame")
        .range(milliseconds(100), hours(24));
    d.param("max_viewers", &Web::max_viewers, "streams at the same time; more get a 503")
        .range(1, 1000);
    d.param("viewer_timeout", &Web::viewer_timeout,
            "a viewer that takes nothing for this long is dropped")
        .range(seconds(1), seconds(3600));
    d.param("truth", &Web::truth, "draw what a synthetic scene knows of itself, too");
    d.check(&Web::check);
  }

  std::string listen = "127.0.0.1:8080";
  bool allow_remote = false;
  std::vector<std::string> hosts;
  int columns = 0;
  int tile_width = 0;
  int quality = 80;
  double rate = 15;
  Duration active = std::chrono::seconds(10);
  int max_viewers = 64;
  Duration viewer_timeout = std::chrono::seconds(10);
  bool truth = false;

  static void check(const Web& web, ParamProblems& problems) {
    try {
      const auto where = parse_listen(web.listen);
      if (!where.loopback && !web.allow_remote)
        problems.push_back(
            {"listen",
             fmt::format("listen = \"{}\" would let everyone on the network look at the cameras",
                         web.listen),
             fmt::format("say allow_remote = true if that is meant, or listen on \"127.0.0.1:{}\"",
                         where.port)});
    } catch (const std::invalid_argument& e) {
      problems.push_back({"listen", e.what(), {}});
    }
  }

  ~Web() override {
    if (server_) server_->take_down();
  }

  void start(Context& context) override {
    const ServerSettings settings{{.token = {}, .hosts = hosts}, max_viewers, viewer_timeout};
    server_ = WebServer::at(context.clock(), parse_listen(listen), settings);
    // How much it may keep, the graph's `memory` decides, see hold().
    wall_ = std::make_shared<Wall>(context.clock(), active, std::numeric_limits<std::size_t>::max(),
                                   ComposerSettings{quality, rate, columns, tile_width, {truth}},
                                   [server = server_.get()](bool all) { server->wake(all); });
    server_->show(wall_);
    context.log(LogLevel::info, server_->url());
  }

  void process(const FramePtr& frame, Context& context) override {
    if (const auto why = unshowable(*frame); !why.empty()) throw FrameError(why);
    if (!wall_->board()->put(frame)) context.drop(frame->source, "too_many_sources");
    hold(context);
  }

  void on_gone(const std::string& source, Context& context) override {
    wall_->board()->gone(source);
    hold(context);
  }

  void on_tick(Context& context) override {
    wall_->composer().check();
    wall_->board()->poke();
    hold(context);
    if (const auto [count, why] = wall_->board()->take_faults(); count > 0)
      context.log(LogLevel::warning,
                  fmt::format("{} pictures could not be shown; the last: {}", count, why));
  }

 private:
  // Where the graph keeps too much, a quarter of the pictures is let go at once: other stages need
  // what they keep more than this one, and find room.
  void hold(Context& context) {
    auto& board = *wall_->board();
    if (context.hold(board.bytes())) return;
    const std::size_t enough = board.bytes() / 4 * 3;
    while ((!context.hold(board.bytes()) || board.bytes() > enough) && board.let_go())
      context.figure("pictures_let_go", "memory", static_cast<double>(++let_go_));
  }

  std::uint64_t let_go_ = 0;
  // In this order: the wall wakes the server's viewers.
  std::shared_ptr<WebServer> server_;
  WallPtr wall_;
};
SLUICE_STAGE(Web, "display.web");

}  // namespace
}  // namespace sluice
