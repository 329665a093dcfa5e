// The player of a film: EM's iterations, to play, step through, scrub and ask.
//
// A film is <div class="em-lab-film"> with its data in the attribute data-film and a picture inside, which the player replaces.
// film_data.rs writes the data: points, parameters of every iteration, log-likelihoods. Lengths are in units in which the samples
// run from -1 to 1 along each feature; middles and halves lead back. film.rs puts film_draw.js and this file into the HTML of every
// film, inside a function of their own: there are no ids and no global names, so films do not disturb each other.

const ICONS = {
  back: "M5 4h3v16H5zM20 4v16L9 12z",
  play: "M7 4l13 8-13 8z",
  pause: "M6 4h4v16H6zM14 4h4v16h-4z",
  next: "M16 4h3v16h-3zM4 4v16l11-8z",
};
const STAGE = `<p class="title"></p>
  <div class="views">
    <div class="figure"><canvas tabindex="0" role="application"></canvas><div class="tip" hidden></div></div>
    <div class="side"><canvas class="curve" aria-hidden="true"></canvas><ul></ul></div>
  </div>
  <div class="controls">
    <button type="button" class="back"></button>
    <button type="button" class="play"></button>
    <button type="button" class="next"></button>
    <input type="range" min="0" step="1" aria-label="iteration"><output></output>
  </div>
  <p class="hint"></p><p class="spoken" aria-live="polite"></p>`;

const make = (tag, className, ...content) => {
  const element = Object.assign(document.createElement(tag), { className });
  element.append(...content);
  return element;
};
const swatch = (color) => Object.assign(make("i", ""), { style: `background:${color}` });

function start(root) {
  const film = unpack(JSON.parse(root.dataset.film));
  root.removeAttribute("data-film");
  // JupyterLab would move to another cell at an arrow key.
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  root.querySelectorAll(":scope > img, :scope > p").forEach((still) => still.remove());
  const stage = make("div", "stage");
  stage.innerHTML = STAGE;
  root.append(stage);
  const find = (selector) => stage.querySelector(selector);
  const [figure, curve, tip, slider, output] = [".figure canvas", ".curve", ".tip", "input", "output"].map(find);
  const last = film.iterations.length - 1;
  const byPlace = Array.from({ length: film.nPoints }, (_, n) => n)
    .sort((a, b) => film.points[a * film.nFeatures] - film.points[b * film.nFeatures]);
  let [t, shares, places, curvePlaces] = [0, null, [], []];
  let [chosen, pinned, timer] = [-1, false, 0];

  find(".title").textContent = film.title;
  find(".title").hidden = !film.title;
  const lines = film.nFeatures === 1 ? "Solid: the mixture; dashed: its weighted components." :
    `Ellipses: ${rings(film).length > 1 ? "1, 2 and 3" : "2"} standard deviations of a component.`;
  find(".hint").textContent = `${film.note} ${lines} Point at a dot or tap it to see its responsibilities. Arrow keys: left and ` +
    "right step, up and down go from dot to dot, space plays.";
  figure.setAttribute("aria-label", `${film.alt} Up and down arrows go from point to point.`);
  slider.max = last;
  const weights = film.colors.map((color, k) => {
    const weight = make("span", "weight");
    find("ul").append(make("li", "", swatch(color), `component ${k}, weight `, weight));
    return weight;
  });

  function icon(name, kind, label) {
    const button = find(`.${name}`);
    button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[kind]}"/></svg>`;
    button.title = label;
    button.setAttribute("aria-label", label);
  }

  function draw() {
    if (!figure.clientWidth) return;
    places = (film.nFeatures === 1 ? drawLine : drawPlane)(film, t, shares, figure);
    curvePlaces = drawCurve(film, t, curve);
    tip.hidden = chosen < 0;
    if (chosen >= 0) point();
  }

  // A ring around the chosen point, and its responsibilities beside it.
  function point() {
    const [x, y] = places[chosen];
    const c = figure.getContext("2d");
    c.strokeStyle = getComputedStyle(figure).getPropertyValue("--ink");
    c.lineWidth = 2;
    c.beginPath();
    c.arc(x, y, 7, 0, 2 * Math.PI);
    c.stroke();
    tip.replaceChildren(make("div", "", where(chosen)), ...largest(chosen).map(([k, share]) => {
      const bar = make("b", "");
      bar.style = `width:${Math.round(60 * share)}px;background:${film.colors[k] || "#7f7f7f"}`;
      return make("div", "", k < film.nComponents ? `component ${k}` : "others", ` ${number(share, 2)}`, bar);
    }));
    const [wide, high] = [tip.offsetWidth, tip.offsetHeight];
    tip.style.left = `${Math.max(0, Math.min(x - wide / 2, figure.clientWidth - wide))}px`;
    tip.style.top = `${y - 14 - high >= 0 ? y - 14 - high : y + 14}px`;
  }

  const where = (n) => film.middles.map((middle, d) => {
    const half = film.halves[d];
    return `${film.labels[d]} ${rounded(middle + half * film.points[n * film.nFeatures + d], half / 100)}`;
  }).join(", ");

  // The responsibilities of a point with their components; of many, the five largest, and what is left as one more.
  function largest(n) {
    const row = Array.from(shares.subarray(n * film.nComponents, (n + 1) * film.nComponents), (share, k) => [k, share]);
    if (row.length <= 5) return row;
    row.sort((a, b) => b[1] - a[1]);
    const top = row.slice(0, 5).filter(([, share]) => share >= 0.005);
    const rest = row.slice(top.length).reduce((sum, [, share]) => sum + share, 0);
    return rest >= 0.005 ? [...top, [film.nComponents, rest]] : top;
  }

  function choose(n, pin) {
    if (n === chosen && pin === pinned) return;
    [chosen, pinned] = [n, pin && n >= 0];
    draw();
  }

  function show(next) {
    t = Math.max(0, Math.min(last, next));
    shares = responsibilities(film, t);
    const text = `iteration ${film.iterations[t]} of ${film.iterations[last]}, log-likelihood ${number(film.logLikelihoods[t], 2)}`;
    output.textContent = text;
    slider.value = t;
    slider.setAttribute("aria-valuetext", text);
    components(film, t).forEach(({ weight }, k) => (weights[k].textContent = number(weight, 2)));
    find(".back").disabled = t === 0;
    find(".next").disabled = t === last;
    draw();
  }

  function play(on) {
    clearTimeout(timer);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const tick = () => {
      if (root.isConnected) show(t + 1);
      play(root.isConnected && t < last);
    };
    timer = on ? setTimeout(tick, 1000 * (calm ? Math.max(1, film.seconds) : film.seconds)) : 0;
    output.setAttribute("aria-live", on ? "off" : "polite");
    icon("play", on ? "pause" : "play", on ? "Pause" : "Play");
  }

  function go(next) {
    play(false);
    show(next);
  }

  function toggle() {
    if (!timer && t === last) show(0);
    play(!timer);
  }

  // The nearest of some places to the pointer, or -1 if none is near.
  function nearest(event, list, reach, across) {
    const frame = event.currentTarget.getBoundingClientRect();
    const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
    let [best, least] = [-1, reach];
    list.forEach((place, n) => {
      const distance = Math.hypot(place[0] - x, across ? 0 : place[1] - y);
      if (distance < least) [best, least] = [n, distance];
    });
    return best;
  }

  figure.addEventListener("pointermove", (event) => {
    if (event.pointerType === "mouse" && !pinned) choose(nearest(event, places, 14), false);
  });
  figure.addEventListener("pointerdown", (event) => choose(nearest(event, places, event.pointerType === "mouse" ? 14 : 28), true));
  figure.addEventListener("pointerleave", () => pinned || choose(-1, false));
  const scrub = (event) => go(nearest(event, curvePlaces, Infinity, true));
  curve.addEventListener("pointerdown", (event) => {
    curve.setPointerCapture(event.pointerId);
    scrub(event);
  });
  curve.addEventListener("pointermove", (event) => event.buttons && scrub(event));
  slider.addEventListener("input", () => go(Number(slider.value)));
  find(".back").addEventListener("click", () => go(t - 1));
  find(".next").addEventListener("click", () => go(t + 1));
  find(".play").addEventListener("click", toggle);

  function choosePoint(by) {
    const at = byPlace.indexOf(chosen);
    choose(byPlace[at < 0 ? 0 : Math.max(0, Math.min(byPlace.length - 1, at + by))], true);
    const told = largest(chosen).map(([k, share]) => `${k < film.nComponents ? `component ${k}` : "others"} ${number(share, 2)}`);
    find(".spoken").textContent = `Point at ${where(chosen)}: ${told.join(", ")}`;
  }
  const keys = {
    ArrowLeft: () => go(t - 1),
    ArrowRight: () => go(t + 1),
    Home: () => go(0),
    End: () => go(last),
    Escape: () => choose(-1, false),
  };
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    let act = keys[event.key];
    if (event.key === " " && event.target.tagName !== "BUTTON") act = toggle;
    if (event.target === figure && event.key === "ArrowUp") act = () => choosePoint(1);
    if (event.target === figure && event.key === "ArrowDown") act = () => choosePoint(-1);
    if (!act) return;
    event.preventDefault();
    act();
  });

  icon("back", "back", "One iteration back");
  icon("next", "next", "One iteration on");
  play(false);
  show(0);
  new ResizeObserver(draw).observe(figure.parentElement);
  // JupyterLab hides everything for a moment while it changes its colours.
  const recolor = () => requestAnimationFrame(draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolor);
  new MutationObserver(recolor).observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
}

document.querySelectorAll(".em-lab-film[data-film]").forEach(start);
