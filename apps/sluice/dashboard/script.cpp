#include "dashboard/page.hpp"

namespace sluice::app {

// The picture is laid out once, by the server, with room for figures; what they are is put into its
// texts each second. An element's label is the last of its texts.
const std::string_view kDashboardScript = R"js("use strict";
(() => {
const get = (id) => document.getElementById(id);
const drawing = get("drawing");
const kSmallest = 0.6;  // of the picture's own size: smaller, it can't be read
const kMostEvents = 200;
let drawn = "";       // the direction that the picture stands in
let wide = 0;         // what it needs from left to right, in pixels
let missing = false;  // there is no picture: a list does
let newest = 0;       // the last event's number
let up = 0;           // seconds, as told last
let timer = 0;
let tapping = 0;      // asks whether the tap's pictures still flow
let taps = new Map();

function put(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

async function ask(path) {
  const abort = new AbortController();
  const limit = setTimeout(() => abort.abort(), 4000);
  try {
    return await fetch(path, { cache: "no-store", signal: abort.signal });
  } finally {
    clearTimeout(limit);
  }
}

function mebibytes(bytes) {
  return Math.round(bytes / 1048576) + " MiB";
}

function span(s) {
  if (s < 60) return Math.floor(s) + " s";
  if (s < 3600) return Math.floor(s / 60) + " min";
  if (s < 172800) return Math.floor(s / 3600) + " h";
  return Math.floor(s / 86400) + " days";
}

// --- the picture

// From left to right; where that has no room, from top to bottom.
async function draw() {
  const direction = wide * kSmallest > drawing.clientWidth ? "down" : "right";
  if (missing || drawn === direction) return;
  const answer = await ask("/graph.svg?direction=" + direction);
  if (answer.status === 202) return;  // still being drawn: with the next figures
  if (!answer.ok) {
    missing = true;
    put(get("hint"), (await answer.text()).trim());
    get("hint").hidden = false;
    return;
  }
  const svg = new DOMParser().parseFromString(await answer.text(), "image/svg+xml");
  const picture = document.importNode(svg.documentElement, true);
  drawing.replaceChildren(picture);
  const width = picture.width.baseVal.value;
  picture.style.minWidth = width * kSmallest + "px";
  drawn = direction;
  if (direction === "right") wide = width;
  if (direction === "right" && wide * kSmallest > drawing.clientWidth) return draw();
  for (const [id, tap] of taps) make_tap(id, tap);
  get("hint").hidden = taps.size === 0;
}

function make_tap(id, tap) {
  const group = get(id);
  if (!group || !drawing.contains(group) || group.classList.contains("tapped")) return;
  group.classList.add("tapped");
  group.setAttribute("role", "button");
  group.setAttribute("tabindex", "0");
  group.setAttribute("aria-label", "Pictures of " + tap.title);
  for (const path of group.querySelectorAll("path")) {
    const hit = path.cloneNode();
    hit.removeAttribute("stroke-dasharray");
    hit.setAttribute("class", "hit");
    path.after(hit);
  }
  group.addEventListener("click", () => open_tap(tap));
  group.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      open_tap(tap);
    }
  });
}

function show_label(label) {
  const group = get(label.id);
  if (!group) return;
  const texts = [...group.querySelectorAll("text")].slice(-label.lines.length);
  label.lines.forEach((line, i) => put(texts[i], line));
  if (group.dataset.state === label.state) return;
  if (group.dataset.state) group.classList.remove(group.dataset.state);
  else for (const state of ["idle", "fine", "busy", "overloaded", "failed", "lossy"])
    group.classList.remove(state);
  group.classList.add(label.state);
  group.dataset.state = label.state;
}

function list(labels) {
  const items = labels.filter((label) => label.id.startsWith("stage-"));
  get("stages").replaceChildren(...items.map((label) => {
    const item = document.createElement("li");
    put(item, label.id.slice(6) + ": " + label.lines.filter((line) => line).join(", "));
    return item;
  }));
}

// --- the pictures on a link

let tap = null;

function watch_tap() {
  const viewer = "t" + Math.random().toString(36).slice(2);
  tap.viewer = viewer;
  tap.begun = performance.now();
  get("tap-picture").src = tap.pictures + "?viewer=" + viewer;
}

function open_tap(which) {
  tap = { ...which };
  put(get("tap-title"), tap.title);
  get("tap-picture").alt = "Pictures of " + tap.title;
  get("tap-note").hidden = true;
  get("tap").showModal();
  watch_tap();
  tapping = setInterval(ask_tap, 1000);
}

// An image doesn't tell when its stream has ended or was refused.
async function ask_tap() {
  if (!tap) return;
  const asked = tap.viewer;
  try {
    const answer = await ask("/sources.json?viewer=" + asked);
    const state = await answer.json();
    if (!tap || tap.viewer !== asked) return;
    if (!state.watching && performance.now() - tap.begun > 1500) {
      put(get("tap-note"), "No pictures come: too many are watched at a time. Trying again.");
      get("tap-note").hidden = false;
      watch_tap();
    } else if (state.watching) get("tap-note").hidden = true;
  } catch (error) {
    if (tap) {
      put(get("tap-note"), "No connection to sluice.");
      get("tap-note").hidden = false;
    }
  }
}

get("tap-close").addEventListener("click", () => get("tap").close());
get("tap").addEventListener("click", (event) => {
  if (event.target === get("tap")) get("tap").close();  // beside it
});
get("tap").addEventListener("close", () => {
  clearInterval(tapping);
  tap = null;
  get("tap-picture").removeAttribute("src");
});

// --- events

function event_item(event) {
  const item = document.createElement("li");
  const add = (name, text) => {
    const part = item.appendChild(document.createElement(name));
    put(part, text);
    return part;
  };
  const time = add("time", new Date(event.time).toLocaleTimeString());
  time.dateTime = event.time;
  add("strong", event.event);
  add("span", [event.source, event.stage].filter((name) => name).join(", "));
  const known = ["number", "time", "event", "source", "stage"];
  const details = Object.entries(event).filter(([key]) => !known.includes(key));
  if (details.length)
    add("span", details.map(([key, value]) => key + " " + value).join(", ")).className = "details";
  return item;
}

async function show_events() {
  const answer = await ask("/events.json?after=" + newest);
  if (!answer.ok) return;
  for (const event of (await answer.json()).events) {
    newest = event.number;
    get("events").prepend(event_item(event));
  }
  while (get("events").children.length > kMostEvents) get("events").lastChild.remove();
  get("no-events").hidden = newest > 0;
}

// --- each second

async function show() {
  const answer = await ask("/graph.json");
  if (!answer.ok) return;
  const state = await answer.json();
  // Another run, perhaps of another graph.
  if (state.report.wall_s < up) return location.reload();
  up = state.report.wall_s;
  taps = new Map(state.taps.map((one) => [one.id, one]));
  put(get("up"), "· " + span(state.report.wall_s) + " · keeps " + mebibytes(state.report.held_bytes) +
      " of frames, at most " + mebibytes(state.report.memory_limit_bytes));
  put(get("health"), state.health.problems.join(" · "));
  get("health").className = state.health.status;
  put(get("bottleneck"), state.bottleneck);
  await draw();
  if (missing) list(state.labels);
  else state.labels.forEach(show_label);
  await show_events();
}

async function poll() {
  clearTimeout(timer);
  try {
    await show();
  } catch (error) {
    // The page's own script says that nobody answers, and since when.
  }
  if (!document.hidden) timer = setTimeout(poll, 1000);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return get("tap").close();
  poll();
});
if (!document.hidden) poll();
})();
)js";

}  // namespace sluice::app
