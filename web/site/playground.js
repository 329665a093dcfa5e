"use strict";

(() => {
  const by = (id) => document.getElementById(id);
  // TAB10, as in the notebooks.
  const COLOURS = [[31, 119, 180], [255, 127, 14], [44, 160, 44], [214, 39, 40], [148, 103, 189], [140, 86, 75], [227, 119, 194], [127, 127, 127]];
  // In the order of CovarianceModel::ALL.
  const MODELS = {
    EII: "circles of one size", VII: "circles", EEI: "ellipses along the axes, all the same", VEI: "along the axes, of one shape",
    EVI: "along the axes, of one area", VVI: "ellipses along the axes", EEE: "ellipses, all the same", VEE: "of one shape and direction",
    EVE: "of one area and direction", VVE: "of one direction", EEV: "of one area and shape", VEV: "of one shape", EVV: "of one area",
    VVV: "any ellipses",
  };
  const LIMIT = 300;
  // EM stops where an iteration gains less than this for each point.
  const TOLERANCE = 1e-6;
  const EXAMPLE_COMPONENTS = [2, 4, 2, 2];
  const QUESTIONS = {
    start: { example: "1", components: 4, kind: "1", seed: 5, model: "VII" },
    rise: { example: "0", components: 2, kind: "2", seed: 0, model: "VVV" },
    few: { points: [[0.2, 1.0], [0.9, 2.1], [1.5, 0.6], [0.5, 0.1], [1.8, 1.6], [1.1, 1.2], [0.1, 1.8], [1.4, 2.4], [2.0, 0.9], [0.8, 0.7], [1.6, 1.1], [0.6, 1.5], [6.0, -2.2], [6.8, -1.4]], components: 2, kind: "0", seed: 0, model: "VVV" },
  };
  let points = [];
  let now = null;
  let trace = [];
  let timer = 0;
  let cross = [2, 2];

  const format = (number, digits) => number.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace("-", "\u2212");
  const rgb = ([r, g, b]) => `rgb(${Math.round(r)} ${Math.round(g)} ${Math.round(b)})`;
  const svg = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };

  // --- the picture; y grows upwards ---

  function drawAxes() {
    for (let v = -4; v <= 8; v += 2) {
      by("axes").append(svg("line", { x1: v, x2: v, y1: -8, y2: 4 }), svg("line", { x1: -4, x2: 8, y1: -v, y2: -v }));
    }
  }

  function blend(shares) {
    const sum = [0, 0, 0];
    shares.forEach((share, k) => COLOURS[k].forEach((part, i) => { sum[i] += share * part; }));
    return rgb(sum);
  }

  function drawPoints() {
    by("points").replaceChildren(...points.map(([x, y], n) => {
      const colour = now ? blend(now.responsibilities.slice(n * now.k, (n + 1) * now.k)) : "var(--quiet)";
      return svg("circle", { cx: x, cy: -y, r: 0.11, style: `fill: ${colour}`, "data-n": n });
    }));
    by("plane").setAttribute("aria-label", `${points.length} points in the plane` + (now ? ` and ${now.k} components` : ""));
  }

  // The axes of an ellipse: the eigenvectors of its covariance, in closed form.
  function ellipse([a, b, , d]) {
    const middle = (a + d) / 2;
    const radius = Math.hypot((a - d) / 2, b);
    return { long: Math.sqrt(middle + radius), short: Math.sqrt(Math.max(middle - radius, 0)), angle: Math.atan2(2 * b, a - d) / 2 };
  }

  function drawEllipses() {
    by("ellipses").replaceChildren();
    for (let k = 0; now && k < now.k; k++) {
      const [x, y] = now.means.slice(2 * k, 2 * k + 2);
      const { long, short, angle } = ellipse(now.covariances.slice(4 * k, 4 * k + 4));
      for (const times of [1, 2]) {
        const [c, s] = [Math.cos(angle), Math.sin(angle)].map((v) => v * times);
        const outline = Array.from({ length: 65 }, (_, i) => {
          const t = (i * Math.PI) / 32;
          const [u, v] = [long * Math.cos(t), short * Math.sin(t)];
          return `${(x + c * u - s * v).toFixed(3)} ${(-(y + s * u + c * v)).toFixed(3)}`;
        });
        by("ellipses").append(svg("path", { d: `M${outline.join("L")}`, class: times === 2 ? "two" : "one", stroke: rgb(COLOURS[k]) }));
      }
      by("ellipses").append(svg("path", { d: `M${x - 0.15} ${-y}h0.3M${x} ${-y - 0.15}v0.3`, stroke: rgb(COLOURS[k]) }));
    }
  }

  function drawCurve() {
    const [low, high] = [Math.min(...trace), Math.max(...trace)];
    const width = by("curve").clientWidth || 600;
    by("curve").setAttribute("viewBox", `0 0 ${width} 190`);
    const x = (i) => 82 + (width - 97) * (i / Math.max(trace.length - 1, 10));
    const y = (value) => 150 - 120 * (high > low ? (value - low) / (high - low) : 0.5);
    const last = trace.length - 1;
    by("curve").replaceChildren(
      svg("line", { x1: 82, x2: width - 15, y1: 160, y2: 160 }),
      svg("path", { d: `M${trace.map((value, i) => `${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join("L")}` }),
      ...trace.map((value, i) => svg("circle", { cx: x(i), cy: y(value), r: i === last ? 5 : 2 })),
    );
    const text = (content, at) => {
      const element = svg("text", at);
      element.textContent = content;
      by("curve").append(element);
    };
    const digits = high - low < 1 ? 4 : 1;
    text(format(high, digits), { x: 74, y: y(high) + 4, "text-anchor": "end" });
    if (high - low > 1e-9) text(format(low, digits), { x: 74, y: y(low) + 4, "text-anchor": "end" });
    text("log-likelihood", { x: 82, y: 14 });
    text("iteration", { x: 74, y: 182, "text-anchor": "end" });
    text(String(last), { x: x(last), y: 182, "text-anchor": "middle" });
    by("curve").setAttribute("aria-label", `The log-likelihood over ${last} iterations, from ${format(trace[0], 2)} to ${format(trace[last], 2)}`);
  }

  function drawTable() {
    by("table").replaceChildren(...Array.from({ length: now.k }, (_, k) => {
      const row = document.createElement("tr");
      const [a, , , d] = now.covariances.slice(4 * k, 4 * k + 4);
      const cells = [format(now.weights[k], 3), [0, 1].map((i) => format(now.means[2 * k + i], 2)).join(", "), [a, d].map((v) => format(Math.sqrt(v), 2)).join(", ")];
      row.innerHTML = `<th scope="row"><span class="dot" style="background: ${rgb(COLOURS[k])}"></span>${k}</th>`;
      for (const cell of cells) row.insertCell().textContent = cell;
      return row;
    }));
  }

  function draw() {
    drawPoints();
    drawEllipses();
    by("results").hidden = !now;
    for (const id of ["step", "run", "restart"]) by(id).disabled = !now;
    if (!now) {
      by("state").textContent = `${points.length} points`;
      return;
    }
    drawCurve();
    drawTable();
    const gain = trace.length > 1 ? `, gain ${format(trace.at(-1) - trace.at(-2), 4)}` : "";
    const rest = now.converged ? ". EM has converged." : "";
    by("state").textContent = `Iteration ${now.iteration}: log-likelihood ${format(now.logLikelihood, 4)}${gain}, BIC ${format(now.bic, 2)}${rest}`;
  }

  // --- EM ---

  function take(answer) {
    const [iteration, logLikelihood, bic, k, ...rest] = answer;
    const part = (length) => rest.splice(0, length);
    now = { iteration, logLikelihood, bic, k, weights: part(k), means: part(2 * k), covariances: part(4 * k), responsibilities: rest };
    trace.push(logLikelihood);
    const gain = trace.length > 1 ? logLikelihood - trace.at(-2) : Infinity;
    now.converged = Math.abs(gain) < TOLERANCE * points.length;
  }

  function settings() {
    const whole = (id, low, high) => {
      const value = by(id).valueAsNumber;
      if (Number.isInteger(value) && value >= low && value <= high) return value;
      throw new Error(`${id === "seed" ? "The seed" : "The number of components"} must be a whole number from ${low} to ${high}.`);
    };
    return [whole("components", 1, 8), by("covariances").selectedIndex, Number(by("kind").value), whole("seed", 0, 4294967295), by("hold").checked ? 1e-3 : 0];
  }

  // Tells what went wrong, in the place of whatever was said before.
  function attempt(work) {
    by("fault").textContent = "";
    try {
      work();
      return true;
    } catch (error) {
      by("fault").textContent = error.message;
      pause();
      return false;
    } finally {
      draw();
    }
  }

  function start() {
    pause();
    attempt(() => {
      now = null;
      trace = [];
      if (points.length === 0) throw new Error("There are no points yet: click into the picture, or choose an example.");
      take(EmLab.call("start", points.flat(), ...settings()));
    });
  }

  function step() {
    return attempt(() => take(EmLab.call("step", [])));
  }

  function pause() {
    clearInterval(timer);
    timer = 0;
    by("state").setAttribute("aria-live", "polite");
    by("run").textContent = "Run";
  }

  function run() {
    if (timer) return pause();
    by("run").textContent = "Pause";
    // Ten iterations a second are too many to be read out; the last one is.
    by("state").setAttribute("aria-live", "off");
    timer = setInterval(() => {
      if (!step() || now.converged || now.iteration >= LIMIT) pause();
    }, 80);
  }

  function changed() {
    pause();
    now = null;
    trace = [];
    by("fault").textContent = "";
    draw();
  }

  function choose(example) {
    if (example === "none") points = [];
    else {
      const flat = EmLab.call("example", [], Number(example));
      points = Array.from({ length: flat.length / 2 }, (_, n) => [flat[2 * n], flat[2 * n + 1]]);
      by("components").value = EXAMPLE_COMPONENTS[Number(example)];
    }
    changed();
  }

  function setUp(question) {
    if (question.points) {
      by("example").value = "none";
      points = question.points.map((point) => [...point]);
    } else {
      by("example").value = question.example;
      choose(question.example);
    }
    by("components").value = question.components;
    by("covariances").value = question.model;
    by("kind").value = question.kind;
    by("seed").value = question.seed;
    by("hold").checked = false;
    changed();
    by("plane").scrollIntoView({ block: "nearest" });
    by("start").focus({ preventScroll: true });
  }

  // --- placing points ---

  function place([x, y]) {
    points.push([x, y]);
    changed();
  }

  by("plane").addEventListener("click", (event) => {
    const n = event.target.getAttribute("data-n");
    if (n !== null) {
      points.splice(Number(n), 1);
      return changed();
    }
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(by("plane").getScreenCTM().inverse());
    place([at.x, -at.y]);
  });

  function drawCross() {
    const [x, y] = cross;
    by("cross").replaceChildren(svg("path", { d: `M${x - 0.3} ${-y}h0.6M${x} ${-y - 0.3}v0.6` }));
  }

  by("plane").addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (event.key in moves) cross = cross.map((v, i) => Math.min(7.8, Math.max(-3.8, v + 0.2 * moves[event.key][i])));
    else if (event.key === "Enter") place(cross);
    else return;
    event.preventDefault();
    drawCross();
  });
  by("plane").addEventListener("focus", () => { by("cross").toggleAttribute("hidden", !by("plane").matches(":focus-visible")); drawCross(); });
  by("plane").addEventListener("blur", () => by("cross").setAttribute("hidden", ""));

  by("example").onchange = () => choose(by("example").value);
  for (const id of ["components", "covariances", "kind", "seed", "hold"]) by(id).onchange = changed;
  by("start").onclick = start;
  by("step").onclick = () => { pause(); step(); };
  by("run").onclick = run;
  by("restart").onclick = () => {
    by("seed").value = (by("seed").valueAsNumber + 1) % 4294967296 || 0;
    start();
  };
  by("undo").onclick = () => { points.pop(); changed(); };
  for (const button of document.querySelectorAll("[data-question]")) button.onclick = () => setUp(QUESTIONS[button.dataset.question]);

  (async () => {
    try {
      for (const [name, text] of Object.entries(MODELS)) by("covariances").append(new Option(`${text} (${name})`, name));
      by("covariances").value = "VVV";
      drawAxes();
      await EmLab.load();
      choose(by("example").value);
    } catch (error) {
      by("fault").textContent = error.message;
      for (const button of document.querySelectorAll("main button, select, input")) button.disabled = true;
    }
  })();

  // For the page's tests: the same points and settings go to the crate itself.
  globalThis.playground = { state: () => ({ points, trace, settings: settings() }) };
})();
