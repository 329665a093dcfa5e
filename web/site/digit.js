"use strict";

(() => {
  const by = (id) => document.getElementById(id);
  // Short enough to be read out.
  const N_SEEDS = 1_000_000;
  let model = null;
  let labels = null;
  let real = null;
  let shown = null;
  // What the address says.
  const wanted = { seed: 0, component: -1, temperature: 1, axes: 0 };
  let goal = 0;

  const format = (number, digits) => number.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const minus = (text) => text.replace("-", "\u2212");
  const random = () => crypto.getRandomValues(new Uint32Array(1))[0] % N_SEEDS;

  // Grey levels from 0 to 255 on a canvas of the model's size.
  function paint(canvas, grey) {
    if (canvas.width !== model.width || canvas.height !== model.height) [canvas.width, canvas.height] = [model.width, model.height];
    const image = new ImageData(model.width, model.height);
    for (let i = 0; i < grey.length; i++) image.data.fill(grey[i], 4 * i, 4 * i + 3)[4 * i + 3] = 255;
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  const levels = (pixels) => pixels.map((value) => Math.max(0, Math.min(255, Math.round(255 * value))));

  function draw(seed) {
    const answer = EmLab.call("digit", [], seed, wanted.component, wanted.temperature, wanted.axes);
    const n = model.n;
    return { seed, component: answer[0], grey: answer.slice(1, 1 + n), pixels: answer.slice(1 + n) };
  }

  function understand(pixels, covered) {
    const answer = EmLab.call("complete", [...pixels, ...covered]);
    const [k, n] = [model.k, model.n];
    return {
      density: answer[0],
      shares: answer.slice(1, 1 + k),
      clean: answer.slice(1 + k, 1 + k + n),
      pixels: answer.slice(1 + k + n),
    };
  }

  function name(component) {
    const label = labels?.[component];
    return `component ${component}` + (label === undefined ? "" : `, mostly ${["zeros", "ones", "twos", "threes", "fours", "fives", "sixes", "sevens", "eights", "nines"][label]}`);
  }

  // --- the address ---

  function address() {
    const parts = new URLSearchParams({ seed: wanted.seed });
    if (wanted.component >= 0) parts.set("component", wanted.component);
    if (wanted.temperature !== 1) parts.set("temperature", wanted.temperature);
    if (model && wanted.axes !== model.axes) parts.set("axes", wanted.axes);
    return `#${parts}`;
  }

  function readAddress() {
    const parts = new URLSearchParams(location.hash.slice(1));
    const number = (key, otherwise, low, high, whole) => {
      const text = parts.get(key);
      const value = Number(text);
      const fits = text !== null && text !== "" && value >= low && value <= high && (!whole || Number.isInteger(value));
      return fits ? value : otherwise;
    };
    wanted.seed = number("seed", random(), 0, 2 ** 52, true);
    wanted.component = number("component", -1, 0, model.k - 1, true);
    wanted.temperature = number("temperature", 1, 0, 2, false);
    wanted.axes = number("axes", model.axes, 0, model.axes, true);
    by("temperature").value = wanted.temperature;
    by("axes").value = wanted.axes;
  }

  // --- the large digit ---

  function show() {
    shown = draw(wanted.seed);
    paint(by("large"), shown.grey);
    by("seed").textContent = wanted.seed;
    by("temperature-value").textContent = wanted.temperature.toFixed(2);
    by("axes-value").textContent = `${wanted.axes} of ${model.axes}`;
    by("digit").setAttribute("aria-label", `Digit number ${wanted.seed}, from ${name(shown.component)}. Press for another.`);
    by("component-text").textContent = `Each component is a way of writing; the pictures are their means. This digit is from ${name(shown.component)}.`;
    document.title = `This digit does not exist: no. ${wanted.seed}`;
    for (const part of Object.keys(parts)) if (by(part).open) refresh(part);
  }

  function change(push) {
    history[push ? "pushState" : "replaceState"](null, "", address());
    show();
  }

  function another() {
    wanted.seed = random();
    change(true);
    by("said").textContent = `Digit number ${wanted.seed}, from ${name(shown.component)}.`;
  }

  // --- the folded parts, each worked out only while it is open ---

  const parts = { how: showComponents, many: showMany, morph: showMorph, proof: showProof, own: showOwn };

  function refresh(part) {
    Promise.resolve().then(parts[part]).catch(fault);
  }

  function showComponents() {
    if (!by("components").firstChild) makeComponents();
    document.querySelector(`[name="component"][value="${wanted.component}"]`).checked = true;
  }

  function makeComponents() {
    const tile = (component, content) => {
      const label = document.createElement("label");
      const input = document.createElement("input");
      Object.assign(input, { type: "radio", name: "component", value: component });
      input.setAttribute("aria-label", component < 0 ? "any component" : name(component));
      input.onchange = () => { wanted.component = component; change(false); };
      label.append(input, content);
      label.title = component < 0 ? "any component, by their weights" : name(component);
      return label;
    };
    const any = tile(-1, "any");
    any.className = "any";
    by("components").replaceChildren(any, ...model.means.map((mean, component) => {
      const canvas = document.createElement("canvas");
      paint(canvas, mean);
      return tile(component, canvas);
    }));
  }

  function showMany() {
    const buttons = [...by("grid").children];
    for (let i = 0; i < 64; i++) {
      let button = buttons[i];
      if (!button) {
        button = document.createElement("button");
        button.type = "button";
        button.tabIndex = i === 0 ? 0 : -1;
        button.append(document.createElement("canvas"));
        button.onclick = () => { wanted.seed = Number(button.dataset.seed); change(true); by("digit").scrollIntoView({ block: "nearest" }); };
        by("grid").append(button);
      }
      const digit = draw(wanted.seed + 1 + i);
      button.dataset.seed = digit.seed;
      button.setAttribute("aria-label", `Digit number ${digit.seed}, from ${name(digit.component)}`);
      paint(button.firstChild, digit.grey);
    }
  }

  by("grid").addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -8, ArrowDown: 8 }[event.key];
    const buttons = [...by("grid").children];
    const next = buttons[buttons.indexOf(document.activeElement) + step];
    if (!step || !next) return;
    event.preventDefault();
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  });

  function between(t) {
    const answer = EmLab.call("between", [], wanted.seed, goal, wanted.component, wanted.temperature, wanted.axes, t);
    return { density: answer[0], grey: answer.slice(1) };
  }

  function showMorph() {
    paint(by("from"), shown.grey);
    by("from").setAttribute("aria-label", `Digit number ${wanted.seed}`);
    by("from-seed").textContent = wanted.seed;
    paint(by("to"), draw(goal).grey);
    by("to").setAttribute("aria-label", `Digit number ${goal}`);
    by("to-seed").textContent = goal;
    const way = Array.from({ length: 41 }, (_, i) => between(i / 40).density);
    const [low, high] = [Math.min(...way), Math.max(...way)];
    const point = (density, t) => [6 + 388 * t, 82 - 74 * (density - low) / Math.max(high - low, 1e-9)];
    by("valley").innerHTML = `<path d="M${way.map((density, i) => point(density, i / 40).map((v) => v.toFixed(1))).join("L")}"/><circle r="5"/>`;
    by("valley").setAttribute("aria-label", minus(`Log density on the way: ${format(way[0], 0)} at the start, ${format(low, 0)} at the lowest, ${format(way[40], 0)} at the end.`));
    by("valley").place = point;
    showWay();
  }

  function showWay() {
    const t = by("way").valueAsNumber / 100;
    const here = between(t);
    by("way-value").textContent = `${by("way").value} %`;
    paint(by("middle"), here.grey);
    by("middle").setAttribute("aria-label", `The image ${by("way").value} % of the way`);
    by("middle-text").textContent = minus(`ln p = ${format(here.density, 0)}`);
    const [x, y] = by("valley").place(here.density, t);
    const dot = by("valley").querySelector("circle");
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", y);
  }

  async function loadReal() {
    if (real) return;
    const bytes = await EmLab.file("real-digits.bin");
    EmLab.call("load_real", bytes);
    const densities = EmLab.call("real_densities", [], 300);
    real = { densities, low: densities[15], high: densities[285], pixels: bytes.slice(1000) };
  }

  function answers(list, shares) {
    const order = [...shares.keys()].sort((a, b) => shares[b] - shares[a]).filter((k) => shares[k] >= 0.005).slice(0, 5);
    list.replaceChildren(...order.map((k) => {
      const item = document.createElement("li");
      const canvas = document.createElement("canvas");
      paint(canvas, model.means[k]);
      const middle = document.createElement("div");
      middle.innerHTML = `<div class="name"></div><div class="bar"><span></span></div>`;
      middle.firstChild.textContent = name(k);
      middle.querySelector("span").style.width = `${100 * shares[k]}%`;
      const share = document.createElement("span");
      share.className = "share";
      share.textContent = `${format(100 * shares[k], 1)} %`;
      item.append(canvas, middle, share);
      return item;
    }));
  }

  function compared(density) {
    const below = real.densities.filter((other) => other < density).length / real.densities.length;
    const [low, high] = [real.low, real.high].map((value) => minus(format(value, 0)));
    return minus(`Its log density is ${format(density, 0)}; of 300 real digits nine in ten lie between ${low} and ${high}, and ${format(100 * below, 0)} % are lower.`);
  }

  async function showProof() {
    await loadReal();
    const [place, label, distance, ...grey] = EmLab.call("nearest", shown.grey);
    paint(by("unreal"), shown.grey);
    paint(by("real"), grey);
    by("real").setAttribute("aria-label", `The nearest real digit, a ${label}`);
    by("real-text").textContent = `real: a ${label}`;
    by("real-distance").textContent = `They differ by ${format(distance, 1)}, the root of the summed squares, where all black and all white would differ by 28. It is no. ${place + 1} of the thousand, and another image.`;
    const { density, shares } = understand(shown.pixels, new Array(model.n).fill(0));
    by("density").textContent = `${compared(density)} Drawn digits have no noise in them, which makes them more probable than what people write.`;
    answers(by("answers"), shares);
  }

  // --- a digit of one's own ---

  const halves = {
    none: () => false,
    top: (x, y) => y < model.height / 2,
    bottom: (x, y) => y >= model.height / 2,
    left: (x) => x < model.width / 2,
    right: (x) => x >= model.width / 2,
  };
  let drawing = null;

  async function showOwn() {
    await loadReal();
    drawing ??= new Drawing(by("pen"), () => showCompletion());
    if (!drawing.image()) drawing.take(real.pixels.slice(0, 784).reduce((all, level) => { all.push(level / 255); return all; }, []));
    else showCompletion();
  }

  function showCompletion() {
    const pixels = drawing.image();
    const cover = document.querySelector('[name="cover"]:checked').value;
    const covered = Array.from({ length: model.n }, (_, i) => halves[cover](i % model.width, Math.floor(i / model.width)));
    if (!pixels) {
      paint(by("seen"), new Array(model.n).fill(0));
      paint(by("made"), new Array(model.n).fill(0));
      by("own-answers").replaceChildren();
      by("own-density").textContent = "Nothing is drawn yet.";
      return;
    }
    try {
      const { density, shares, clean, pixels: completed } = understand(pixels, covered.map(Number));
      paint(by("seen"), levels(pixels).map((level, i) => (covered[i] ? 70 : level)));
      paint(by("made"), levels(cover === "none" ? clean : completed));
      by("made-text").textContent = cover === "none" ? "what it makes of it" : "completed";
      by("own-density").textContent = cover === "none" ? compared(density) : `The visible half has log density ${minus(format(density, 0))}.`;
      answers(by("own-answers"), shares);
    } catch (error) {
      fault(error);
    }
  }

  // --- loading ---

  function fault(error) {
    by("fault").textContent = error.message;
  }

  function useModel(bytes, ownLabels) {
    const [width, height, axes, k, noise, ...rest] = EmLab.call("load_model", bytes);
    const n = width * height;
    const means = Array.from({ length: k }, (_, i) => rest.slice(k + i * n, k + (i + 1) * n));
    model = { width, height, n, axes, k, means };
    labels = ownLabels;
    real = null;
    drawing?.clear();
    by("axes").max = axes;
    by("model-text").textContent = `This model has ${k} components of ${axes} scores, a noise variance of ${noise.toFixed(4)}, and a file of ${Math.round(bytes.length / 1000)} KB.`;
    by("components").replaceChildren();
    for (const part of ["proof", "own"]) by(part).hidden = n !== 784;
    readAddress();
    goal = random();
    change(false);
    by("fault").textContent = "";
    by("digit").disabled = false;
  }

  by("digit").onclick = another;
  document.addEventListener("keydown", (event) => {
    if (event.key !== " " || event.target !== document.body || !model) return;
    event.preventDefault();
    another();
  });
  window.addEventListener("popstate", () => { if (model) { readAddress(); show(); } });
  for (const key of ["temperature", "axes"]) {
    by(key).oninput = () => { wanted[key] = by(key).valueAsNumber; show(); };
    // Browsers let a page change its address only so often.
    by(key).onchange = () => change(false);
  }
  by("others").onclick = () => { wanted.seed = wanted.seed + 65; change(true); };
  by("way").oninput = showWay;
  by("goal").onclick = () => { goal = random(); showMorph(); };
  for (const part of Object.keys(parts)) by(part).ontoggle = () => { if (by(part).open && model) refresh(part); };
  for (const cover of document.querySelectorAll('[name="cover"]')) cover.onchange = showCompletion;
  by("clear").onclick = () => drawing?.clear();
  by("take").onclick = () => drawing?.take(Array.from(shown.pixels));
  by("take-real").onclick = () => {
    const start = 784 * (random() % 1000);
    drawing?.take(Array.from(real.pixels.slice(start, start + 784), (level) => level / 255));
  };

  let playing = 0;
  by("play").onclick = () => {
    const stop = () => { cancelAnimationFrame(playing); playing = 0; by("play").textContent = "Play"; };
    if (playing) return stop();
    const [start, first] = [performance.now(), by("way").valueAsNumber % 100];
    by("play").textContent = "Pause";
    const frame = (now) => {
      by("way").value = Math.min(100, first + (now - start) / 30);
      showWay();
      if (by("way").valueAsNumber >= 100) return stop();
      playing = requestAnimationFrame(frame);
    };
    playing = requestAnimationFrame(frame);
  };

  by("share").onclick = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      by("share").textContent = "Copied";
    } catch {
      by("share").textContent = "Its link is in the address bar";
    }
    setTimeout(() => { by("share").textContent = "Copy link"; }, 2000);
  };

  by("save").onclick = () => {
    const large = document.createElement("canvas");
    [large.width, large.height] = [20 * model.width, 20 * model.height];
    const context = large.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(by("large"), 0, 0, large.width, large.height);
    const link = document.createElement("a");
    link.download = `digit-${wanted.seed}.png`;
    link.href = large.toDataURL("image/png");
    link.click();
  };

  by("file").onchange = async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    try {
      useModel(new Uint8Array(await file.arrayBuffer()), null);
      by("file-fault").textContent = "";
    } catch (error) {
      by("file-fault").textContent = `${file.name}: ${error.message.replace(/^The model file: /, "")}`;
    }
    event.target.value = "";
  };

  (async () => {
    try {
      const [bytes, ownLabels] = await Promise.all([EmLab.file("digits.model"), EmLab.file("component-labels.bin"), EmLab.load()]);
      useModel(bytes, Array.from(ownLabels));
    } catch (error) {
      fault(error);
    }
  })();
})();
