// The paper: strokes by mouse, finger, pen or arrow keys; a picture in their place.
// Points are shares of the side, so that the same strokes can be painted in any size.

const PEN = 0.075; // width of the pen
const STEP = 0.03; // of an arrow key
const SENT = 280; // side of what is sent

export class Pad {
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.changed = changed;
    this.strokes = [];
    this.picture = null;
    this.pointer = null; // the one that draws; a second finger does not
    this.cursor = null; // of the keyboard
    this.keysDraw = false;
    canvas.addEventListener("pointerdown", event => this.#down(event));
    canvas.addEventListener("pointermove", event => this.#move(event));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"])
      canvas.addEventListener(name, event => this.#up(event));
    canvas.addEventListener("keydown", event => this.#key(event));
    canvas.addEventListener("blur", () => this.#hideCursor());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint());
    new ResizeObserver(() => this.#fit()).observe(canvas);
  }

  get empty() { return !this.strokes.length; }
  get drawing() { return this.pointer !== null; }

  undo() { this.strokes.pop(); this.#end(); }
  clear() { this.strokes = []; this.#end(); }

  showPicture(bitmap) {
    this.picture?.close();
    this.picture = bitmap;
    this.paint();
  }

  toBlob() { // black on white, whatever the colours of the page
    const small = document.createElement("canvas");
    small.width = small.height = SENT;
    const context = small.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, SENT, SENT);
    this.#paintStrokes(context, SENT, "#000");
    return new Promise(resolve => small.toBlob(resolve, "image/png"));
  }

  paint() {
    const side = this.canvas.width, context = this.canvas.getContext("2d");
    const colours = getComputedStyle(this.canvas);
    context.clearRect(0, 0, side, side);
    if (this.picture) {
      const scale = side / Math.max(this.picture.width, this.picture.height);
      const width = this.picture.width * scale, height = this.picture.height * scale;
      context.imageSmoothingEnabled = scale < 4;
      context.drawImage(this.picture, (side - width) / 2, (side - height) / 2, width, height);
    }
    this.#paintStrokes(context, side, colours.getPropertyValue("--ink"));
    if (this.cursor) {
      context.strokeStyle = colours.getPropertyValue("--best");
      context.lineWidth = side * 0.008;
      context.setLineDash(this.keysDraw ? [] : [side * 0.02, side * 0.015]);
      context.beginPath();
      context.arc(this.cursor.x * side, this.cursor.y * side, side * PEN / 2, 0, 7);
      context.stroke();
      context.setLineDash([]);
    }
  }

  #paintStrokes(context, side, ink) {
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = context.fillStyle = ink;
    context.lineWidth = PEN * side;
    for (const points of this.strokes) {
      context.beginPath(); // a line without length is not painted
      context.arc(points[0].x * side, points[0].y * side, PEN * side / 2, 0, 7);
      context.fill();
      // Curves through the middles between the points: no corners where the mouse was fast.
      context.beginPath();
      context.moveTo(points[0].x * side, points[0].y * side);
      for (let i = 1; i < points.length - 1; i++) {
        const a = points[i], b = points[i + 1];
        context.quadraticCurveTo(a.x * side, a.y * side,
          (a.x + b.x) / 2 * side, (a.y + b.y) / 2 * side);
      }
      const last = points[points.length - 1];
      context.lineTo(last.x * side, last.y * side);
      context.stroke();
    }
  }

  #fit() {
    const side = Math.min(1600, Math.round(this.canvas.clientWidth * devicePixelRatio));
    if (side && side !== this.canvas.width) this.canvas.width = this.canvas.height = side;
    this.paint();
  }

  #at(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  #begin(point) {
    this.showPicture(null);
    this.strokes.push([point]);
  }

  #down(event) {
    if (this.drawing || event.button !== 0) return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true, focusVisible: false });
    this.#hideCursor();
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.#begin(this.#at(event));
    this.paint();
    this.changed();
  }

  #move(event) {
    if (event.pointerId !== this.pointer) return;
    const all = event.getCoalescedEvents?.() ?? [];
    this.strokes.at(-1).push(...(all.length ? all : [event]).map(one => this.#at(one)));
    this.paint();
    this.changed();
  }

  #up(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.changed();
  }

  #end() {
    this.pointer = null;
    this.keysDraw = false;
    this.showPicture(null);
    this.changed();
  }

  #hideCursor() {
    this.cursor = null;
    this.keysDraw = false;
    this.paint();
  }

  #key(event) {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = ways[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || !(way || event.key === " ")) return;
    event.preventDefault();
    this.cursor ??= { x: 0.5, y: 0.25 };
    if (way) {
      const moved = i => Math.min(1, Math.max(0, [this.cursor.x, this.cursor.y][i] + STEP * way[i]));
      this.cursor = { x: moved(0), y: moved(1) };
      if (this.keysDraw) this.strokes.at(-1).push(this.cursor);
    } else {
      this.keysDraw = !this.keysDraw;
      if (this.keysDraw) this.#begin(this.cursor);
    }
    this.paint();
    if (this.keysDraw) this.changed();
  }
}
