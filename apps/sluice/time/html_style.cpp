#include "time/html.hpp"

namespace sluice::app {

// The six colours are Okabe and Ito's, which those who confuse red and green tell apart; lighter
// where the ground is dark.
const std::string_view kHtmlStyle = R"css(:root {
  color-scheme: light dark;
  --ground: #f4f5f6; --card: #fff; --line: #dfe2e5; --text: #1c2126; --faint: #5b656e;
  --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #b35a8f; --c4: #a87400; --c5: #2f8fc7;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a; --card: #1d2125; --line: #343b41; --text: #e6e9eb; --faint: #98a2ab;
    --c0: #4da3e0; --c1: #ff8a3d; --c2: #2fc79a; --c3: #e08fc0; --c4: #e6b422; --c5: #9ad4f5;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 16px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main { max-width: 1240px; margin: 0 auto; padding: 20px 20px 48px; }
h1 { margin: 0; font-size: 28px; overflow-wrap: anywhere; }
h2 { margin: 36px 0 10px; font-size: 19px; }
p { margin: 4px 0; max-width: 75ch; }
.faint, figcaption { color: var(--faint); font-size: 14px; }
.plots, .compared { display: grid; gap: 14px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 500px), 1fr)); }
figure, .card, .intervals {
  margin: 0; padding: 14px 16px; background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; min-width: 0;
}
figure h3, caption { margin: 0; font-size: 16px; font-weight: 600; text-align: left; }
figure:has(.wide) { grid-column: 1 / -1; }
.scroll { overflow-x: auto; }
svg { display: block; width: 100%; height: auto; font: 14px system-ui, sans-serif; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.figures { width: 100%; font-size: 14px; white-space: nowrap; }
.figures th, .figures td { padding: 5px 9px; text-align: right; }
.figures tbody th, .figures td:last-child, .figures .left { text-align: left; }
.figures thead th { color: var(--faint); font-weight: 500; vertical-align: bottom; }
.figures thead .group { text-align: center; border-bottom: 1px solid var(--line); }
.figures tbody tr { border-top: 1px solid var(--line); }
.figures tbody th { font-weight: 600; }
.figures .wrap { white-space: normal; overflow-wrap: anywhere; min-width: 215px; }
.figures td.wrap { text-align: left; }
.intervals { display: block; }
.intervals caption { display: block; }
.intervals tbody { display: block; }
.intervals tr { display: grid; grid-template-columns: 38px minmax(0, 1fr) minmax(0, 1fr); align-items: center; }
.intervals .says { padding: 2px 0 2px 12px; font-size: 15px; }
.intervals td, .intervals th { padding: 0; text-align: left; }
.tag {
  display: inline-block; min-width: 24px; padding: 0 6px; border-radius: 6px; text-align: center;
  background: var(--c); color: var(--card); font-weight: 600; font-size: 14px;
}
details { margin: 10px 0; }
summary { cursor: pointer; padding: 4px 0; overflow-wrap: anywhere; }
details h3 { margin: 16px 0 4px; font-size: 14px; font-weight: 600; color: var(--faint); }
.key { display: flex; flex-wrap: wrap; gap: 2px 14px; list-style: none; margin: 4px 0 12px; padding: 0; font-size: 14px; }
.key li { overflow-wrap: anywhere; }
.v0 { --c: var(--c0); } .v1 { --c: var(--c1); } .v2 { --c: var(--c2); }
.v3 { --c: var(--c3); } .v4 { --c: var(--c4); } .v5 { --c: var(--c5); }
.grid { stroke: var(--line); }
.one { stroke: var(--faint); stroke-width: 1.5; }
.tick { fill: var(--faint); }
.name { fill: var(--text); }
.letter { fill: var(--c); font-weight: 700; }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
.hit { fill: transparent; }
.mark { fill: var(--c); stroke: var(--card); stroke-width: 1.5; }
.max { stroke: var(--c); stroke-width: 1.5; }
.p99 { stroke: var(--c); stroke-width: 6; opacity: .55; }
.curve { fill: none; stroke: var(--c); stroke-width: 2.5; stroke-linejoin: round; }
.curve.again { stroke-dasharray: 7 5; }
.point, .cost { fill: var(--c); }
.middle-line { stroke: var(--c); stroke-width: 2; opacity: .6; }
.bar { fill: var(--c); opacity: .7; }
.unsure .bar { opacity: .28; }
@media (max-width: 600px) {
  main { padding: 14px 12px 40px; }
  .intervals tr { grid-template-columns: 38px minmax(0, 1fr); }
  .intervals .says { grid-column: 2; padding: 0 0 10px; }
  .intervals td:empty { display: none; }
  .intervals td:empty + .drawn { grid-column: 2; }
  .plots svg { min-width: 480px; }
}
@media print { body { background: none; } figure, .card, .intervals { break-inside: avoid; } }
)css";

}  // namespace sluice::app
