#include "dashboard/page.hpp"

#include <fmt/format.h>

#include "graph/look.hpp"

namespace sluice::app {
namespace {

// {0} is the graph's name, {1} the device's; both are identifiers or a host's name.
constexpr const char* kSection = R"html(<section id="graph">
<h2>Graph <strong>{0}</strong> on <strong>{1}</strong> <span id="up"></span></h2>
<p id="health" role="status"></p>
<p id="bottleneck"></p>
<div id="drawing" class="sluice"></div>
<ul id="stages"></ul>
<p id="hint" hidden>A click on a line shows the pictures that flow there.</p>
</section>
<dialog id="tap">
<header><h3 id="tap-title"></h3><button id="tap-close" type="button">Close</button></header>
<img id="tap-picture" alt="">
<p id="tap-note" hidden></p>
</dialog>
<section id="happened">
<h2>Events</h2>
<ol id="events"></ol>
<p id="no-events">Nothing has happened yet.</p>
<p class="programs">For programs: <a href="/metrics">/metrics</a> for Prometheus,
<a href="/health">/health</a>, <a href="/graph.json">/graph.json</a>, <a href="/events.json">/events.json</a></p>
</section>
)html";

constexpr std::string_view kStyle = R"css(
#picture { max-height: 60vh; }
#graph, #happened { margin: 28px 0; }
#graph h2 strong { color: var(--text); }
#up { font-variant-numeric: tabular-nums; }
#health { margin: 0 0 4px; font-weight: 600; }
#health:empty, #bottleneck:empty { display: none; }
#health.degraded { color: var(--silent); }
#health.failed { color: var(--lost); }
#bottleneck { margin: 0 0 12px; font-size: 18px; }
#drawing {
  overflow: auto; background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  padding: 8px; text-align: center;
  /* As wide as the window: a graph is longer than it is high. */
  width: calc(100vw - 56px); position: relative; left: 50%; transform: translateX(-50%);
}
#drawing:empty { display: none; }
#drawing svg { max-width: 100%; height: auto; }
#drawing .tapped { cursor: pointer; outline: none; }
#drawing .tapped .hit { fill: none; stroke: transparent; stroke-width: 16px; }
#drawing .tapped:hover .hit, #drawing .tapped:focus-visible .hit {
  stroke: var(--accent); stroke-opacity: .25;
}
#hint, .programs { color: var(--faint); font-size: 14px; }
#stages { list-style: none; margin: 0; padding: 0; }
#stages li { padding: 8px 0; border-bottom: 1px solid var(--line); }
#tap {
  border: 1px solid var(--line); border-radius: 12px; padding: 0; max-width: min(96vw, 1320px);
  background: var(--card); color: var(--text);
}
#tap::backdrop { background: rgb(0 0 0 / .5); }
#tap header { display: flex; justify-content: space-between; align-items: center; gap: 20px; padding: 10px 16px; }
#tap h3 { margin: 0; font-size: 16px; }
#tap button {
  padding: 4px 12px; border: 1px solid var(--line); border-radius: 8px; background: var(--ground);
  color: var(--text); font: inherit; font-size: 14px; cursor: pointer;
}
#tap img {
  display: block; max-width: 100%; max-height: 75vh; min-width: 240px; min-height: 120px;
  background: var(--picture); color: transparent;
}
#tap-note { margin: 0; padding: 8px 16px; color: var(--silent); }
#events { list-style: none; margin: 0; padding: 0; max-height: 320px; overflow: auto; }
#events li {
  display: flex; flex-wrap: wrap; gap: 2px 12px; padding: 5px 0; border-bottom: 1px solid var(--line);
  font-variant-numeric: tabular-nums;
}
#events time, #events .details { color: var(--faint); font-size: 14px; }
#events .details { overflow-wrap: anywhere; }
.lost #graph, .lost #happened { opacity: .5; }
@media (max-width: 600px) { #drawing { width: calc(100vw - 24px); } }
)css";

}  // namespace

std::string dashboard_section(const std::string& graph, const std::string& device) {
  std::string where;  // a host's name is free text
  for (const char c : device) {
    if (c == '<' || c == '>' || c == '&' || c == '"')
      where += fmt::format("&#{};", static_cast<int>(c));
    else
      where += c;
  }
  return fmt::format(fmt::runtime(kSection), graph, where);
}

std::string dashboard_style() { return picture_css() + std::string(kStyle); }

}  // namespace sluice::app
