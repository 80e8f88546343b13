// Looks at a running dashboard in Debian's Chromium, as one of the checks below wants:
//
//   node look.js CHECK URL
//
// Waits for conditions, never for a time; what doesn't come within a minute is a failure. Prints
// what was wrong, and exits with 1 then.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../.node-browser/", import.meta.url));
const { chromium } = require("playwright-core");

const [check, url] = process.argv.slice(2);
const kLimit = 60_000;

const screens = {
  desk: { viewport: { width: 1600, height: 1200 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
  dark: { viewport: { width: 1600, height: 1200 }, colorScheme: "dark" },
};

// A page that has gone wrong in no way that a browser tells of.
async function open(browser, screen) {
  const context = await browser.newContext(screens[screen]);
  const page = await context.newPage();
  page.setDefaultTimeout(kLimit);
  const wrong = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) wrong.push(message.text());
  });
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(url)) wrong.push("asked elsewhere: " + request.url());
  });
  page.on("response", (response) => {
    if (response.status() >= 400) wrong.push(response.status() + " for " + response.url());
  });
  await page.goto(url);
  return { page, wrong };
}

const drawn = (page) => page.waitForFunction(() => {
  const text = document.querySelector("#drawing #stage-gate")?.textContent ?? "";
  return document.querySelector("#drawing #stage-gate[data-state]") && text.includes("frames/s");
});

// The image's pixels change.
async function moves(page, selector) {
  await page.waitForFunction((which) => {
    const image = document.querySelector(which);
    if (!image || !image.naturalWidth) return false;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 64;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0, 64, 64);
    const now = context.getImageData(0, 0, 64, 64).data.join();
    image.seen ??= new Set();
    image.seen.add(now);
    return image.seen.size >= 3;
  }, selector);
}

const viewers = (page) => page.evaluate(async () => (await (await fetch("/sources.json")).json()).viewers);

// Contrast by https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio, of each text in the drawing and what
// is painted below it.
const contrasts = (page) => page.evaluate(() => {
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = channels(colour).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return [...document.querySelectorAll("#drawing .stage text")].filter((t) => t.textContent.trim())
    .map((text) => {
      const box = text.closest("g.stage").querySelector("path, polygon");
      const [a, b] = [light(getComputedStyle(text).fill), light(getComputedStyle(box).fill)];
      return { text: text.textContent, ratio: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) };
    });
});

const checks = {
  async page({ page }) {
    await drawn(page);
    for (const name of ["gate", "porch", "jpeg", "motion", "show"])
      assert.equal(await page.locator("#drawing #stage-" + name).count(), 1, name);
    await moves(page, "#picture");
    await page.waitForFunction(() => document.getElementById("events").textContent.includes("motion.began"));
    await page.waitForFunction(() => document.getElementById("bottleneck").textContent.length > 20);
    await page.waitForFunction(() => document.querySelectorAll("#sources li").length === 2);
    assert.match(await page.locator("#graph h2").textContent(), /Graph yard on shed/);
  },

  async figures({ page }) {
    await drawn(page);
    // What stands in the picture is what the server says, in the same second.
    await page.waitForFunction(async () => {
      const { labels } = await (await fetch("/graph.json")).json();
      return labels.every((label) => {
        const group = document.getElementById(label.id);
        const texts = [...group.querySelectorAll("text")].slice(-label.lines.length);
        return group.classList.contains(label.state) &&
               label.lines.every((line, i) => texts[i].textContent === line);
      });
    });
  },

  async tap({ page }) {
    await drawn(page);
    const before = await viewers(page);
    for (const id of ["mailbox-motion", "link-gate.out-jpeg", "mailbox-jpeg"]) {
      await page.locator(`[id="${id}"]`).focus();
      await page.keyboard.press("Enter");
      await page.waitForSelector("#tap[open]");
      await moves(page, "#tap-picture");
      await page.locator("#tap-close").click();
      await page.waitForFunction(async (n) =>
        (await (await fetch("/sources.json")).json()).viewers === n, before);
    }
    await page.locator("#mailbox-motion .hit").first().click({ force: true });
    await page.waitForSelector("#tap[open]");
    assert.match(await page.locator("#tap-title").textContent(), /decode → motion|jpeg → motion/);
  },

  async phone({ page }) {
    await drawn(page);
    await moves(page, "#picture");
    const [content, screen] = await page.evaluate(() =>
      [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    assert.ok(content <= screen, `the page is ${content} wide on a screen of ${screen}`);
    const [wide, high] = await page.evaluate(() => {
      const { width, height } = document.querySelector("#drawing svg").getBoundingClientRect();
      return [width, height];
    });
    assert.ok(high > wide, "the graph goes from top to bottom");
  },

  async colours({ page }) {
    await drawn(page);
    const all = await contrasts(page);
    assert.ok(all.length >= 10);
    for (const { text, ratio } of all) assert.ok(ratio >= 4.5, `"${text}" has a contrast of ${ratio}`);
  },

  async away({ page, wrong }) {
    await drawn(page);
    console.log("looking");  // whoever called us ends the graph now
    await page.waitForFunction(() => !document.getElementById("lost").hidden);
    assert.match(await page.locator("#lost").textContent(), /No connection to sluice since/);
    wrong.length = 0;  // refused connections are what was looked for
  },
};

const [name, screen = "desk"] = check.split(":");
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
try {
  const opened = await open(browser, screen);
  await checks[name](opened);
  assert.deepEqual(opened.wrong, []);
} finally {
  await browser.close();
}
