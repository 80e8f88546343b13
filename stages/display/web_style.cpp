#include <display/web_page.hpp>

namespace sluice::display {

const std::string_view kWebStyle = R"css(:root {
  color-scheme: light dark;
  --ground: #f4f5f6; --card: #fff; --line: #dfe2e5; --text: #1c2126; --faint: #5b656e;
  --accent: #1f6f8b; --live: #2f8f5b; --silent: #b26a00; --lost: #a3262a; --picture: #171b20;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a; --card: #1d2125; --line: #2d3338; --text: #e6e9eb; --faint: #98a2ab;
    --accent: #7cc4dc; --live: #5cc48d; --silent: #f0b054; --lost: #d0484c; --picture: #171b20;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 16px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
header, main { max-width: 1400px; margin: 0 auto; padding: 0 20px; }
header {
  display: flex; flex-wrap: wrap; gap: 4px 20px; align-items: center;
  justify-content: space-between; min-height: 60px;
}
nav { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 14px; min-width: 0; }
a { color: var(--accent); }
.brand {
  display: inline-flex; align-items: center; gap: 10px; color: var(--text); font-weight: 600;
  font-size: 18px; text-decoration: none;
}
.here { font-size: 18px; overflow-wrap: anywhere; }
.here::before { content: "/"; color: var(--faint); margin-right: 14px; }
.button {
  padding: 4px 12px; border: 1px solid var(--line); border-radius: 8px; background: var(--card);
  font-size: 14px; text-decoration: none;
}
#summary { margin: 0; color: var(--faint); font-variant-numeric: tabular-nums; }
#lost {
  position: sticky; top: 0; z-index: 1; margin: 0; padding: 10px 20px; background: var(--lost);
  color: #fff; text-align: center;
}
figure {
  position: relative; margin: 0; min-height: 180px; display: grid; place-items: center;
  background: var(--picture); border-radius: 12px; overflow: hidden;
}
#picture {
  display: block; max-width: 100%; max-height: calc(100vh - 150px); width: auto; height: auto;
  color: transparent; transition: filter .3s, opacity .3s;
}
body[data-source=""] #picture { cursor: pointer; }
body:not([data-source=""]) #picture { width: 100%; object-fit: contain; }
.stale #picture { filter: grayscale(1); opacity: .4; }
figcaption {
  position: absolute; left: 12px; bottom: 12px; padding: 4px 12px; border-radius: 8px;
  background: rgb(0 0 0 / .72); color: #fff; font-size: 15px;
}
h2 { margin: 24px 0 10px; font-size: 15px; font-weight: 600; color: var(--faint); }
#sources {
  list-style: none; margin: 0 0 28px; padding: 0; display: grid; gap: 10px;
  grid-template-columns: repeat(auto-fill, minmax(220px, 1fr));
}
#sources a {
  display: grid; grid-template-columns: auto 1fr auto; align-items: center; gap: 10px;
  padding: 11px 14px; background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  color: var(--text); text-decoration: none;
}
#sources a:hover { border-color: var(--accent); }
#sources a[aria-current] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
#sources a::before {
  content: ""; width: 9px; height: 9px; border-radius: 50%; background: var(--live);
}
#sources .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#sources .facts {
  color: var(--faint); font-size: 14px; font-variant-numeric: tabular-nums; white-space: nowrap;
}
#sources .silent::before { background: var(--silent); }
#sources .silent .facts, #sources .late .facts { color: var(--silent); }
#empty { color: var(--faint); }
.lost #sources { opacity: .5; }
@media (max-width: 600px) {
  header, main { padding: 0 12px; }
  header { padding-top: 10px; padding-bottom: 10px; }
  figure { margin: 0 -12px; border-radius: 0; min-height: 120px; }
  #sources { grid-template-columns: 1fr; gap: 8px; }
}
)css";

}  // namespace sluice::display
