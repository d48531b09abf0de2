// Asks the server about what is drawn, and shows its answer.

import { Pad } from "./pad.js";

const PAUSE = 30; // milliseconds between two questions while one draws
const MOST_BARS = 12;
const [main, model, message, label, next, bars, image, heat, explain, note, spoken, hint] =
  ["main", "model", "message", "label", "next", "bars", "image", "heat", "explain", "note",
    "spoken", "hint"].map(id => document.getElementById(id));
const [undo, clear, open, file, size] =
  ["undo", "clear", "open", "file", "size"].map(id => document.getElementById(id));
let models = [], mostBytes = Infinity, mapMissing = null;
let upload = null; // the file that is shown in place of a drawing
let asked = 0, running = false, stop = new AbortController(), speaking = 0;

const pad = new Pad(document.getElementById("pad"), () => {
  upload = null;
  say("");
  ask();
});

// Asking: at most one question is on its way. What changes meanwhile is asked next, once.

function ask() {
  main.dataset.asked = ++asked;
  undo.disabled = clear.disabled = pad.empty && !upload;
  hint.hidden = !pad.empty || Boolean(upload);
  if (!running) run();
}

async function run() {
  running = true;
  for (let version = -1; version !== asked;) {
    version = asked;
    if (pad.empty && !upload) showNothing();
    else await question(upload);
    main.dataset.shown = version;
    if (pad.drawing) await new Promise(resolve => setTimeout(resolve, PAUSE));
  }
  running = false;
}

async function question(sent) {
  stop = new AbortController();
  const query = new URLSearchParams({ model: model.value, explain: explain.checked ? "1" : "0",
    status: "200" });
  let answer;
  try {
    const response = await fetch(`predict?${query}`, {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream" },
      body: sent ?? await pad.toBlob(),
      signal: stop.signal,
    });
    answer = await response.json().catch(() => ({ error: `The server says ${response.status}.` }));
  } catch (error) {
    if (error.name === "AbortError") return;
    answer = { error: "The server does not answer. Is lenet-sklearn demo still running?" };
  }
  if (stop.signal.aborted || sent !== upload) return;
  if (answer.error) {
    showNothing("No prediction.");
    say(sent ? `${sent.name}: ${answer.error}` : answer.error);
    if (sent) { hint.hidden = false; hint.textContent = sent.name; }
    return;
  }
  say("");
  show(answer);
  if (sent && !pad.picture) {
    const bitmap = await createImageBitmap(sent).catch(() => null); // TIFF, in most browsers
    if (sent !== upload) return;
    pad.showPicture(bitmap);
    hint.hidden = Boolean(bitmap);
    hint.textContent = sent.name;
  }
}

// Showing

function show(answer) {
  const [best, second] = [...answer.probabilities].sort((a, b) => b - a).map(percent);
  label.textContent = answer.label;
  next.textContent = best + (answer.next ? `, or ${article(answer.next)} (${second})` : "");
  showBars(answer.probabilities);
  showImage(answer);
  note.textContent = answer.note ?? mapMissing ?? "";
  clearTimeout(speaking);
  speaking = setTimeout(() => { // a screen reader is told when the pen rests
    spoken.textContent = `${answer.label}, ${next.textContent}`;
  }, 600);
}

function showNothing(why = "Nothing is drawn yet.") {
  clearTimeout(speaking);
  label.textContent = "?";
  next.textContent = why;
  spoken.textContent = "";
  hint.textContent = "Draw here";
  for (const canvas of [image, heat]) canvas.getContext("2d").clearRect(0, 0, 1e4, 1e4);
  image.setAttribute("aria-label", "What the network sees: nothing yet");
  showBars(null);
}

function showBars(probabilities) {
  const { classes } = models.find(one => one.key === model.value);
  const order = [...classes.keys()];
  if (classes.length > MOST_BARS) {
    if (probabilities) order.sort((a, b) => probabilities[b] - probabilities[a]);
    order.length = MOST_BARS;
  }
  const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
  while (bars.children.length > order.length) bars.lastChild.remove();
  while (bars.children.length < order.length) {
    const row = document.createElement("li");
    for (const name of ["name", "track", "value"])
      row.append(Object.assign(document.createElement("span"), { className: name }));
    row.children[1].append(Object.assign(document.createElement("div"), { className: "fill" }));
    row.children[1].setAttribute("aria-hidden", "true");
    bars.append(row);
  }
  order.forEach((index, i) => {
    const [name, track, value] = bars.children[i].children;
    name.textContent = name.title = classes[index];
    track.firstChild.style.transform = `scaleX(${probabilities?.[index] ?? 0})`;
    value.textContent = probabilities ? percent(probabilities[index]) : "–";
    bars.children[i].classList.toggle("best", index === best);
  });
  const longest = Math.max(...classes.map(name => name.length));
  bars.style.setProperty("--names", `${Math.min(longest + 1, 14)}ch`);
}

function showImage(answer) {
  const { width, height, channels, pixels } = answer.image;
  paint(image, width, height, bytes(pixels), (value, i) => [0, 1, 2].map(
    c => value[channels === 1 ? i : i * channels + c]).concat(255));
  const map = answer.heat && explain.checked ? bytes(answer.heat) : null;
  paint(heat, width, height, map ?? new Uint8Array(width * height),
    (value, i) => [255, 110, 30, value[i] * 0.7]);
  size.textContent = `What the network sees: ${width}×${height} pixels`;
  image.setAttribute("aria-label", `What the network sees: ${width} by ${height} pixels`);
}

function paint(canvas, width, height, values, colour) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const data = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) data.data.set(colour(values, i), 4 * i);
  canvas.getContext("2d").putImageData(data, 0, 0);
}

const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
const percent = share => `${(100 * share).toFixed(share < 0.9995 ? 1 : 0)} %`;
const article = name => `${/^(8|11$|18$|[aeiou])/i.test(name) ? "an" : "a"} ${name}`;

function say(text) {
  message.textContent = text;
  message.hidden = !text;
}

// Files, buttons, keys

function take(taken) {
  if (!taken) return;
  stop.abort();
  pad.strokes = [];
  pad.showPicture(null);
  upload = null;
  if (taken.size > mostBytes) {
    ask(); // which shows that there is nothing
    say(`${taken.name}: The file is larger than ${mostBytes / 1e6} MB.`);
    return;
  }
  upload = taken;
  ask();
}

function empty(how) {
  if (pad.empty && !upload) return;
  stop.abort();
  how(); // tells of its change
}

undo.addEventListener("click", () => empty(() => pad.undo()));
clear.addEventListener("click", () => empty(() => pad.clear()));
open.addEventListener("click", () => file.click());
file.addEventListener("change", () => { take(file.files[0]); file.value = ""; });
explain.addEventListener("change", () => ask());
model.addEventListener("change", () => { stop.abort(); showBars(null); ask(); });
addEventListener("keydown", event => {
  if (event.target.matches("select")) return;
  if (event.key === "Escape") empty(() => pad.clear());
  else if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key === "z")
    empty(() => pad.undo());
  else return;
  event.preventDefault();
});
addEventListener("paste", event => take(event.clipboardData?.files[0]));
addEventListener("dragover", event => {
  event.preventDefault();
  document.body.classList.add("dropping");
});
addEventListener("dragleave", event => {
  if (!event.relatedTarget) document.body.classList.remove("dropping");
});
addEventListener("drop", event => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  take(event.dataTransfer.files[0]);
});

async function start() {
  try {
    const told = await (await fetch("models")).json();
    ({ models, most_bytes: mostBytes, note: mapMissing } = told);
  } catch {
    say("The server does not answer. Is lenet-sklearn demo still running?");
    return;
  }
  model.replaceChildren(...models.map(({ key, title }) => new Option(title, key)));
  explain.disabled = Boolean(mapMissing);
  explain.checked &&= !mapMissing;
  note.textContent = mapMissing ?? "";
  showBars(null);
  main.dataset.ready = "yes";
}

start();
