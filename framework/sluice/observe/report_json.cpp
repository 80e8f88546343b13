// A report as JSON, written and read.

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sluice/observe/report.hpp>
#include <stdexcept>

namespace sluice {
namespace {

using Json = nlohmann::ordered_json;

double rounded(double value) { return std::round(value * 1000) / 1000; }

Json json_of(const Distribution& p) {
  return {{"count", p.count},      {"mean", rounded(p.mean)}, {"p50", rounded(p.p50)},
          {"p90", rounded(p.p90)}, {"p99", rounded(p.p99)},   {"max", rounded(p.max)}};
}

Json json_of(const SourceReport& s) {
  Json json{{"in", s.in},
            {"bytes", s.bytes},
            {"dropped", s.dropped},
            {"failed", s.failed},
            {"last_sequence", s.last_sequence},
            {"missing", s.missing},
            {"quiet_s", rounded(seconds(s.quiet))},
            {"age_ms", json_of(s.age)}};
  if (!s.age_known) json["age_from"] = "arrival";
  return json;
}

Json json_of(const StageReport& s) {
  Json sources = Json::object();
  for (const auto& [name, source] : s.sources) sources[name] = json_of(source);
  Json figures = Json::object();
  for (const auto& [name, values] : s.figures)
    for (const auto& [of, value] : values) figures[name][of] = rounded(value);
  Json json{{"type", s.type},
            {"is_source", s.is_source},
            {"in", s.in},
            {"out", s.out},
            {"failed", s.failed},
            {"queued", s.queued},
            {"held_bytes", s.held_bytes},
            {"restarts", s.restarts},
            {"dropped", s.dropped},
            {"events_dropped", s.events_dropped},
            {"fps", rounded(s.fps)},
            {"process_ms", json_of(s.process)},
            {"wait_ms", json_of(s.wait)},
            {"age_ms", json_of(s.age)},
            {"sources", sources}};
  if (!figures.empty()) json["figures"] = std::move(figures);
  return json;
}

// One object, and the way to it for messages: "stages.motion".
class Fields {
 public:
  Fields(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
    if (!json.is_object()) wrong(where_, "an object");
  }

  const Json* find(const char* key) const {
    const auto it = json_.find(key);
    return it == json_.end() ? nullptr : &*it;
  }

  void read(const char* key, std::string& to) const {
    const auto& field = at(key);
    if (!field.is_string()) wrong(path(key), "a text");
    to = field.get<std::string>();
  }
  void read(const char* key, bool& to) const {
    const auto& field = at(key);
    if (!field.is_boolean()) wrong(path(key), "true or false");
    to = field.get<bool>();
  }
  void read(const char* key, double& to) const { to = number(at(key), path(key)); }
  void read(const char* key, std::uint64_t& to) const { to = count(at(key), path(key)); }
  void read(const char* key, std::map<std::string, std::uint64_t>& to) const {
    for (const auto& [name, value] : in(key).json_.items())
      to[name] = count(value, path(key) + "." + name);
  }
  void read(const char* key, Distribution& to) const {
    const auto fields = in(key);
    fields.read("count", to.count);
    fields.read("mean", to.mean);
    fields.read("p50", to.p50);
    fields.read("p90", to.p90);
    fields.read("p99", to.p99);
    fields.read("max", to.max);
  }

  // Calls read(name, its Fields) for each member of the object `key`.
  template <class F>
  void each(const char* key, F&& read) const {
    const auto members = in(key);
    for (const auto& [name, value] : members.json_.items())
      read(name, Fields(value, members.path(name)));
  }
  // The same where the members are numbers, of this object itself.
  template <class F>
  void each_number(F&& read) const {
    for (const auto& [name, value] : json_.items()) read(name, number(value, path(name)));
  }

 private:
  std::string path(const std::string& key) const {
    return where_.empty() ? key : where_ + "." + key;
  }
  const Json& at(const char* key) const {
    if (const auto* field = find(key)) return *field;
    throw std::invalid_argument(fmt::format("'{}' is missing", path(key)));
  }
  Fields in(const char* key) const { return {at(key), path(key)}; }

  static double number(const Json& value, const std::string& path) {
    if (!value.is_number()) wrong(path, "a number");
    return value.get<double>();
  }
  static std::uint64_t count(const Json& value, const std::string& path) {
    if (!value.is_number_unsigned()) wrong(path, "a whole number from 0");
    return value.get<std::uint64_t>();
  }
  [[noreturn]] static void wrong(const std::string& path, std::string_view wanted) {
    throw std::invalid_argument(fmt::format("'{}' is not {}", path, wanted));
  }

  const Json& json_;
  const std::string where_;
};

SourceReport source_of(const Fields& fields) {
  SourceReport s;
  fields.read("in", s.in);
  fields.read("bytes", s.bytes);
  fields.read("dropped", s.dropped);
  fields.read("failed", s.failed);
  fields.read("last_sequence", s.last_sequence);
  fields.read("missing", s.missing);
  double quiet_s = 0;
  fields.read("quiet_s", quiet_s);
  s.quiet = Duration(std::llround(quiet_s * 1e9));
  fields.read("age_ms", s.age);
  s.age_known = !fields.find("age_from");
  return s;
}

StageReport stage_of(const std::string& name, const Fields& fields) {
  StageReport s;
  s.name = name;
  fields.read("type", s.type);
  fields.read("is_source", s.is_source);
  fields.read("in", s.in);
  fields.read("out", s.out);
  fields.read("failed", s.failed);
  fields.read("queued", s.queued);
  if (fields.find("held_bytes")) fields.read("held_bytes", s.held_bytes);
  fields.read("restarts", s.restarts);
  fields.read("dropped", s.dropped);
  fields.read("events_dropped", s.events_dropped);
  fields.read("fps", s.fps);
  fields.read("process_ms", s.process);
  fields.read("wait_ms", s.wait);
  fields.read("age_ms", s.age);
  fields.each("sources", [&](const std::string& source, const Fields& its) {
    s.sources[source] = source_of(its);
  });
  if (fields.find("figures"))
    fields.each("figures", [&](const std::string& figure, const Fields& values) {
      values.each_number(
          [&](const std::string& of, double value) { s.figures[figure][of] = value; });
    });
  return s;
}

}  // namespace

std::string to_json(const Report& r) {
  Json stages = Json::object();
  for (const auto& stage : r.stages) stages[stage.name] = json_of(stage);
  Json events = Json::object();
  for (const auto& [name, count] : r.events) events[name] = count;
  const Json json{{"graph", r.graph},
                  {"device", r.device},
                  {"wall_s", rounded(r.wall_s)},
                  {"cpu_s", rounded(r.cpu_s)},
                  {"rss_bytes", r.rss_bytes},
                  {"max_rss_bytes", r.max_rss_bytes},
                  {"held_bytes", r.held_bytes},
                  {"memory_limit_bytes", r.memory_limit_bytes},
                  {"stages", stages},
                  {"events", events}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Report report_from_json(std::string_view text) {
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object()) throw std::invalid_argument("it is no JSON object");
  const Fields fields(json, "");
  Report r;
  fields.read("graph", r.graph);
  fields.read("device", r.device);
  fields.read("wall_s", r.wall_s);
  fields.read("cpu_s", r.cpu_s);
  fields.read("rss_bytes", r.rss_bytes);
  fields.read("max_rss_bytes", r.max_rss_bytes);
  // Reports of former versions have none.
  if (fields.find("held_bytes")) fields.read("held_bytes", r.held_bytes);
  if (fields.find("memory_limit_bytes")) fields.read("memory_limit_bytes", r.memory_limit_bytes);
  fields.each("stages", [&](const std::string& name, const Fields& its) {
    r.stages.push_back(stage_of(name, its));
  });
  fields.read("events", r.events);
  return r;
}

}  // namespace sluice
