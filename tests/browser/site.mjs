// The index and the rendered notebooks: links, formulas, layout.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { ROOT, SITE, WINDOWS, launch, looksWhole, serve } from "./common/browser.mjs";

const NOTEBOOKS = readdirSync(join(SITE, "notebooks")).sort();
const PAGES = ["index.html", "digit.html", "playground.html", ...NOTEBOOKS.map((name) => `notebooks/${name}`)];
let server, browser;
before(async () => { [server, browser] = await Promise.all([serve(), launch()]); });
after(async () => { await browser.close(); server.close(); });

test("the program has less than 300 KB, the model less than 500", () => {
  const program = readFileSync(join(ROOT, "target/web/build/wasm32-unknown-unknown/release/em_lab_web.wasm"));
  const size = gzipSync(program, { level: 9 }).length;
  console.log(`the program has ${size} bytes compressed`);
  assert.ok(size < 300_000);
  assert.ok(readFileSync(join(ROOT, "target/web/digits.model")).length < 500_000);
});

test("five notebooks are rendered, and the index leads to all pages", async () => {
  assert.equal(NOTEBOOKS.length, 5);
  const page = await browser.open();
  await page.goto(server.url);
  const links = await page.$$eval("main a", (all) => all.map((one) => one.getAttribute("href")));
  assert.deepEqual(links.sort(), PAGES.slice(1).sort());
  await page.context().close();
});

for (const name of PAGES) {
  test(`${name}: links lead somewhere, nothing is fetched from elsewhere, no formula is left`, async () => {
    const page = await browser.open();
    await page.goto(server.url + name, { waitUntil: "networkidle" });
    const links = await page.$$eval("[href], [src]", (all) => all.map((one) => one.getAttribute("href") ?? one.getAttribute("src")));
    for (const link of links.filter((link) => !/^(https?|data|mailto):/.test(link))) {
      const [file, anchor] = link.split("#");
      const path = file ? resolve(SITE, dirname(name), file) : join(SITE, name);
      assert.ok(existsSync(path), `${name} leads to ${link}`);
      if (anchor) assert.ok(readFileSync(path, "utf8").includes(`id="${anchor}"`), `${name} leads to ${link}`);
    }
    const text = await page.evaluate(() => {
      // Code and output may hold such signs; formulas have their source in an annotation.
      for (const element of document.querySelectorAll("pre, code, .katex, script, style")) element.remove();
      return document.body.textContent;
    });
    assert.doesNotMatch(text, /\$|\\begin|\\frac|[\u0002\u0003]/);
    assert.equal(await page.locator(".katex-error").count(), 0);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
}

test("the formulas have their font, and a text for screen readers", async () => {
  const page = await browser.open();
  await page.goto(`${server.url}notebooks/${NOTEBOOKS[1]}`, { waitUntil: "networkidle" });
  assert.ok(await page.locator(".katex").count() > 50);
  assert.ok(await page.evaluate(() => document.fonts.check("16px KaTeX_Main")));
  assert.equal(await page.locator(".katex math").count(), await page.locator(".katex").count());
  await page.context().close();
});

for (const { name, options } of WINDOWS) {
  test(`index and notebooks fit into ${name}`, async () => {
    for (const file of ["index.html", ...NOTEBOOKS.map((notebook) => `notebooks/${notebook}`)]) {
      const page = await browser.open(options);
      await page.goto(server.url + file, { waitUntil: "networkidle" });
      await looksWhole(page, `${file.replace(/^notebooks\/(..).*/, "notebook-$1").replace(".html", "")}-${name}`);
      await page.context().close();
    }
  });
}
