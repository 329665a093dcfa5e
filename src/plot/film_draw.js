// The pictures of a film: what is drawn on the player's canvases, and the arithmetic behind it. See film.js for the player.

// --- the data and the mathematics ---

const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
const floats = (text) => new Float32Array(bytes(text).buffer);

function unpack(film) {
  film.nFeatures = film.middles.length;
  film.nComponents = film.colors.length;
  film.points = floats(film.points);
  film.nPoints = film.points.length / film.nFeatures;
  film.parameters = floats(film.parameters);
  if (film.shares) film.shares = unpackShares(film);
  return film;
}

// The responsibilities of each iteration, one row after the other, from the bytes that `packed` in film_data.rs explains.
function unpackShares(film) {
  const packed = bytes(film.shares);
  let at = 0;
  return film.iterations.map(() => {
    const shares = new Float32Array(film.nPoints * film.nComponents);
    for (let row = 0; row < shares.length; row += film.nComponents) {
      const first = packed[at++];
      if (first < 127) {
        shares[row + first] = 1;
        continue;
      }
      for (const end = at + 2 * (first - 126); at < end; at += 2) shares[row + packed[at]] = packed[at + 1] / 255;
    }
    return shares;
  });
}

// The components of frame t: weight, mean, and the rows of L one after the other, Σ = L Lᵀ.
function components(film, t) {
  const d = film.nFeatures;
  const size = 1 + d + (d * (d + 1)) / 2;
  return film.colors.map((color, k) => {
    const p = film.parameters.subarray((t * film.nComponents + k) * size);
    return { color, weight: p[0], mean: p.subarray(1, 1 + d), L: p.subarray(1 + d, size) };
  });
}

// ln πₖ N(u | μₖ, Σₖ), up to a constant that all components share: L z = u - μ is solved from the first row down.
function logJoint({ weight, mean, L }, u, at) {
  const z0 = (u[at] - mean[0]) / L[0];
  let log = Math.log(weight / L[0]) - (z0 * z0) / 2;
  if (mean.length > 1) {
    const z1 = (u[at + 1] - mean[1] - L[1] * z0) / L[2];
    log -= Math.log(L[2]) + (z1 * z1) / 2;
  }
  return log;
}

// The responsibilities in frame t, one row for each point: sent, or computed here in log space.
function responsibilities(film, t) {
  if (film.shares) return film.shares[t];
  const parts = components(film, t);
  const shares = new Float32Array(film.nPoints * parts.length);
  for (let n = 0; n < film.nPoints; n++) {
    const logs = parts.map((part) => logJoint(part, film.points, n * film.nFeatures));
    const largest = Math.max(...logs);
    const joint = logs.map((log) => Math.exp(log - largest));
    const sum = joint.reduce((a, b) => a + b);
    joint.forEach((value, k) => (shares[n * parts.length + k] = value / sum));
  }
  return shares;
}

// --- numbers and axes ---

const minus = (text) => text.replace(/-/g, "−");
// 1,234.50 with two digits, whatever the browser's language, and never a minus before zero.
function number(value, digits) {
  if (value === null) return "?";
  const short = Number(value.toFixed(digits)) + 0;
  return minus(short.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }));
}

// A number to about the given step; with an exponent where it would have many zeros.
function rounded(value, step) {
  const size = Math.max(Math.abs(value), step);
  const digits = [0, 1, 2, 3, 4, 5, 6].find((d) => step * 10 ** d > 0.999);
  if (digits !== undefined && size < 1e7) return number(value, digits);
  if (Math.abs(value) < step / 10) return "0";
  return minus(value.toPrecision(Math.min(15, 2 + Math.floor(Math.log10(size / step)))));
}

// About `most` round numbers from low to high, with the text of each.
function ticks(low, high, most) {
  const raw = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 2.5, 5, 10].find((m) => m * power >= raw * (1 - 1e-9));
  // A step of 2.5 needs one digit more than its size says.
  const fine = Math.round(step / power) * power === step ? step : step / 10;
  const places = [];
  for (let i = Math.ceil(low / step - 1e-9); i <= high / step + 1e-9; i++) {
    places.push({ value: i * step, text: rounded(i * step, fine) });
  }
  return places;
}

// A canvas as large as its element, sharp on every screen; returns what to draw with.
function surface(canvas, height) {
  const width = canvas.clientWidth;
  const sharpness = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * sharpness);
  canvas.height = Math.round(height * sharpness);
  canvas.style.height = `${height}px`;
  const style = getComputedStyle(canvas);
  const c = canvas.getContext("2d");
  c.scale(sharpness, sharpness);
  c.font = "12px system-ui, sans-serif";
  const tone = (name) => style.getPropertyValue(`--${name}`).trim();
  return { c, width, height, tone };
}

// The grid, the numbers and the names of both axes around a box; x.at and y.at lead from a value to its place. Where there
// is no room for a number it is left out.
function axes({ c, tone, width }, box, x, y) {
  c.lineWidth = 1;
  c.strokeStyle = tone("grid");
  c.fillStyle = tone("soft");
  c.textAlign = "center";
  c.textBaseline = "top";
  let free = 0;
  for (const { value, text } of x.ticks) {
    const at = Math.round(x.at(value)) + 0.5;
    c.strokeRect(at, box.top, 0, box.bottom - box.top);
    const half = c.measureText(text).width / 2;
    if (at - half < free || at + half > width) continue;
    c.fillText(text, at, box.bottom + 5);
    free = at + half + 6;
  }
  c.fillText(x.label, (box.left + box.right) / 2, box.bottom + 20);
  c.textAlign = "right";
  c.textBaseline = "middle";
  for (const { value, text } of y.ticks) {
    const at = Math.round(y.at(value)) + 0.5;
    c.strokeRect(box.left, at, box.right - box.left, 0);
    c.fillText(text, box.left - 5, at);
  }
  c.save();
  c.translate(9, (box.top + box.bottom) / 2);
  c.rotate(-Math.PI / 2);
  c.textAlign = "center";
  c.fillText(y.label, 0, 0);
  c.restore();
  c.strokeStyle = tone("line");
  c.strokeRect(box.left + 0.5, box.top + 0.5, box.right - box.left, box.bottom - box.top);
}

const widest = (c, list) => Math.max(0, ...list.map(({ text }) => c.measureText(text).width));

function path(c, points) {
  c.beginPath();
  points.forEach(([x, y]) => c.lineTo(x, y));
}

// --- the pictures; each returns where its points stand, [x, y] in CSS pixels ---

// The ellipses, in standard deviations: many components would hide each other.
const rings = (film) => (film.nComponents > 5 ? [2] : [3, 2, 1]);

// Two features: points and ellipses, the paler the smaller the weight.
function drawPlane(film, t, shares, canvas) {
  const view = surface(canvas, Math.round(Math.min(canvas.clientWidth * 0.92, 440)));
  const { c, width, height, tone } = view;
  const [mx, my] = film.middles;
  const [hx, hy] = film.halves;
  const room = 1.08;
  const left = 26 + widest(c, ticks(my - room * hy, my + room * hy, height / 60));
  const box = { left, right: width - 8, top: 8, bottom: height - 38 };
  let sx = (box.right - box.left) / 2 / room;
  let sy = (box.bottom - box.top) / 2 / room;
  // One unit as long in x as in y, unless that would leave most of the picture empty.
  if (hx <= 2 * hy && hy <= 2 * hx) {
    const scale = Math.min(sx / hx, sy / hy);
    [sx, sy] = [scale * hx, scale * hy];
  }
  const [cx, cy] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  const place = (u, v) => [cx + u * sx, cy - v * sy];
  const [reachX, reachY] = [((box.right - cx) / sx) * hx, ((box.bottom - cy) / sy) * hy];
  axes(view, box,
    { at: (x) => place((x - mx) / hx, 0)[0], ticks: ticks(mx - reachX, mx + reachX, width / 70), label: film.labels[0] },
    { at: (y) => place(0, (y - my) / hy)[1], ticks: ticks(my - reachY, my + reachY, height / 60), label: film.labels[1] });
  c.save();
  c.beginPath();
  c.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  c.clip();
  const places = Array.from({ length: film.nPoints }, (_, n) => place(film.points[2 * n], film.points[2 * n + 1]));
  dots(film, c, places, shares);
  const parts = components(film, t);
  const heaviest = Math.max(...parts.map((part) => part.weight));
  for (const { color, weight, mean, L } of parts) {
    c.strokeStyle = c.fillStyle = color;
    const strength = 0.35 + (0.65 * weight) / heaviest;
    for (const times of rings(film)) {
      path(c, Array.from({ length: 73 }, (_, i) => {
        const [cos, sin] = [Math.cos((i * Math.PI) / 36), Math.sin((i * Math.PI) / 36)];
        return place(mean[0] + times * L[0] * cos, mean[1] + times * (L[1] * cos + L[2] * sin));
      }));
      c.globalAlpha = 0.07 * strength;
      c.fill();
      c.globalAlpha = strength;
      c.lineWidth = times === 3 ? 1 : 1.6;
      c.stroke();
    }
  }
  c.globalAlpha = 1;
  c.font = "bold 13px system-ui, sans-serif";
  c.textAlign = "center";
  c.textBaseline = "middle";
  c.lineWidth = 4;
  c.lineJoin = "round";
  parts.forEach(({ mean }, k) => {
    const [x, y] = place(mean[0], mean[1]);
    c.strokeStyle = tone("paper");
    c.strokeText(k, x, y);
    c.fillStyle = tone("ink");
    c.fillText(k, x, y);
  });
  c.restore();
  return places;
}

// One feature: the densities over the histogram of all samples, and the points in a strip below, spread so that few overlap.
function drawLine(film, t, shares, canvas) {
  const view = surface(canvas, Math.round(Math.min(canvas.clientWidth * 0.92, 400)));
  const { c, width, height, tone } = view;
  const { bars, middles: [middle], halves: [half] } = film;
  const strip = 44;
  const density = ({ weight, mean, L }, u) =>
    (weight * Math.exp(-(((u - mean[0]) / L[0]) ** 2) / 2)) / (L[0] * Math.sqrt(2 * Math.PI));
  const grid = Array.from({ length: 301 }, (_, i) => -1.08 + (2.16 * i) / 300);
  const sum = (parts, u) => parts.reduce((total, part) => total + density(part, u), 0);
  const [parts, final] = [components(film, t), components(film, film.iterations.length - 1)];
  // The same height for all frames: that of the bars and of the last mixture; what reaches higher on the way is cut.
  const top = 1.08 * Math.max(...bars.heights, ...grid.map((u) => sum(final, u)));
  const yTicks = ticks(0, top / half, 5);
  const box = { left: 26 + widest(c, yTicks), right: width - 8, top: 8, bottom: height - 38 };
  const floor = box.bottom - strip;
  const x = (u) => box.left + ((u + 1.08) / 2.16) * (box.right - box.left);
  const y = (value) => floor - (value / top) * (floor - box.top);
  const xTicks = ticks(middle - 1.08 * half, middle + 1.08 * half, width / 70);
  axes(view, box,
    { at: (value) => x((value - middle) / half), ticks: xTicks, label: film.labels[0] },
    { at: (value) => y(value * half), ticks: yTicks, label: film.labels[1] });
  c.save();
  c.beginPath();
  c.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  c.clip();
  c.fillStyle = tone("bars");
  const edge = (i) => Math.round(x(bars.low + i * bars.width));
  bars.heights.forEach((value, i) => c.fillRect(edge(i), y(value), Math.max(1, edge(i + 1) - edge(i) - 1), floor - y(value)));
  const fine = grid.concat(parts.map(({ mean }) => mean[0])).sort((a, b) => a - b);
  const curve = (f, color, thick, dash) => {
    c.strokeStyle = color;
    c.lineWidth = thick;
    c.setLineDash(dash);
    path(c, fine.map((u) => [x(u), y(f(u))]));
    c.stroke();
  };
  curve((u) => sum(parts, u), tone("ink"), 2, []);
  parts.forEach((part) => curve((u) => density(part, u), part.color, 2, [7, 4]));
  c.setLineDash([]);
  c.strokeStyle = tone("line");
  c.lineWidth = 1;
  c.strokeRect(box.left, floor + 0.5, box.right - box.left, 0);
  const places = Array.from(film.points, (u, n) => [x(u), floor + 7 + (strip - 14) * ((n * 0.618034) % 1)]);
  dots(film, c, places, shares);
  c.restore();
  return places;
}

// Each point in its components' colours, mixed by its responsibilities.
function dots(film, c, places, shares) {
  const palette = film.colors.map((color) => [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16)));
  const radius = Math.min(3.4, Math.max(1.8, 60 / Math.sqrt(film.nPoints)));
  places.forEach(([x, y], n) => {
    const mixed = [0, 0, 0];
    palette.forEach((rgb, k) => rgb.forEach((value, i) => (mixed[i] += shares[n * palette.length + k] * value)));
    c.fillStyle = `rgb(${mixed.map(Math.round)})`;
    c.beginPath();
    c.arc(x, y, radius, 0, 2 * Math.PI);
    c.fill();
  });
}

// The log-likelihood over the iterations; what has been played is dark, and a marker stands at frame t.
function drawCurve(film, t, canvas) {
  const view = surface(canvas, 170);
  const { c, width, height, tone } = view;
  const values = film.logLikelihoods;
  const known = values.filter((value) => value !== null);
  let [low, high] = known.length ? [Math.min(...known), Math.max(...known)] : [0, 1];
  const room = (high - low) * 0.06 || Math.max(1, Math.abs(high)) * 1e-3;
  [low, high] = [low - room, high + room];
  const yTicks = ticks(low, high, 4);
  const box = { left: 26 + widest(c, yTicks), right: width - 10, top: 8, bottom: height - 38 };
  const last = film.iterations[film.iterations.length - 1];
  const x = (iteration) => box.left + 6 + (last ? iteration / last : 0.5) * (box.right - box.left - 12);
  const y = (value) => box.bottom - ((value - low) / (high - low)) * (box.bottom - box.top);
  const whole = ticks(0, last || 1, 4).filter(({ value }) => Number.isInteger(value));
  const xTicks = whole.map(({ value }) => ({ value, text: number(value, 0) }));
  axes(view, box, { at: x, ticks: xTicks, label: "iteration" }, { at: y, ticks: yTicks, label: "log-likelihood" });
  const places = values.map((value, i) => [x(film.iterations[i]), y(value === null ? low : value)]);
  c.lineWidth = 2;
  c.strokeStyle = tone("line");
  path(c, places);
  c.stroke();
  c.strokeStyle = tone("ink");
  path(c, places.slice(0, t + 1));
  c.stroke();
  c.fillStyle = tone("focus");
  c.beginPath();
  c.arc(...places[t], 5.5, 0, 2 * Math.PI);
  c.fill();
  return places;
}
