#include <display/web_page.hpp>

namespace sluice::display {

// The picture is an image that the server keeps replacing, and a browser doesn't say when that has
// ended: it would show the last one for ever. So the page gives its stream a name of its own and
// asks, once a second together with the list of sources, whether that is still being sent.
const std::string_view kWebScript = R"js("use strict";
const source = document.body.dataset.source;
const $ = (id) => document.getElementById(id);
const picture = $("picture");
const address = picture.getAttribute("src");
let viewer = "";      // our stream's name
let begun = 0;        // when it was asked for
let lost = null;      // since when the server hasn't answered
let names = [];       // of the sources, in the montage's order
let grid = { columns: 1, rows: 1, tiles: [] };
let timer = 0;

function watch() {
  viewer = "v" + Math.random().toString(36).slice(2);
  begun = performance.now();
  picture.src = address + "?viewer=" + viewer;
}

function unwatch() {
  viewer = "";
  picture.removeAttribute("src");
}

function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

function duration(s) {
  if (s < 120) return Math.floor(s) + " s";
  if (s < 7200) return Math.floor(s / 60) + " min";
  return Math.floor(s / 3600) + " h";
}

function facts(one) {
  if (one.silent) return "silent " + duration(one.quiet_s);
  const fps = one.fps >= 0.95 ? one.fps.toFixed(one.fps < 9.95 ? 1 : 0) : one.fps.toFixed(2);
  const behind = (one.age_s ?? 0) - (one.age_s === undefined ? 0 : one.quiet_s);
  if (behind > 1) return fps + " fps, " + behind.toFixed(1) + " s late";
  if (behind < -1) return fps + " fps, clock " + duration(-behind) + " ahead";
  return fps + " fps";
}

function card(name) {
  const item = document.createElement("li");
  const link = item.appendChild(document.createElement("a"));
  link.href = "/source/" + name;
  if (name === source) link.setAttribute("aria-current", "page");
  for (const part of ["name", "facts"])
    link.appendChild(document.createElement("span")).className = part;
  text(link.querySelector(".name"), name);
  return item;
}

function show(state) {
  const now = state.sources.map((one) => one.name);
  if (now.join() !== names.join()) {
    const old = new Map(names.map((name, i) => [name, $("sources").children[i]]));
    $("sources").replaceChildren(...now.map((name) => old.get(name) ?? card(name)));
    names = now;
  }
  grid = state;
  let silent = 0;
  state.sources.forEach((one, i) => {
    const link = $("sources").children[i].firstChild;
    link.classList.toggle("silent", one.silent);
    link.classList.toggle("late", !one.silent && one.age_s - one.quiet_s > 1);
    text(link.querySelector(".facts"), facts(one));
    if (one.silent) silent += 1;
  });
  $("empty").hidden = now.length > 0;
  const count = now.length + (now.length === 1 ? " source" : " sources");
  text($("summary"), count + (silent ? ", " + silent + " silent" : ""));
  document.title = (silent ? "(" + silent + " silent) " : "") +
      (source ? source + " · Sluice" : "Sluice");

  let note = "";
  const mine = state.sources.find((one) => one.name === source);
  if (!state.watching && state.viewers >= state.max_viewers)
    note = "All " + state.max_viewers + " viewers' places are taken. Trying again.";
  else if (source && !mine) note = "Waiting for a picture from " + source;
  else if (mine && mine.silent) note = source + " has been " + facts(mine);
  $("note").hidden = note === "";
  text($("note"), note);
  document.body.classList.toggle("stale", note !== "");
  if (!state.watching && performance.now() - begun > 1500) watch();
}

async function poll() {
  try {
    const abort = new AbortController();
    const limit = setTimeout(() => abort.abort(), 4000);
    const answer = await fetch("/sources.json?viewer=" + viewer,
                               { cache: "no-store", signal: abort.signal });
    const state = await answer.json();
    clearTimeout(limit);
    if (!answer.ok) throw new Error(answer.status);
    if (lost) watch();
    lost = null;
    if (!document.hidden) show(state);
  } catch (error) {
    lost ??= new Date();
    text($("lost"), "No connection to sluice since " + lost.toLocaleTimeString() +
         ". Trying again each second.");
    document.body.classList.add("stale");
  }
  $("lost").hidden = lost === null;
  document.body.classList.toggle("lost", lost !== null);
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(poll, 1000);
}

// A hidden page watches nothing: a browser has six connections to us for all of its tabs.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return unwatch();
  watch();
  poll();
});

// The montage's tiles are all of one size.
picture.addEventListener("click", (event) => {
  if (source) return;
  const at = picture.getBoundingClientRect();
  const column = Math.floor((event.clientX - at.left) / at.width * grid.columns);
  const row = Math.floor((event.clientY - at.top) / at.height * grid.rows);
  const name = grid.tiles[row * grid.columns + column];
  if (name) location.href = "/source/" + name;
});

if (!document.hidden) {
  watch();
  poll();
}
)js";

}  // namespace sluice::display
