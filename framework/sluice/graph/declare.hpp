// How a stage type says what it is, once:
//
//   static void declare(sluice::Declare<Invert>& d) {
//     d.summary("Inverts every pixel");
//     d.input(Kind::gray8 | Kind::bgr8).output_same();
//     d.param("strength", &Invert::strength, "how much of the inverted picture to mix in").range(0,
//     1);
//   }
//   double strength = 1.0;   // a parameter's default is its member's initial value
#pragma once

#include <chrono>
#include <concepts>
#include <initializer_list>
#include <sluice/graph/stage_type.hpp>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace sluice {

// A number of bytes, as a parameter's type: "8MiB" in the graph file.
struct ByteSize {
  std::int64_t bytes = 0;
};

namespace detail {

template <class M>
constexpr ParamType param_type() {
  if constexpr (std::is_same_v<M, bool>)
    return ParamType::boolean;
  else if constexpr (std::integral<M>)
    return ParamType::integer;
  else if constexpr (std::floating_point<M>)
    return ParamType::number;
  else if constexpr (std::is_same_v<M, std::string>)
    return ParamType::text;
  else if constexpr (std::is_same_v<M, Duration>)
    return ParamType::duration;
  else if constexpr (std::is_same_v<M, ByteSize>)
    return ParamType::size;
  else {
    static_assert(std::is_same_v<M, std::vector<std::string>>,
                  "a parameter is bool, an integer, a floating point number, std::string, "
                  "sluice::Duration, sluice::ByteSize or std::vector<std::string>");
    return ParamType::texts;
  }
}

template <class M>
ParamValue to_value(const M& member) {
  if constexpr (std::is_same_v<M, Duration>)
    return std::int64_t{member.count()};
  else if constexpr (std::is_same_v<M, ByteSize>)
    return member.bytes;
  else if constexpr (std::is_same_v<M, bool>)
    return member;
  else if constexpr (std::integral<M>)
    return static_cast<std::int64_t>(member);
  else if constexpr (std::floating_point<M>)
    return static_cast<double>(member);
  else
    return member;
}

template <class M>
M from_value(const ParamValue& value) {
  if constexpr (std::is_same_v<M, Duration>)
    return Duration(std::get<std::int64_t>(value));
  else if constexpr (std::is_same_v<M, ByteSize>)
    return ByteSize{std::get<std::int64_t>(value)};
  else if constexpr (std::is_same_v<M, bool>)
    return std::get<bool>(value);
  else if constexpr (std::integral<M>)
    return static_cast<M>(std::get<std::int64_t>(value));
  else if constexpr (std::floating_point<M>)
    return static_cast<M>(std::get<double>(value));
  else
    return std::get<M>(value);
}

}  // namespace detail

// Refines the parameter that was declared last.
class DeclareParam {
 public:
  explicit DeclareParam(Parameter& parameter) : p_(parameter) {}

  // Inclusive, of a number.
  DeclareParam& range(double least, double most) { return p_.least = least, p_.most = most, *this; }
  // Inclusive, of a duration.
  DeclareParam& range(Duration least, Duration most) {
    return range(static_cast<double>(least.count()), static_cast<double>(most.count()));
  }
  // Inclusive, of a size.
  DeclareParam& range(ByteSize least, ByteSize most) {
    return range(static_cast<double>(least.bytes), static_cast<double>(most.bytes));
  }
  DeclareParam& at_least(double least) { return p_.least = least, *this; }
  DeclareParam& unit(std::string text) { return p_.unit = std::move(text), *this; }
  DeclareParam& choices(std::vector<std::string> names) {
    return p_.choices = std::move(names), *this;
  }
  // Its texts are addresses that the stage binds: others connect to them.
  DeclareParam& binds() { return p_.end = End::binds, *this; }
  // Its texts are addresses that the stage connects to.
  DeclareParam& connects() { return p_.end = End::connects, *this; }
  // It names an event that is waited for at this input; empty: for none. A graph in which nothing
  // raises it there is wrong.
  DeclareParam& awaited_at(std::string input) { return p_.awaited_at = std::move(input), *this; }
  // The graph must give it.
  DeclareParam& required() { return p_.required = true, *this; }

 private:
  Parameter& p_;
};

template <class T>
class Declare {
 public:
  explicit Declare(std::string name) { type_.name = std::move(name); }

  Declare& summary(std::string one_line) { return type_.summary = std::move(one_line), *this; }
  Declare& manual(std::string text) { return type_.manual = std::move(text), *this; }
  Declare& example(std::string graph_file) { return type_.example = std::move(graph_file), *this; }

  Declare& input(Kinds kinds, std::string name = "in", std::string help = {}) {
    type_.inputs.push_back({std::move(name), kinds, std::move(help), false, {}, {}});
    return *this;
  }
  Declare& output(Kinds kinds, std::string name = "out", std::string help = {}) {
    type_.outputs.push_back({std::move(name), kinds, std::move(help), false, {}, {}});
    return *this;
  }
  // An output that gives what came in.
  Declare& output_same(std::string name = "out") {
    type_.outputs.push_back({std::move(name), {}, {}, true, {}, {}});
    return *this;
  }
  // An output whose kind is chosen by a text parameter, such as format = "gray8".
  Declare& output_chosen(Kinds kinds, std::string parameter, std::string name = "out") {
    type_.outputs.push_back({std::move(name), kinds, {}, false, std::move(parameter), {}});
    return *this;
  }
  // An output that gives what came in, or the kind that a text parameter says.
  Declare& output_same_or_chosen(Kinds kinds, std::string parameter, std::string name = "out") {
    type_.outputs.push_back({std::move(name), kinds, {}, true, std::move(parameter), {}});
    return *this;
  }
  // Of what comes in, the output declared last passes these kinds on as they are.
  Declare& passing(Kinds kinds) { return type_.outputs.back().passed = kinds, *this; }
  Declare& raises(std::vector<std::string> events) {
    return type_.events = std::move(events), *this;
  }
  // Besides these it raises whatever others tell it, as a transport does.
  Declare& raises_any() { return type_.raises_any = true, *this; }

  template <class M>
  DeclareParam param(std::string name, M T::*member, std::string help) {
    Parameter p;
    p.name = std::move(name);
    p.type = detail::param_type<M>();
    p.help = std::move(help);
    p.fallback = detail::to_value(std::as_const(defaults_).*member);
    if constexpr (std::integral<M> && !std::is_same_v<M, bool>) {
      p.least = static_cast<double>(std::numeric_limits<M>::min());
      p.most = static_cast<double>(std::numeric_limits<M>::max());
    }
    p.set = [member](Stage& stage, const ParamValue& value) {
      static_cast<T&>(stage).*member = detail::from_value<M>(value);
    };
    return add(std::move(p));
  }

  // A member of any type that is chosen by name, such as an enumeration.
  template <class M>
  DeclareParam choice(std::string name, M T::*member, std::vector<std::pair<std::string, M>> names,
                      std::string help) {
    Parameter p;
    p.name = std::move(name);
    p.type = ParamType::text;
    p.help = std::move(help);
    for (const auto& [text, value] : names) {
      if (value == std::as_const(defaults_).*member) p.fallback = text;
      p.choices.push_back(text);
    }
    p.set = [member, table = std::move(names)](Stage& stage, const ParamValue& value) {
      for (const auto& [text, v] : table)
        if (text == std::get<std::string>(value)) static_cast<T&>(stage).*member = v;
    };
    return add(std::move(p));
  }

  // What a mailbox in front of this type does unless the graph says otherwise.
  Declare& mailbox(MailboxRules rules) { return type_.mailbox = rules, *this; }
  // Call on_tick() this often.
  Declare& ticks(Duration interval) { return type_.tick = interval, *this; }
  // A source fed by others through a socket: a stopping graph stops it after the other sources.
  Declare& listens() { return type_.listens = true, *this; }
  // Takes every stage's events where the graph doesn't say `from`.
  Declare& hears_all() { return type_.hears_all = true, *this; }
  // Its state is not by source, or it owns something that exists once.
  Declare& single_worker() { return type_.single_worker = true, *this; }

  // How to find the devices that it could open.
  Declare& devices(std::function<std::vector<Device>()> find) {
    return type_.devices = std::move(find), *this;
  }

  // What can be said of the parameters together, or of a text's form, before anything starts. Looks
  // at the parameters only: no files, no network. Not called where one of them is wrong already.
  Declare& check(std::function<void(const T&, ParamProblems&)> find_problems) {
    type_.check = [find = std::move(find_problems)](const Stage& stage, ParamProblems& problems) {
      find(static_cast<const T&>(stage), problems);
    };
    return *this;
  }

  StageType finish() && {
    type_.make = [] { return std::unique_ptr<Stage>(std::make_unique<T>()); };
    type_.loops = T::kLoops;
    return std::move(type_);
  }

 private:
  DeclareParam add(Parameter p) {
    type_.parameters.push_back(std::move(p));
    return DeclareParam(type_.parameters.back());
  }

  T defaults_{};
  StageType type_;
};

}  // namespace sluice
