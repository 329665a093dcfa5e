// What the tests share: a static server for target/site, a browser, and what must hold on every page.
import assert from "node:assert/strict";
import { createReadStream, existsSync, mkdirSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
export const SITE = join(ROOT, "target", "site");
export const PICTURES = join(ROOT, "target", "browser");
const modules = process.env.EM_LAB_NODE_MODULES ?? join(PICTURES, "npm", "node_modules");
const { chromium } = createRequire(`${modules}/`)("playwright-core");
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2", ".png": "image/png" };
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** Serves `folder`; returns its address and a way to end it. */
export async function serve(folder = SITE) {
  const server = createServer((request, response) => {
    const path = join(folder, normalize(decodeURIComponent(new URL(request.url, "http://x").pathname)));
    const file = existsSync(path) && statSync(path).isDirectory() ? join(path, "index.html") : path;
    if (!existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** A browser with one page that keeps what it must not do: errors in the console, requests to other hosts. */
export async function launch(options = {}) {
  mkdirSync(PICTURES, { recursive: true });
  const browser = await chromium.launch({ executablePath: process.env.EM_LAB_CHROMIUM ?? "/usr/bin/chromium", args: ARGUMENTS });
  const open = async (more = {}) => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true, ...options, ...more });
    const page = await context.newPage();
    page.faults = [];
    page.on("console", (message) => { if (message.type() === "error") page.faults.push(`error: ${message.text()}`); });
    page.on("pageerror", (error) => page.faults.push(`exception: ${error.message}`));
    page.on("request", (request) => {
      const { protocol, hostname } = new URL(request.url());
      const own = ["data:", "blob:", "file:"].includes(protocol) || hostname === "127.0.0.1";
      if (!own) page.faults.push(`request to another host: ${request.url()}`);
    });
    return page;
  };
  return { open, close: () => browser.close() };
}

/** Nothing sticks out to the right of the window, nothing went wrong so far; keeps a picture. */
export async function looksWhole(page, name) {
  const wide = await page.evaluate(() => {
    const limit = document.documentElement.clientWidth;
    // What lies inside of something that scrolls may be wider.
    const scrolls = (element) => {
      for (let outer = element; outer; outer = outer.parentElement) {
        if (["auto", "scroll", "hidden"].includes(getComputedStyle(outer).overflowX)) return true;
      }
      return false;
    };
    const out = [...document.body.querySelectorAll("*")].filter((element) => {
      const box = element.getBoundingClientRect();
      return box.width > 0 && box.right > limit + 1 && !scrolls(element) && !element.closest("svg");
    });
    const what = out.map((element) => `${element.tagName} ${element.id} ${element.className}`);
    return document.documentElement.scrollWidth > limit + 1 ? [`the page is ${document.documentElement.scrollWidth} wide`, ...what] : what;
  });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
  assert.deepEqual(wide, [], name);
  assert.deepEqual(page.faults, [], name);
}

/** The windows that every page must fit into. */
export const WINDOWS = [360, 1440].flatMap((width) => ["light", "dark"].map((colorScheme) => ({
  name: `${width}-${colorScheme}`,
  options: { viewport: { width, height: width === 360 ? 740 : 900 }, colorScheme, hasTouch: width === 360 },
})));

/** A function that answers how long the page's main thread has worked so far, in ms: what else the machine does has no part in it. */
export async function stopwatch(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  return async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return 1000 * metrics.find(({ name }) => name === "TaskDuration").value;
  };
}
