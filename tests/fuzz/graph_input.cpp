// A graph file, and after it, each behind a NUL, settings as `--set` gives them.

#include <algorithm>
#include <sluice/graph/load.hpp>

#include "target.hpp"

using namespace sluice;

namespace {

LoadRequest request(std::string_view& text) {
  LoadRequest r;
  r.graph = "fuzz.toml";
  r.device = "pi";
  r.variable = [](const std::string& name) -> std::optional<std::string> {
    if (name == "HUB") return "hub.local";
    if (name == "EMPTY") return "";
    return std::nullopt;
  };
  auto rest = text;
  text = text.substr(0, text.find('\0'));
  for (auto end = rest.find('\0'); end != std::string_view::npos; end = rest.find('\0')) {
    rest.remove_prefix(end + 1);
    r.sets.emplace_back(rest.substr(0, rest.find('\0')));
  }
  return r;
}

void is_a_problem(const Problem& p) {
  const auto& codes = kProblemCodes;
  fuzz::must(std::find(codes.begin(), codes.end(), p.code) != codes.end(), "a code is known");
  fuzz::must(!p.message.empty(), "a problem says what is wrong");
  fuzz::must(p.line >= 0 && p.column >= 0 && (p.line == 0 || p.column > 0), "a place is one");
  const auto text = to_text(p);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    // C0 but for the tabs of a quoted line, DEL, and C1, which is 0xC2 and another byte in UTF-8.
    const bool control = (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f ||
                         (c == 0xc2 && next >= 0x80 && next < 0xa0);
    fuzz::must(!control, "what is printed does nothing to a terminal");
  }
}

void is_a_plan(const Plan& plan) {
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const auto& stage = plan.stages[i];
    fuzz::must(stage.type != nullptr, "a stage has a type");
    fuzz::must(stage.parameters.size() == stage.type->parameters.size(), "all parameters are set");
    fuzz::must(stage.type->is_source() || !stage.links.empty(), "somebody feeds it");
    for (const auto& link : stage.links) {
      fuzz::must(link.from < i, "a stage comes after those that feed it");
      const auto outputs = plan.stages[link.from].type->outputs.size();
      fuzz::must(link.output < outputs || link.output == kEventsOutput, "an output is there");
      fuzz::must(link.input < stage.type->inputs.size(), "an input is there");
    }
  }
}

bool same(const Problem& a, const Problem& b) { return to_text(a) == to_text(b); }

void one_input(fuzz::Bytes bytes) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto r = request(text);
  const auto loaded = load_graph_text(text, r);
  fuzz::must(loaded.plan.has_value() == loaded.problems.empty(), "a plan, or problems");
  fuzz::must(loaded.problems.size() <= 101, "problems end at a hundred");
  for (const auto& p : loaded.problems) is_a_problem(p);
  if (loaded.plan) is_a_plan(*loaded.plan);
  // Of some inputs only, since it takes as long as all the rest.
  if (bytes.size() % 8 != 0) return;
  const auto again = load_graph_text(text, r);
  fuzz::must(std::equal(loaded.problems.begin(), loaded.problems.end(), again.problems.begin(),
                        again.problems.end(), same),
             "the check is a function of its input");
}

const fuzz::Target target("graph", one_input);

}  // namespace
