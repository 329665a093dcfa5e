// Formulas to HTML: reads [[TeX, display], ...] as JSON, writes the HTML of each as JSON.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const katex = createRequire(`${process.argv[2]}/`)("katex/dist/katex.js");
const formulas = JSON.parse(readFileSync(0, "utf8"));
const html = formulas.map(([tex, displayMode]) => katex.renderToString(tex, { displayMode, output: "htmlAndMathml", strict: "error" }));
process.stdout.write(JSON.stringify(html));
