// Over a Plotly map of clips: hover, hear, walk from neighbour to neighbour, select. Data comes in, never markup.

const LOOK_FOR_CHART_MS = 200;
const LEAVES_AFTER_MS = 250;
const VIEW_SETTLES_MS = 350;
const STILL_PX = 4; // the pointer's way within a click
const MODES = { lasso: "lasso", box: "select", pan: "pan", zoom: "zoom" };
const SVG = "http://www.w3.org/2000/svg";
const NOBODY = 0xffff;

const maps = new WeakMap();

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  let map = maps.get(parentElement);
  if (!map) {
    map = new ExplorerMap(parentElement.querySelector(".explorer"));
    maps.set(parentElement, map);
  }
  const turn = map.update(data, setTriggerValue);
  // A rerun calls this before or after it takes the last call back: only the newest call's end, and one that lasts, is
  // the map's.
  return () => map.turn === turn && map.leaveSoon(() => maps.delete(parentElement));
}

function bytes(base64) {
  const text = atob(base64);
  const found = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) found[i] = text.charCodeAt(i);
  return found;
}

function base64(values) {
  let text = "";
  for (let i = 0; i < values.length; i += 0x8000) text += String.fromCharCode(...values.subarray(i, i + 0x8000));
  return btoa(text);
}

const typed = (kind, text) => new kind(bytes(text).buffer);
const hex = (values) => Array.from(values, (value) => value.toString(16).padStart(2, "0")).join("");

function seconds(value) {
  if (!Number.isFinite(value)) return "";
  return value < 60 ? `${value.toFixed(1)} s` : `${Math.floor(value / 60)}:${String(Math.floor(value % 60)).padStart(2, "0")}`;
}

// The clips of a map, as columns; fetched once a map and version.
class Points {
  constructor(values, dimensions) {
    this.dimensions = dimensions;
    this.count = values.names.length;
    this.names = values.names;
    this.speakers = values.speakers;
    this.speaker = typed(Uint16Array, values.speaker);
    this.label = typed(Uint8Array, values.label);
    this.percent = typed(Uint8Array, values.percent);
    this.duration = typed(Float32Array, values.duration);
    this.positions = typed(Float32Array, values.positions);
    this.keys = bytes(values.keys);
  }

  key(row) { return hex(this.keys.subarray(32 * row, 32 * row + 32)); }

  place(row) { return this.positions.subarray(this.dimensions * row, this.dimensions * (row + 1)); }

  who(row) { return this.speaker[row] === NOBODY ? "" : this.speakers[this.speaker[row]]; }
}

class ExplorerMap {
  constructor(root) {
    this.root = root;
    this.audio = root.querySelector("audio");
    this.turn = 0;
    this.undo = [];
    this.anchor = null; // whose neighbours are shown: a row, or "guest"
    this.at = null; // what is heard: a row
    this.near = { rows: [], distances: [] };
    this.asked = 0;
    for (const button of root.querySelectorAll(".card button[data-act]")) {
      const acts = {
        toggle: () => this._toggle(), previous: () => this._step(-1), next: () => this._step(1),
        close: () => this._close(), anchor: () => this._anchorAt(this.at, true), select: () => this._selectNear(),
        open: () => this.tell("open", { row: this.at, nonce: Date.now() }),
      };
      this._listen(button, "click", acts[button.dataset.act]);
    }
    for (const kind of ["play", "pause", "timeupdate", "loadedmetadata"]) this._listen(this.audio, kind, () => this._drawTransport());
    this._listen(this.audio, "error", () => this._broken());
    this._listen(document, "keydown", (event) => this._key(event), true);
    this._listen(window, "resize", () => this._drawOver());
    this.watch = setInterval(() => this._attach(), LOOK_FOR_CHART_MS);
  }

  update(data, setTriggerValue) {
    clearTimeout(this.leaving);
    const before = this.data;
    this.data = data;
    this.tell = setTriggerValue;
    if (!before || before.token !== data.token) this._forget();
    if (!before || before.points !== data.points) this._load(data);
    this._words();
    this._attach();
    const moved = (name) => data[name] && (!before || before.token !== data.token || before[name]?.nonce !== data[name].nonce);
    if (data.guest && moved("guest")) this._showGuest();
    else if (!data.guest && this.anchor === "guest") this._close();
    if (moved("focus")) this.wanted = data.focus;
    this._goWhereWanted();
    this._drawOver();
    return ++this.turn;
  }

  leaveSoon(forget) {
    clearTimeout(this.leaving);
    this.leaving = setTimeout(() => {
      clearInterval(this.watch);
      clearTimeout(this.settling);
      this._silence();
      this._detach();
      this.undo.forEach((take) => take());
      forget();
    }, LEAVES_AFTER_MS);
  }

  // ---- what is known -------------------------------------------------------------------------------------------

  async _load(data) {
    const asked = data.points;
    try {
      const answer = await fetch(asked);
      if (!answer.ok) throw new Error(String(answer.status));
      const values = await answer.json();
      if (this.data.points !== asked) return;
      this.points = new Points(values, data.dimensions);
    } catch {
      if (this.data.points === asked) this._complain(this.data.words.gone);
      return;
    }
    this._drawCard();
    this._drawOver();
    this._goWhereWanted();
  }

  _forget() {
    this.points = null;
    this.anchor = this.at = null;
    this.near = { rows: [], distances: [] };
    this._silence();
    this._drawCard();
    this.root.querySelector(".counted").textContent = "";
  }

  _goWhereWanted() {
    if (!this.wanted || !this.points) return;
    const { row, plays } = this.wanted;
    this.wanted = null;
    if (row !== null && row < this.points.count) this._anchorAt(row, plays);
  }

  async _ask(row) {
    const asked = ++this.asked;
    const url = `${this.data.neighbours}?row=${row}&k=${this.data.k}`;
    try {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      if (asked !== this.asked || this.anchor !== row) return;
      this.near = found;
    } catch {
      if (asked === this.asked) this._complain(this.data.words.gone);
      return;
    }
    this._drawCard();
    this._drawOver();
  }

  // ---- hearing and walking -------------------------------------------------------------------------------------

  _anchorAt(row, plays) {
    if (row === null || row === undefined || !this.points) return;
    this.anchor = row;
    this.near = { rows: [], distances: [] };
    this._go(row, plays);
    this._ask(row);
  }

  _showGuest() {
    const guest = this.data.guest;
    this.anchor = "guest";
    this.at = guest.rows[0] ?? null;
    this.near = { rows: guest.rows, distances: guest.distances };
    this.asked++;
    this._silence();
    this._drawCard();
    this._drawOver();
  }

  _go(row, plays = true) {
    this.at = row;
    this.root.querySelector(".broken").hidden = true;
    const sound = this.data.sounds.replace("{key}", this.points.key(row));
    if (this.audio.getAttribute("src") !== sound) this.audio.src = sound;
    if (plays) {
      this.audio.currentTime = 0;
      this._play();
    }
    this._drawCard();
    this._drawOver();
  }

  _step(by) {
    if (!this.points) return;
    if (this.at === null) return this._anchorAt(this.data.first ?? 0, true);
    const walk = this.anchor === "guest" ? this.near.rows : [this.anchor, ...this.near.rows];
    if (!walk.length) return;
    const now = walk.indexOf(this.at);
    this._go(walk[(now + by + walk.length) % walk.length]);
  }

  _play() { this.audio.play().catch(() => this._drawTransport()); } // the browser wants a click first: the button is there

  _toggle() {
    if (this.at === null) return this._step(1);
    if (!this.audio.getAttribute("src")) return this._go(this.at);
    if (this.audio.paused) this._play();
    else this.audio.pause();
  }

  _silence() {
    this.audio.pause();
    if (this.audio.getAttribute("src")) {
      this.audio.removeAttribute("src");
      this.audio.load();
    }
  }

  _close() {
    this.anchor = this.at = null;
    this.near = { rows: [], distances: [] };
    this._silence();
    this._drawCard();
    this._drawOver();
  }

  _broken() {
    if (this.audio.getAttribute("src")) this._complain(this.data.words.broken);
  }

  _complain(sentence) {
    const broken = this.root.querySelector(".broken");
    broken.textContent = sentence;
    broken.hidden = false;
  }

  _key(event) {
    const target = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT|CANVAS)$/.test(target.tagName ?? "")) return;
    const isOurs = this.root.contains(target);
    const role = target.getAttribute?.("role") ?? "";
    if (!isOurs && /^(slider|combobox|listbox|option|tab|radio|menuitem|gridcell|grid)$/.test(role)) return;
    const presses = /^(BUTTON|A|SUMMARY)$/.test(target.tagName ?? "");
    const walks = isOurs || this.at !== null;
    const keys = {
      " ": presses || !walks ? null : () => this._toggle(),
      ArrowRight: walks ? () => this._step(1) : null, ArrowLeft: walks ? () => this._step(-1) : null,
      n: () => this._step(1), p: () => this._step(-1),
      Enter: presses || this.at === null ? null : () => this._anchorAt(this.at, true),
      Escape: this.anchor !== null ? () => this._close() : null,
    };
    const act = keys[event.key];
    if (!act || !this.points) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  // ---- selecting -----------------------------------------------------------------------------------------------

  _selected(event) {
    if (!event?.points) return;
    const rows = event.points.map((point) => point.customdata).filter((row) => row !== undefined && row !== null);
    this._tellRows(rows.length || !this.data.watches ? rows : this._within(event));
  }

  // An image of very many points holds none that Plotly could find: the rows within a lasso or a box, by their places.
  _within({ lassoPoints: lasso, range }) {
    const rows = [];
    if (!this.points || !(lasso?.x?.length || range?.x)) return rows;
    const xs = lasso?.x ?? [range.x[0], range.x[1], range.x[1], range.x[0]].map(Number);
    const ys = lasso?.y ?? [range.y[0], range.y[0], range.y[1], range.y[1]].map(Number);
    const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    for (let row = 0; row < this.points.count; row++) {
      const [x, y] = this.points.place(row);
      if (x >= left && x <= right && y >= low && y <= high && inside(x, y, xs, ys)) rows.push(row);
    }
    return rows;
  }

  _tellRows(rows) {
    const bits = new Uint8Array(Math.ceil(this.data.count / 8));
    for (const row of rows) bits[row >> 3] |= 1 << (row & 7);
    this._say(rows.length);
    this.tell("selection", { token: this.data.token, bits: base64(bits), nonce: Date.now() });
  }

  _selectNear() {
    const walk = this.anchor === "guest" ? this.near.rows : [this.anchor, ...this.near.rows];
    this._tellRows(walk);
  }

  _say(count) {
    this.root.querySelector(".counted").textContent = this.data.words.counted.replace("{count}", count.toLocaleString());
  }

  // ---- the chart -----------------------------------------------------------------------------------------------

  _attach() {
    const chart = document.querySelector(`.st-key-${this.data.chart} .js-plotly-plot`);
    if (chart !== this.chart || (chart && chart.emoscopeMap !== this)) {
      this._detach();
      this.chart = chart;
      if (chart?.on) this._hold(chart);
      else this.chart = null;
    }
    const home = chart?.querySelector(".svg-container");
    if (home && this.over && this.over.parentElement !== home) {
      home.append(this.over);
      this._drawOver();
    }
    this._drawTools();
  }

  _hold(chart) {
    chart.emoscopeMap = this;
    this.over = document.createElement("div");
    this.over.className = "emoscope-map-over";
    Object.assign(this.over.style, { position: "absolute", inset: "0", zIndex: 5, pointerEvents: "none", overflow: "hidden" });
    this.lines = document.createElementNS(SVG, "svg");
    Object.assign(this.lines.style, { position: "absolute", inset: "0", width: "100%", height: "100%" });
    this.tip = document.createElement("div");
    this.tip.className = "emoscope-map-tip";
    Object.assign(this.tip.style, {
      position: "absolute", display: "none", maxWidth: "20rem", padding: "0.45rem 0.7rem", borderRadius: "0.6rem",
      background: "#2B3040", color: "#fff", font: "0.85rem/1.35 var(--st-font, sans-serif)", overflowWrap: "anywhere",
      boxShadow: "0 2px 10px rgba(0,0,0,0.25)", borderLeft: "4px solid transparent",
    });
    this.over.append(this.lines, this.tip);
    const on = {
      plotly_hover: (event) => this._hover(event), plotly_unhover: () => this._unhover(),
      plotly_click: (event) => this._click(event), plotly_selected: (event) => this._selected(event),
      plotly_deselect: () => this._tellRows([]), plotly_afterplot: () => this._drawOver(),
      plotly_relayouting: () => this._drawOver(), plotly_relayout: () => { this._drawOver(); this._looked(); },
    };
    this.let = Object.entries(on).map(([kind, act]) => {
      chart.on(kind, act);
      return () => chart.removeListener?.(kind, act);
    });
    const wheel = (event) => { // a plain wheel scrolls the page
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        this._zoomUnder(event);
      } else event.stopPropagation();
    };
    const hold = (kind, act, options) => {
      chart.addEventListener(kind, act, options);
      this.let.push(() => chart.removeEventListener(kind, act, options));
    };
    hold("wheel", wheel, { capture: true, passive: false });
    hold("pointerdown", (event) => { this.pressed = [event.clientX, event.clientY, this.hovered]; }, true);
    hold("pointerup", (event) => this._released(event), true);
  }

  // Plotly zooms where the wheel turns over its ground, not over what is drawn around a selection.
  _zoomUnder(event) {
    if (!event.isTrusted || !event.target.closest?.(".selectionlayer")) return;
    const { deltaX, deltaY, deltaMode, clientX, clientY, ctrlKey, metaKey } = event;
    const values = { deltaX, deltaY, deltaMode, clientX, clientY, ctrlKey, metaKey, bubbles: true, cancelable: true };
    this.chart.querySelector(".nsewdrag")?.dispatchEvent(new WheelEvent("wheel", values));
  }

  _detach() {
    this.let?.forEach((take) => take());
    this.over?.remove();
    if (this.chart?.emoscopeMap === this) delete this.chart.emoscopeMap;
    this.let = this.over = this.chart = null;
  }

  // In 3-D Plotly tells of a click only where it draws while the button is down: of none that is quick, and of every
  // point that passes under the pointer while the map is turned.
  _click(event) {
    const row = event?.points?.[0]?.customdata;
    if (this.data.dimensions === 3) this._hover(event);
    else if (row !== undefined && row !== null) this._anchorAt(row, true);
  }

  _released(event) {
    const [x, y, row] = this.pressed ?? [];
    this.pressed = null;
    if (this.data.dimensions !== 3 || row === undefined || row === null) return;
    if (Math.hypot(event.clientX - x, event.clientY - y) < STILL_PX) this._anchorAt(row, true);
  }

  _unhover() {
    this.hovered = null;
    this.tip.style.display = "none";
  }

  _hover(event) {
    const row = event?.points?.[0]?.customdata;
    if (!this.points || row === undefined || row === null) return;
    this.hovered = row;
    const lines = this._facts(row);
    this.tip.replaceChildren(...[this.points.names[row], lines].map((text, place) => {
      const line = document.createElement("div");
      line.textContent = text;
      line.style.fontWeight = place ? "400" : "600";
      return line;
    }));
    this.tip.style.borderLeftColor = this._label(row).colour;
    this.tip.style.display = "block";
    const at = this._pixel(this.points.place(row));
    if (!at) return;
    const wide = this.over.clientWidth, high = this.over.clientHeight;
    const flips = at[0] > wide * 0.62;
    Object.assign(this.tip.style, {
      left: flips ? "auto" : `${at[0] + 12}px`, right: flips ? `${wide - at[0] + 12}px` : "auto",
      top: `${Math.min(Math.max(4, at[1] - 18), high - this.tip.offsetHeight - 4)}px`,
    });
  }

  // Where a place of the map is on screen, [x, y] in pixels of the chart; null where it cannot be said.
  _pixel(place) {
    const layout = this.chart?._fullLayout;
    if (!layout) return null;
    if (this.data.dimensions === 2) {
      const { xaxis, yaxis } = layout;
      return xaxis?._length ? [xaxis._offset + xaxis.d2p(place[0]), yaxis._offset + yaxis.d2p(place[1])] : null;
    }
    const scene = layout.scene?._scene, camera = scene?.glplot?.cameraParams;
    if (!camera || !scene.dataScale) return null;
    let at = [place[0] * scene.dataScale[0], place[1] * scene.dataScale[1], place[2] * scene.dataScale[2], 1];
    for (const matrix of [camera.model, camera.view, camera.projection]) at = times(matrix, at);
    const size = layout._size, box = layout.scene.domain;
    const left = size.l + size.w * box.x[0], wide = size.w * (box.x[1] - box.x[0]);
    const top = size.t + size.h * (1 - box.y[1]), high = size.h * (box.y[1] - box.y[0]);
    return at[3] > 0 ? [left + (wide * (1 + at[0] / at[3])) / 2, top + (high * (1 - at[1] / at[3])) / 2] : null;
  }

  _looked() {
    if (!this.data.watches) return;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      const { xaxis, yaxis } = this.chart?._fullLayout ?? {};
      if (xaxis) this.tell("view", { x: [...xaxis.range].map(Number), y: [...yaxis.range].map(Number), nonce: Date.now() });
    }, VIEW_SETTLES_MS);
  }

  // ---- drawing -------------------------------------------------------------------------------------------------

  _label(row) { return this.data.labels[this.points.label[row]] ?? { name: "", emoji: "", colour: "#8C939C" }; }

  _facts(row) {
    const label = this._label(row), parts = [`${label.emoji} ${label.name} ${this.points.percent[row]} %`];
    if (this.points.who(row)) parts.push(this.points.who(row));
    parts.push(seconds(this.points.duration[row]));
    return parts.join(" · ");
  }

  _words() {
    const words = this.data.words;
    this.root.setAttribute("aria-label", words.map);
    this.root.querySelector(".hint").textContent = words.hint;
    for (const button of this.root.querySelectorAll(".card button[data-act]")) {
      const word = words[button.dataset.act];
      if (button.classList.contains("flat")) button.textContent = word;
      button.title = word;
      button.setAttribute("aria-label", word);
    }
    this.root.querySelector(".tools").setAttribute("aria-label", words.tools);
  }

  // The modebar's own buttons are out of a keyboard's reach: ours press them.
  _drawTools() {
    const tools = this.root.querySelector(".tools");
    const dragmode = this.chart?._fullLayout?.dragmode, state = `${this.data.token}${dragmode}${this.data.words.lasso}`;
    if (this.toolState === state) return;
    this.toolState = state;
    const flat = this.data.dimensions === 2;
    const modes = flat ? Object.entries(MODES) : [];
    const press = (selector) => this.chart?.querySelector(`.modebar-btn${selector}`)?.click();
    const made = modes.map(([name, mode]) => this._tool(name, () => {
      press(`[data-attr="dragmode"][data-val="${mode}"]`);
      this._drawTools();
    }, dragmode === mode));
    if (flat) {
      made.push(this._tool("closer", () => press('[data-attr="zoom"][data-val="in"]')), this._tool("farther", () => press('[data-attr="zoom"][data-val="out"]')));
      // A part of a very large map is drawn as if it were all: only the server knows the way back.
      const back = () => this.data.watches ? this.tell("view", { whole: true, nonce: Date.now() }) : press('[data-attr="zoom"][data-val="reset"]');
      made.push(this._tool("whole", back));
    } else made.push(this._tool("whole", () => press('[data-attr="resetDefault"]')));
    const held = tools.contains(this.root.getRootNode().activeElement) ? this.root.getRootNode().activeElement.dataset.act : null;
    tools.replaceChildren(...made);
    if (held) tools.querySelector(`[data-act="${held}"]`)?.focus();
  }

  _tool(name, act, pressed) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "flat";
    button.dataset.act = name;
    button.textContent = this.data.words[name];
    if (pressed !== undefined) button.setAttribute("aria-pressed", String(pressed));
    button.addEventListener("click", act);
    return button;
  }

  _drawCard() {
    const card = this.root.querySelector(".card"), part = (name) => card.querySelector(name);
    card.hidden = !this.points || (this.at === null && this.anchor === null);
    if (card.hidden) return;
    const isGuest = this.anchor === "guest";
    if (this.at !== null) {
      card.style.setProperty("--emotion", this._label(this.at).colour);
      part(".name").textContent = this.points.names[this.at];
      part(".facts").textContent = this._facts(this.at);
    }
    part('[data-act="anchor"]').hidden = this.at === this.anchor;
    part(".title").textContent = isGuest ? `${this.data.words.near} ${this.data.guest.name}` : `${this.data.words.near} ${this.points.names[this.anchor]}`;
    part(".near").replaceChildren(...this.near.rows.map((row, place) => this._neighbour(row, place)));
    this._drawTransport();
  }

  _neighbour(row, place) {
    const item = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    if (row === this.at) button.setAttribute("aria-current", "true");
    const part = (kind, text) => {
      const span = document.createElement("span");
      span.className = kind;
      span.textContent = text;
      return span;
    };
    button.append(
      part("rank", `${place + 1}.`), part("emoji", this._label(row).emoji), part("what", this.points.names[row]),
      part("far", this.near.distances[place].toFixed(2)),
    );
    button.title = `${this.points.names[row]} · ${this._facts(row)}`;
    button.addEventListener("click", () => {
      this._go(row);
      this.root.querySelectorAll(".near button")[place]?.focus();
    });
    item.append(button);
    return item;
  }

  _drawTransport() {
    this.root.classList.toggle("is-playing", !this.audio.paused);
    const length = this.audio.duration;
    this.root.querySelector(".clock").textContent = Number.isFinite(length) ? `${seconds(this.audio.currentTime)} / ${seconds(length)}` : "";
    const button = this.root.querySelector('[data-act="toggle"]');
    button.setAttribute("aria-label", this.data?.words[this.audio.paused ? "toggle" : "pause"] ?? "");
  }

  _drawOver() {
    if (!this.over) return;
    this.tip.style.display = "none";
    const made = [];
    const shape = (kind, values) => {
      const element = document.createElementNS(SVG, kind);
      for (const [name, value] of Object.entries(values)) element.setAttribute(name, value);
      made.push(element);
    };
    const guest = this.data.guest;
    const anchor = this.anchor === "guest" ? guest && this._pixel(guest.position) : this.points && this.anchor !== null ? this._pixel(this.points.place(this.anchor)) : null;
    for (const row of anchor && this.points ? this.near.rows : []) {
      const at = this._pixel(this.points.place(row));
      if (!at) continue;
      shape("line", { x1: anchor[0], y1: anchor[1], x2: at[0], y2: at[1], stroke: "#E4572E", "stroke-width": 1.3, "stroke-opacity": 0.75 });
      shape("circle", { cx: at[0], cy: at[1], r: 6, fill: "none", stroke: "#E4572E", "stroke-width": 1.6 });
    }
    for (const row of this.points ? this.data.marked ?? [] : []) {
      const at = this._pixel(this.points.place(row));
      if (at) shape("circle", { cx: at[0], cy: at[1], r: 8, fill: "none", stroke: "#E4572E", "stroke-width": 2.2, class: "marked" });
    }
    if (anchor && this.anchor !== "guest") shape("circle", { cx: anchor[0], cy: anchor[1], r: 9, fill: "none", stroke: "#E4572E", "stroke-width": 2.6 });
    if (guest) {
      const at = this._pixel(guest.position);
      if (at) shape("path", { d: `M${at[0]} ${at[1] - 11}l11 11l-11 11l-11-11z`, fill: "#E4572E", stroke: "#fff", "stroke-width": 1.5, class: "guest" });
    }
    if (this.points && this.at !== null && this.at !== this.anchor) {
      const at = this._pixel(this.points.place(this.at));
      if (at) shape("circle", { cx: at[0], cy: at[1], r: 5, fill: "#E4572E", stroke: "#fff", "stroke-width": 1.4 });
    }
    this.lines.replaceChildren(...made);
  }

  _listen(target, kind, act, options) {
    target.addEventListener(kind, act, options);
    this.undo.push(() => target.removeEventListener(kind, act, options));
  }
}

// Whether a place lies within a polygon: a ray from it crosses the edges an odd number of times.
function inside(x, y, xs, ys) {
  let found = false;
  for (let at = 0, before = xs.length - 1; at < xs.length; before = at++) {
    const crosses = ys[at] > y !== ys[before] > y;
    if (crosses && x < ((xs[before] - xs[at]) * (y - ys[at])) / (ys[before] - ys[at]) + xs[at]) found = !found;
  }
  return found;
}

function times(m, v) {
  return [0, 1, 2, 3].map((row) => m[row] * v[0] + m[4 + row] * v[1] + m[8 + row] * v[2] + m[12 + row] * v[3]);
}
