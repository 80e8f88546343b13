#include "dashboard/dashboard.hpp"

#include <charconv>
#include <sluice/observe/log.hpp>

#include "dashboard/metrics.hpp"
#include "dashboard/page.hpp"
#include "graph/bottleneck.hpp"
#include "graph/dot.hpp"
#include "graph/look.hpp"
#include "graph/render.hpp"

namespace sluice::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kJson = "application/json";

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

display::ServerSettings settings_of(const DashboardPlan& plan) {
  display::ServerSettings settings;
  settings.access.token = plan.token;
  settings.access.hosts = plan.hosts;
  return settings;
}

// Which of the picture's elements can be looked into, and where their pictures are.
Json taps_of(const Plan& plan) {
  Json taps = Json::array();
  const auto add = [&](std::string id, std::string title, const std::string& wall) {
    taps.push_back({{"id", std::move(id)},
                    {"title", std::move(title)},
                    {"pictures", "/link/" + wall + "/montage.mjpg"}});
  };
  for (const auto& stage : plan.stages) {
    std::string from;
    for (const auto& link : stage.links) {
      if ((link.kinds & (kinds::pictures | Kind::jpeg)).empty()) continue;
      const auto& before = plan.stages[link.from];
      const auto output = before.name + "." + before.type->outputs[link.output].name;
      add(link_id(plan, stage, link), before.name + " → " + stage.name, output);
      from += (from.empty() ? "" : ", ") + before.name;
    }
    if (!from.empty()) add("mailbox-" + stage.name, from + " → " + stage.name, stage.name);
  }
  return taps;
}

}  // namespace

Dashboard::Dashboard(Engine& engine, const RecentEvents& events)
    : engine_(engine),
      events_(events),
      figures_(engine, clock_),
      server_(display::WebServer::at(clock_, parse_listen(engine.plan().dashboard->listen),
                                     settings_of(*engine.plan().dashboard))),
      walls_(engine, clock_, [server = server_.get()](bool all) { server->wake(all); }) {
  // A layout may take a while, for which nobody has to wait.
  drawing_ = std::async(std::launch::async, [this, &plan = engine.plan()] {
    Pictures pictures;
    try {
      const auto drawing = draw({{&plan, widest_labels(plan), {}}});
      const auto drawn = [&](Direction direction) {
        return bare_svg(
            render(to_dot(drawing, direction), "svg", std::chrono::seconds(20), &closing_));
      };
      pictures.right = drawn(Direction::right);
      pictures.down = drawn(Direction::down);
    } catch (const std::runtime_error& e) {  // the page says why there is no picture
      pictures.failure = e.what();
      if (!closing_)
        log_line(LogLevel::warning, "dashboard", "no picture of the graph: " + pictures.failure);
    }
    return pictures;
  });
  server_->set_part(this);
}

Dashboard::~Dashboard() {
  closing_ = true;
  server_->set_part(nullptr);
  walls_.close();
  server_->wake(true);
}

// Sources come and move: the wall of all follows whenever the figures tell.
void Dashboard::beat() {
  if (!figures_.refresh()) return;
  walls_.follow(figures_.last_seen());
  walls_.tend();
}

std::string Dashboard::section() {
  return dashboard_section(engine_.plan().name, engine_.plan().device);
}

std::optional<display::WebText> Dashboard::text(std::string_view path, const Argument& argument) {
  beat();
  if (path == "/part.js")
    return {{200, "text/javascript; charset=utf-8", std::string(kDashboardScript)}};
  if (path == "/part.css") return {{200, "text/css; charset=utf-8", dashboard_style()}};
  if (path == "/graph.svg") {
    const char* direction = argument("direction");
    return picture(direction && std::string_view(direction) == "down");
  }
  if (path == "/graph.json") return {{200, kJson, dumped(graph_json())}};
  if (path == "/events.json") return {{200, kJson, dumped(events_json(argument("after")))}};
  if (path == "/metrics") return {{200, kMetricsType, metrics_of(figures_.all())}};
  if (path == "/health") {
    const auto now = health();
    return {{now.status == Health::Status::failed ? 503u : 200u, kJson,
             dumped(to_json(now, figures_.all()))}};
  }
  return std::nullopt;
}

std::vector<display::SourceState> Dashboard::sources() {
  beat();
  const auto seen = figures_.last_seen();
  std::vector<display::SourceState> states;
  for (const auto& [name, last] : seen) {
    auto& state = states.emplace_back();
    state.name = name;
    state.quiet = last.quiet;
    state.silent = last.quiet > kSilent;
    state.fps = state.silent ? 0 : last.fps;
    // What a frame's age was when it came there, and what has passed since.
    if (last.recent.age_known && last.recent.age.count > 0)
      state.age = Duration(std::llround(last.recent.age.p50 * 1e6)) + last.all.quiet;
  }
  return states;
}

display::WallPtr Dashboard::wall() {
  beat();
  return walls_.all(figures_.last_seen());
}

display::WallPtr Dashboard::link_wall(std::string_view id) {
  beat();
  return walls_.link(id, figures_.all());
}

display::WebText Dashboard::picture(bool down) {
  if (!drawn_) {
    if (drawing_.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
      return {202, "text/plain; charset=utf-8", "the picture is being drawn\n"};
    drawn_ = drawing_.get();
  }
  if (!drawn_->failure.empty()) return {404, "text/plain; charset=utf-8", drawn_->failure + "\n"};
  return {200, "image/svg+xml", down ? drawn_->down : drawn_->right};
}

Json Dashboard::graph_json() {
  const auto& plan = engine_.plan();
  Json labels = Json::array();
  for (const auto& label : labels_of(plan, figures_.recent()))
    labels.push_back({{"id", label.id}, {"lines", label.lines}, {"state", to_string(label.state)}});
  const auto parsed = [](const Report& report) { return Json::parse(to_json(report)); };
  return {{"graph", plan.name},
          {"device", plan.device},
          {"version", SLUICE_VERSION},
          {"health", to_json(health(), figures_.all())},
          {"bottleneck", bottleneck(plan, figures_.recent())},
          {"labels", std::move(labels)},
          {"taps", taps_of(plan)},
          {"recent", parsed(figures_.recent())},
          {"report", parsed(figures_.all())}};
}

Json Dashboard::events_json(const char* after) const {
  std::uint64_t number = 0;
  if (after) std::from_chars(after, after + std::string_view(after).size(), number);
  Json events = Json::array();
  for (const auto& [n, event] : events_.after(number)) {
    auto one = Json::parse(to_json(event));
    one["number"] = n;
    events.push_back(std::move(one));
  }
  return {{"events", std::move(events)}};
}

Health Dashboard::health() const {
  return health_of(engine_.plan(), figures_.last_seen(), events_.gave_up(), engine_.failure());
}

}  // namespace sluice::app
