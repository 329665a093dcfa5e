// The film player in headless Chromium: node tests/browser/film.mjs PAGE.html [FOLDER]
//
// The page is a film saved as HTML, or an exported notebook with films in it. Each film is played, stepped, scrubbed and asked, at
// two widths, by mouse, touch and keyboard, in light and dark, with and without scripts. Screenshots go to FOLDER, target/browser
// unless said. Ends with an error at the first thing that is not as it should be.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const file = resolve(process.argv[2]);
const folder = process.argv[3] ?? "target/browser";
mkdirSync(folder, { recursive: true });
const shot = (name) => `${folder}/${basename(file, ".html")}-${name}.png`;

// What the films hold, read from the page's text and not by the player.
const films = [...readFileSync(file, "utf8").matchAll(/data-film='([^']*)'/g)].map(([, json]) => JSON.parse(json));
assert(films.length > 0, "the page holds no film");

const minus = (text) => text.replace("-", "−");
const told = (film, t) => {
  const value = film.logLikelihoods[t].toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return `iteration ${film.iterations[t]} of ${film.iterations.at(-1)}, log-likelihood ${minus(value)}`;
};

// The responsibilities of a point, from the definition.
function responsibilities(film, t, n) {
  const floats = (text) => {
    const buffer = Buffer.from(text, "base64");
    return Array.from({ length: buffer.length / 4 }, (_, i) => buffer.readFloatLE(4 * i));
  };
  const d = film.middles.length;
  const size = 1 + d + (d * (d + 1)) / 2;
  const u = floats(film.points).slice(n * d, (n + 1) * d);
  const parameters = floats(film.parameters);
  const joint = film.colors.map((_, k) => {
    const [weight, ...p] = parameters.slice((t * film.colors.length + k) * size).slice(0, size);
    if (d === 1) return (weight / p[1]) * Math.exp(-(((u[0] - p[0]) / p[1]) ** 2) / 2);
    const z0 = (u[0] - p[0]) / p[2];
    const z1 = (u[1] - p[1] - p[3] * z0) / p[4];
    return (weight / (p[2] * p[4])) * Math.exp(-(z0 * z0 + z1 * z1) / 2);
  });
  const sum = joint.reduce((a, b) => a + b);
  return joint.map((value) => value / sum);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update",
    "disable-sync"].map((name) => `--${name}`),
});

// A page whose clock stands still until the test moves it on, cut off from every other host.
async function open(settings) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, ...settings });
  const page = await context.newPage();
  const faults = [];
  const requests = [];
  await page.route(/^https?:/, (route) => {
    requests.push(route.request().url());
    return route.abort();
  });
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    // An exported notebook asks for MathJax and RequireJS, which the test does not let it have.
    if (message.type() === "error" && !message.text().includes("ERR_FAILED")) faults.push(message.text());
  });
  await page.clock.install({ time: 0 });
  await page.goto(pathToFileURL(file).href);
  await page.clock.pauseAt(3_600_000);
  return { context, page, faults, requests };
}

// One film on the page, by number.
function parts(page, i) {
  const root = page.locator(".em-lab-film").nth(i);
  const canvas = root.locator(".figure canvas");
  return {
    root, canvas, slider: root.getByRole("slider"), output: root.locator("output"), tip: root.locator(".tip"),
    curve: root.locator(".curve"), spoken: root.locator(".spoken"),
    button: (name) => root.getByRole("button", { name, exact: true }),
    picture: () => canvas.evaluate((element) => element.toDataURL()),
  };
}

async function steps(page, i) {
  const film = films[i];
  const last = film.iterations.length - 1;
  const { root, canvas, slider, output, button, picture } = parts(page, i);
  const at = async (t, how) => {
    assert.equal(await output.textContent(), told(film, t), how);
    assert.equal(await slider.inputValue(), String(t), how);
    assert.equal(await slider.getAttribute("aria-valuetext"), told(film, t), how);
  };
  await at(0, "at first");
  const first = await picture();
  assert(await button("One iteration back").isDisabled());
  await button("One iteration on").click();
  await at(1, "a step on");
  await button("One iteration back").click();
  await at(0, "a step back");
  await slider.focus();
  const keys = [["ArrowRight", 1], ["ArrowRight", 2], ["ArrowLeft", 1], ["End", last], ["ArrowRight", last], ["Home", 0]];
  for (const [key, t] of keys) {
    await page.keyboard.press(key);
    await at(Math.min(t, last), `${key} on the slider`);
  }
  await canvas.focus();
  await page.keyboard.press("ArrowRight");
  await at(1, "an arrow key on the picture");
  await slider.fill(String(last));
  await at(last, "the slider at its end");
  assert(await button("One iteration on").isDisabled());
  assert.notEqual(await picture(), first, "the last picture is the first");
  await slider.fill("0");
  assert.equal(await picture(), first, "the same iteration, another picture");
  assert.equal(await root.locator("> img").count(), 0, "the still stands beside the player");
}

async function scrubs(page, i) {
  const { curve, output } = parts(page, i);
  const { width } = await curve.boundingBox();
  await curve.hover({ position: { x: width - 16, y: 60 } });
  await page.mouse.down();
  assert.equal(await output.textContent(), told(films[i], films[i].iterations.length - 1), "pressed at the curve's end");
  const box = await curve.boundingBox();
  await page.mouse.move(box.x + 5, box.y + 60);
  assert.equal(await output.textContent(), told(films[i], 0), "dragged to the curve's beginning");
  await page.mouse.up();
}

async function plays(page, i, seconds) {
  const film = films[i];
  const { output, button, slider, canvas } = parts(page, i);
  const last = film.iterations.length - 1;
  // A shorter film is over before it can be paused.
  if (last < 3) return;
  const ms = Math.round(1000 * seconds);
  await button("Play").click();
  await page.clock.runFor(ms - 1);
  assert.equal(await output.textContent(), told(film, 0), "too early");
  await page.clock.runFor(1);
  assert.equal(await output.textContent(), told(film, 1), "the first step of the film");
  await page.clock.runFor(ms);
  assert.equal(await output.textContent(), told(film, 2));
  await button("Pause").click();
  await page.clock.runFor(5 * ms);
  assert.equal(await output.textContent(), told(film, 2), "it goes on after Pause");
  await canvas.focus();
  await page.keyboard.press("Space");
  await page.clock.runFor((last + 3) * ms);
  assert.equal(await output.textContent(), told(film, last), "space plays to the end");
  await button("Play").click();
  assert.equal(await slider.inputValue(), "0", "Play at the end begins anew");
  await button("Pause").click();
}

// The rows of the box beside a point: component and responsibility.
async function shown(tip) {
  const rows = await tip.locator("div").allTextContents();
  return rows.slice(1).map((row) => Number(row.trim().split(" ").at(-1)));
}

async function tells(page, i) {
  const film = films[i];
  const { canvas, tip, slider, spoken } = parts(page, i);
  const d = film.middles.length;
  const buffer = Buffer.from(film.points, "base64");
  const along = Array.from({ length: buffer.length / 4 / d }, (_, n) => buffer.readFloatLE(4 * n * d));
  const order = along.map((_, n) => n).sort((a, b) => along[a] - along[b]);
  await canvas.focus();
  for (let count = 0; count < 5; count++) await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowDown");
  assert(await tip.isVisible());
  assert.match(await spoken.textContent(), /^Point at .*: component \d+ [01]\.\d\d/);
  for (const t of [0, film.iterations.length - 1]) {
    await slider.fill(String(t));
    const shares = await shown(tip);
    assert(Math.abs(shares.reduce((a, b) => a + b) - 1) < 0.03, `responsibilities ${shares}`);
    if (film.shares || film.colors.length > 5) continue;
    const expected = responsibilities(film, t, order[3]);
    expected.forEach((share, k) => assert(Math.abs(share - shares[k]) < 0.00501, `component ${k}: ${shares[k]}, not ${share}`));
  }
  await canvas.focus();
  await page.keyboard.press("Escape");
  assert(await tip.isHidden());
}

// Goes over the picture until a point answers.
async function hovers(page, i, how) {
  const { canvas, tip } = parts(page, i);
  const { width, height } = await canvas.boundingBox();
  // Points of one feature stand in a strip above the axis.
  for (let y = films[i].middles.length === 1 ? height - 75 : height / 2; y < height - 45; y += 9) {
    for (let x = 60; x < width - 10; x += 12) {
      await how(canvas, { x, y });
      if (await tip.isVisible()) return;
    }
  }
  assert.fail("no point answers");
}

async function fits(page, i, width) {
  const { root, canvas } = parts(page, i);
  const box = await root.boundingBox();
  assert(box.x >= 0 && box.x + box.width <= width, `the film reaches from ${box.x} to ${box.x + box.width} of ${width} pixels`);
  assert.equal(await root.evaluate((element) => element.scrollWidth - element.clientWidth), 0, "something sticks out of the film");
  assert((await canvas.boundingBox()).width > 200);
}

try {
  const wide = await open({ colorScheme: "light", deviceScaleFactor: 2 });
  for (let i = 0; i < films.length; i++) {
    await fits(wide.page, i, 1440);
    await steps(wide.page, i);
    await scrubs(wide.page, i);
    await plays(wide.page, i, films[i].seconds);
    await tells(wide.page, i);
    await hovers(wide.page, i, (canvas, position) => canvas.hover({ position }));
    await parts(wide.page, i).root.screenshot({ path: shot(`light-${i}`) });
  }
  // Films do not move each other.
  for (let i = 0; i < films.length; i++) await parts(wide.page, i).slider.fill("0");
  await parts(wide.page, 0).slider.fill("1");
  for (let i = 1; i < films.length; i++) assert.equal(await parts(wide.page, i).slider.inputValue(), "0");
  // JupyterLab says light or dark on the body; that goes before what the system wishes.
  const { root, picture } = parts(wide.page, 0);
  const colors = [];
  const pictures = [];
  for (const light of ["true", "false"]) {
    await wide.page.evaluate((value) => document.body.setAttribute("data-jp-theme-light", value), light);
    await wide.page.clock.runFor(100);
    colors.push(await root.evaluate((element) => getComputedStyle(element).backgroundColor));
    pictures.push(await picture());
  }
  assert.deepEqual(colors, ["rgb(255, 255, 255)", "rgb(27, 29, 33)"]);
  assert.notEqual(pictures[0], pictures[1], "the picture keeps the colours of the light page");
  assert.deepEqual(wide.faults, []);
  await wide.context.close();

  const small = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
  const phone = await open({ ...small, colorScheme: "dark", reducedMotion: "reduce" });
  for (let i = 0; i < films.length; i++) {
    await fits(phone.page, i, 360);
    await plays(phone.page, i, Math.max(1, films[i].seconds));
    await hovers(phone.page, i, (canvas, position) => canvas.tap({ position }));
    await parts(phone.page, i).root.screenshot({ path: shot(`phone-${i}`) });
  }
  assert.deepEqual(phone.faults, []);
  const before = phone.requests.length;
  await parts(phone.page, 0).button("Play").tap();
  await phone.page.clock.runFor(3000);
  assert.equal(phone.requests.length, before, "the film asks for something");
  await phone.context.close();

  const still = await open({ javaScriptEnabled: false });
  for (let i = 0; i < films.length; i++) {
    const image = still.page.locator(".em-lab-film > img").nth(i);
    assert(await image.isVisible());
    assert.equal(await image.getAttribute("alt"), films[i].alt);
    assert((await image.boundingBox()).width > 200);
    await still.page.locator(".em-lab-film").nth(i).screenshot({ path: shot(`still-${i}`) });
  }
  console.log(`${films.length === 1 ? "1 film is" : `${films.length} films are`} as they should be`);
} finally {
  await browser.close();
}
