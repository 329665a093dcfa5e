// The playground, as a reader uses it, and its numbers beside the crate's own.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT, WINDOWS, launch, looksWhole, serve } from "./common/browser.mjs";

let server, browser;
before(async () => { [server, browser] = await Promise.all([serve(), launch()]); });
after(async () => { await browser.close(); server.close(); });

async function open(options = {}) {
  const page = await browser.open(options);
  await page.goto(`${server.url}playground.html`);
  await page.waitForSelector("#points circle");
  return page;
}

const state = (page) => page.evaluate(() => playground.state());
const done = async (page) => { assert.deepEqual(page.faults, []); await page.context().close(); };
const question = async (page, name) => {
  await page.click(`details:has(> p [data-question="${name}"]) > summary`);
  await page.click(`[data-question="${name}"]`);
};

/** Starts, and goes so many steps. */
async function iterate(page, steps) {
  await page.click("#start");
  for (let i = 0; i < steps; i++) await page.click("#step");
  return state(page);
}

test("the log-likelihoods are the crate's own to 1e-9", async () => {
  const page = await open();
  const cases = [];
  const settings = [
    { example: "0", components: 2, covariances: "VVV", kind: "2", steps: 40 },
    { example: "1", components: 4, covariances: "VVV", kind: "0", steps: 10 },
    { example: "1", components: 5, covariances: "VII", kind: "1", steps: 15 },
    { example: "2", components: 2, covariances: "EEE", kind: "3", steps: 10 },
    { example: "3", components: 3, covariances: "EVV", kind: "1", steps: 10 },
    { example: "3", components: 3, covariances: "VEV", kind: "1", steps: 10 },
    { example: "3", components: 2, covariances: "VVV", kind: "1", hold: true, steps: 20 },
  ];
  for (const { example, components, covariances, kind, hold, steps } of settings) {
    await page.selectOption("#example", example);
    await page.fill("#components", String(components));
    await page.selectOption("#covariances", covariances);
    await page.selectOption("#kind", kind);
    await page.setChecked("#hold", hold ?? false);
    cases.push(await iterate(page, steps));
    assert.equal(cases.at(-1).trace.length, steps + 1, `${covariances}: ${await page.textContent("#fault")}`);
  }
  // Points placed by hand, too.
  await page.selectOption("#example", "none");
  for (const [x, y] of [[0.2, 0.3], [0.3, 0.35], [0.25, 0.2], [0.4, 0.3], [0.7, 0.7], [0.8, 0.75], [0.75, 0.6], [0.6, 0.8]]) {
    const box = await (await page.$("#plane")).boundingBox();
    await page.mouse.click(box.x + x * box.width, box.y + y * box.height);
  }
  await page.fill("#components", "2");
  cases.push(await iterate(page, 5));
  const program = join(ROOT, "target", "debug", "examples", "playground_reference");
  const expected = JSON.parse(execFileSync(program, { input: JSON.stringify(cases) }));
  const largest = { closed: 0, searched: 0 };
  cases.forEach(({ trace, settings: [, model] }, i) => {
    assert.equal(trace.length, expected[i].length, `case ${i}`);
    // The M-step of VEI, VEE, EVE, VVE and VEV is a search of its own, which ends where the likelihood changes no more: rounding
    // decides after how many rounds, and the parameters are then known to half of the digits.
    const kind = [3, 7, 8, 9, 11].includes(model) ? "searched" : "closed";
    trace.forEach((found, t) => { largest[kind] = Math.max(largest[kind], Math.abs(found - expected[i][t])); });
  });
  console.log(`largest difference of a log-likelihood from the crate's: ${largest.closed.toExponential(1)}, where the M-step is a search ${largest.searched.toExponential(1)}`);
  assert.ok(largest.closed <= 1e-9 && largest.searched <= 1e-6, JSON.stringify(largest));
  await done(page);
});

test("start, step, run and restart", async () => {
  const page = await open();
  assert.ok(await page.isDisabled("#step"));
  await page.click("#start");
  assert.match(await page.textContent("#state"), /^Iteration 0: log-likelihood .*, BIC /);
  assert.equal(await page.locator("#ellipses path.one").count(), 4);
  const before = await page.$eval("#ellipses path", (path) => path.getAttribute("d"));
  await page.click("#step");
  assert.match(await page.textContent("#state"), /^Iteration 1: .*gain/);
  assert.notEqual(await page.$eval("#ellipses path", (path) => path.getAttribute("d")), before);
  await page.click("#run");
  assert.equal(await page.textContent("#run"), "Pause");
  await page.waitForFunction(() => document.getElementById("state").textContent.includes("converged"));
  assert.equal(await page.textContent("#run"), "Run");
  const { trace } = await state(page);
  assert.ok(trace.every((value, i) => i === 0 || value >= trace[i - 1] - 1e-9), "the curve never falls");
  assert.equal(await page.locator("#curve circle").count(), trace.length);
  assert.equal(await page.locator("#table tr").count(), 4);
  await page.click("#restart");
  assert.equal(await page.inputValue("#seed"), "1");
  assert.match(await page.textContent("#state"), /^Iteration 0/);
  await done(page);
});

test("points take the colours of the components that answer for them", async () => {
  const page = await open();
  const colours = () => page.$$eval("#points circle", (all) => new Set(all.map((one) => one.style.fill)).size);
  assert.equal(await colours(), 1);
  await page.click("#start");
  assert.ok(await colours() >= 4);
  await done(page);
});

test("points are placed and removed with the mouse and the keyboard", async () => {
  const page = await open();
  await page.selectOption("#example", "none");
  assert.equal(await page.locator("#points circle").count(), 0);
  await page.click("#start");
  assert.match(await page.textContent("#fault"), /There are no points yet/);
  const box = await (await page.$("#plane")).boundingBox();
  await page.mouse.click(box.x + 0.5 * box.width, box.y + 0.5 * box.height);
  const { points } = await state(page);
  assert.ok(Math.abs(points[0][0] - 2) < 0.1 && Math.abs(points[0][1] - 2) < 0.1, `${points}`);
  await page.locator("#plane").focus();
  for (const key of ["ArrowRight", "ArrowRight", "ArrowUp", "Enter"]) await page.keyboard.press(key);
  const moved = (await state(page)).points[1];
  assert.ok(Math.abs(moved[0] - 2.4) < 1e-9 && Math.abs(moved[1] - 2.2) < 1e-9, `${moved}`);
  await page.click("#points circle >> nth=0");
  assert.equal(await page.locator("#points circle").count(), 1);
  await page.click("#undo");
  assert.equal(await page.locator("#points circle").count(), 0);
  await done(page);
});

test("each setting changes the fit", async () => {
  const page = await open();
  const last = async () => (await iterate(page, 3)).trace.at(-1);
  const found = [await last()];
  const settings = [["#components", "3"], ["#covariances", "EII"], ["#kind", "2"], ["#seed", "9"], ["#example", "3"]];
  for (const [id, value] of settings) {
    if (id === "#components" || id === "#seed") await page.fill(id, value);
    else await page.selectOption(id, value);
    found.push(await last());
  }
  assert.equal(new Set(found).size, found.length, `${found}`);
  await page.fill("#components", "99");
  await page.click("#start");
  assert.match(await page.textContent("#fault"), /must be a whole number from 1 to 8/);
  await done(page);
});

test("question 1: a bad start ends lower than a good one", async () => {
  const page = await open();
  await question(page, "start");
  const ends = [];
  for (let run = 0; run < 2; run++) {
    await page.click(run === 0 ? "#start" : "#restart");
    for (let i = 0; i < 70; i++) await page.click("#step");
    ends.push((await state(page)).trace.at(-1));
  }
  console.log(`ends of two starts: ${ends.map((end) => end.toFixed(1)).join(", ")}`);
  assert.ok(Math.abs(ends[0] + 1004) < 1 && Math.abs(ends[1] + 822) < 1, "as the answer says");
  await done(page);
});

test("question 2: the curve rises from random responsibilities", async () => {
  const page = await open();
  await question(page, "rise");
  const { trace } = await iterate(page, 30);
  assert.ok(trace.every((value, i) => i === 0 || value >= trace[i - 1] - 1e-9));
  assert.ok(trace.at(-1) > trace[0] + 10);
  await done(page);
});

test("question 3: with one point too few a component collapses, with one more it does not", async () => {
  const page = await open();
  await question(page, "few");
  await page.click("#start");
  assert.match(await page.textContent("#fault"), /^Component \d \(counted from 0\) has collapsed/);
  assert.ok(await page.isDisabled("#step"));
  await page.check("#hold");
  await page.click("#start");
  assert.equal(await page.textContent("#fault"), "");
  await page.uncheck("#hold");
  const at = await page.evaluate(() => {
    const place = new DOMPoint(6.2, 1.4).matrixTransform(document.getElementById("plane").getScreenCTM());
    return [place.x, place.y];
  });
  await page.mouse.click(...at);
  await page.click("#start");
  assert.equal(await page.textContent("#fault"), "");
  assert.ok(await page.isEnabled("#step"));
  await done(page);
});

for (const { name, options } of WINDOWS) {
  test(`it fits into ${name}`, async () => {
    const page = await open(options);
    await looksWhole(page, `playground-${name}`);
    await iterate(page, 12);
    for (const summary of await page.$$("main > details > summary")) await summary.click();
    await looksWhole(page, `playground-fit-${name}`);
    await page.context().close();
  });
}
