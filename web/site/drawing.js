// A field to write a digit in, which gives it to the model as the real digits were given: in 28 x 28 pixels, the strokes 20 pixels
// high or wide, their centre of mass in the middle.
"use strict";

class Drawing {
  static SIZE = 28;
  // A pen of MNIST's width, in pixels of those.
  static PEN = 2.4;

  constructor(canvas, changed) {
    this.canvas = canvas;
    this.changed = changed;
    this.strokes = [];
    this.pixels = null;
    this.pen = { x: 0.5, y: 0.3, down: false, shown: false };
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.go(event));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { this.drawing = false; });
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("focus", () => { this.pen.shown = canvas.matches(":focus-visible"); this.show(); });
    canvas.addEventListener("blur", () => { this.pen.shown = false; this.show(); });
    this.show();
  }

  clear() {
    this.strokes = [];
    this.pixels = null;
    this.pen.down = false;
    this.update();
  }

  // Takes an image as it is.
  take(pixels) {
    this.strokes = [];
    this.pixels = pixels;
    this.update();
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  begin(event) {
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.pen.shown = false;
    this.canvas.setPointerCapture(event.pointerId);
    this.drawing = true;
    this.pixels = null;
    this.strokes.push([this.place(event)]);
    this.update();
  }

  go(event) {
    if (!this.drawing) return;
    for (const part of event.getCoalescedEvents?.() ?? [event]) this.strokes.at(-1).push(this.place(part));
    this.update();
  }

  key(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const pen = this.pen;
    if (event.key in moves) {
      const [dx, dy] = moves[event.key];
      pen.x = Math.min(0.95, Math.max(0.05, pen.x + 0.04 * dx));
      pen.y = Math.min(0.95, Math.max(0.05, pen.y + 0.04 * dy));
      if (pen.down) this.strokes.at(-1).push([pen.x, pen.y]);
    } else if (event.key === " ") {
      pen.down = !pen.down;
      this.pixels = null;
      if (pen.down) this.strokes.push([[pen.x, pen.y]]);
    } else {
      return;
    }
    event.preventDefault();
    pen.shown = true;
    this.update();
  }

  update() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.show();
      this.changed(this.image());
    });
  }

  // The strokes on a canvas of `size` pixels, each point moved by `to`.
  static ink(context, strokes, width, to) {
    context.lineWidth = width;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = "#fff";
    for (const stroke of strokes) {
      context.beginPath();
      const [first, ...rest] = stroke.map(to);
      context.moveTo(...first);
      context.lineTo(...first);
      for (const point of rest) context.lineTo(...point);
      context.stroke();
    }
  }

  show() {
    const context = this.canvas.getContext("2d");
    const size = this.canvas.width;
    context.fillStyle = "#000";
    context.fillRect(0, 0, size, size);
    if (this.pixels) {
      const side = size / Drawing.SIZE;
      this.pixels.forEach((value, i) => {
        const grey = Math.max(0, Math.min(255, Math.round(255 * value)));
        context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
        context.fillRect((i % Drawing.SIZE) * side, Math.floor(i / Drawing.SIZE) * side, side, side);
      });
    }
    Drawing.ink(context, this.strokes, size * Drawing.PEN / Drawing.SIZE, ([x, y]) => [x * size, y * size]);
    if (this.pen.shown) {
      context.beginPath();
      context.arc(this.pen.x * size, this.pen.y * size, 12, 0, 7);
      context.lineWidth = 5;
      context.strokeStyle = "#78b4f5";
      context.fillStyle = "#78b4f5";
      context.stroke();
      if (this.pen.down) context.fill();
    }
  }

  // 784 values from 0 to 1, or null where nothing is drawn.
  image() {
    if (this.pixels) return this.pixels;
    const points = this.strokes.flat();
    if (points.length === 0) return null;
    const n = Drawing.SIZE;
    const xs = points.map((point) => point[0]);
    const ys = points.map((point) => point[1]);
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const fine = 8;
    const scale = (20 - Drawing.PEN) / Math.max(right - left, bottom - top, 0.25);
    const canvas = new OffscreenCanvas(n * fine, n * fine);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const to = ([x, y]) => [(x - (left + right) / 2) * scale, (y - (top + bottom) / 2) * scale].map((v) => (v + n / 2) * fine);
    Drawing.ink(context, this.strokes, Drawing.PEN * fine, to);
    const coarse = new Array(n * n).fill(0);
    const { data } = context.getImageData(0, 0, n * fine, n * fine);
    for (let y = 0; y < n * fine; y++) {
      for (let x = 0; x < n * fine; x++) {
        coarse[Math.floor(y / fine) * n + Math.floor(x / fine)] += data[4 * (y * n * fine + x) + 3] / 255 / fine / fine;
      }
    }
    return Drawing.centred(coarse);
  }

  static centred(pixels) {
    const n = Drawing.SIZE;
    let [mass, x, y] = [0, 0, 0];
    pixels.forEach((value, i) => { mass += value; x += value * (i % n); y += value * Math.floor(i / n); });
    const [right, down] = [Math.round((n - 1) / 2 - x / mass), Math.round((n - 1) / 2 - y / mass)];
    return pixels.map((_, i) => {
      const [column, row] = [(i % n) - right, Math.floor(i / n) - down];
      return column >= 0 && column < n && row >= 0 && row < n ? pixels[row * n + column] : 0;
    });
  }
}
