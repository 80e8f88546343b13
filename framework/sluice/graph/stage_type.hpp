// What is declared of a stage type: its ports, parameters and habits, as plain data. The check, the
// manual page, the schema and the runtime all read this; a type declares it once
// (graph/declare.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <sluice/media/kind.hpp>
#include <sluice/media/time.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sluice {

class Stage;

// A parameter's value as the graph file gives it. Durations are integers in nanoseconds, sizes
// integers in bytes.
using ParamValue = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

enum class ParamType { boolean, integer, number, text, duration, size, texts };
std::string_view to_string(ParamType type);

// A value as the graph file would write it: true, 5, 0.5, "text", "200ms", "8MiB", ["a", "b"].
std::string to_toml(const ParamValue& value, ParamType type);

// Where a parameter's value is an address, or a list of them: what the stage does with it.
enum class End { none, binds, connects };

struct Parameter {
  std::string name;
  ParamType type = ParamType::text;
  std::string help;  // one line
  std::string unit;  // where the type doesn't say it: "frames/s"
  ParamValue fallback;
  bool required = false;
  double least = -std::numeric_limits<double>::infinity();  // of numbers, durations (ns), sizes
  double most = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices;  // of a text: nothing else is allowed; empty: anything is
  End end = End::none;
  std::string
      awaited_at;  // of a text: names an event that is waited for at this input; empty: none
  std::function<void(Stage&, const ParamValue&)> set;
};

// Something that a type's own check has against a stage's parameters, each of which is right by
// itself.
struct ParamProblem {
  std::string parameter;  // whose place in the graph is shown: that of the stage if it isn't given
  std::string message;    // what is wrong
  std::string hint;       // what to do
  std::size_t item = 0;   // of a list of texts: which of them
};
using ParamProblems = std::vector<ParamProblem>;

enum class WhenFull { block, drop_oldest, drop_newest, latest };
std::string_view to_string(WhenFull policy);
std::optional<WhenFull> when_full_from_string(std::string_view name);

// How a mailbox behaves. Zero means no limit for max_age, and for max_bytes a quarter of what the
// graph may keep in all.
struct MailboxRules {
  WhenFull when_full = WhenFull::drop_oldest;
  // Frames; with `latest`: of each source. 0: what fits the policy, see capacity_of().
  std::size_t capacity = 0;
  std::size_t max_bytes = 0;
  Duration max_age{0};

  friend bool operator==(const MailboxRules&, const MailboxRules&) = default;
};
// 4, and with `latest` 1 of each source, where the rules leave it open.
std::size_t capacity_of(const MailboxRules& rules);

struct Port {
  std::string name;
  Kinds kinds;
  std::string help;
  // Outputs only. Gives what came in, so its kinds are those of the stage's input.
  bool same_as_input = false;
  // Outputs only. The name of a text parameter whose value, a kind's name, is what is given. With
  // both, what came in is given where the value is no kind's name, such as "same".
  std::string kind_parameter;
  // Outputs only. Of what comes in, these go out as they came; the rest turns into `kinds`.
  Kinds passed;
};

// Something attached to this machine that a source type could open.
struct Device {
  std::string id;                     // as the graph file would name it
  std::string name;                   // as its maker does
  std::vector<std::string> modes;     // "jpeg 1280 x 720 at 30 frames/s"
  std::vector<std::string> controls;  // "brightness: -1 to 1, by itself 0"
};

struct StageType {
  std::string name;     // "encode.jpeg": family and type
  std::string summary;  // one line
  std::string manual;   // paragraphs, may be empty
  std::string example;  // a whole graph file; a test checks it
  std::vector<Port> inputs;
  std::vector<Port> outputs;        // events not counted
  std::vector<std::string> events;  // names of those it raises
  bool raises_any = false;          // and others: a device's beyond a transport, a plugin's
  std::vector<Parameter> parameters;
  MailboxRules mailbox;
  Duration tick{0};            // on_tick() this often; 0: never
  bool loops = false;          // a LoopStage: has a thread of its own
  bool listens = false;        // a source fed from outside (a socket); stopped after other sources
  bool hears_all = false;      // takes every stage's events where the graph doesn't say `from`
  bool single_worker = false;  // `workers` above 1 is refused
  std::string plugin;          // the file that it came from; empty: it is built in
  std::function<std::unique_ptr<Stage>()> make;
  // May be empty. The stage's parameters are set, and nothing else is done to it.
  std::function<void(const Stage&, ParamProblems&)> check;
  // Looks for what is attached now; throws where it can't. Empty: the type opens no devices.
  std::function<std::vector<Device>()> devices;

  bool is_source() const { return inputs.empty(); }
  const Parameter* parameter(std::string_view parameter_name) const;
  const Port* input(std::string_view port_name) const;
  const Port* output(std::string_view port_name) const;
};

// The stage types that this program knows, by name. Built-in types and plugins add themselves
// before main() or while a plugin is loaded; reading is safe once that is done.
class StageTypes {
 public:
  static StageTypes& all();

  // Throws std::invalid_argument if the name is taken, has no family, or the declaration
  // contradicts itself; the text says which.
  void add(StageType type);
  // What is added from now on comes from this plugin; empty: is built in.
  void adding_from(std::string plugin) { plugin_ = std::move(plugin); }
  const StageType* find(std::string_view name) const;
  std::vector<const StageType*> sorted() const;

 private:
  std::vector<std::unique_ptr<const StageType>> types_;
  std::string plugin_;
};

}  // namespace sluice
