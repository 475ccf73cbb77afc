// The transport under a comparison: which clip is heard, where, in which order they stand; playheads over every chart.
// Data comes in, never markup.

const NO_SPEECH = 255;
const CLICK_PX = 4; // a pointer that moved less has clicked
const SHORTEST_REGION = 0.005; // of the whole axis
const LOOK_FOR_CHARTS_MS = 250;
const STEP_S = 0.5, STEP_PERCENT = 2; // what an arrow key seeks; ten times that with Shift

const players = new WeakMap();

export default function (component) {
  const { parentElement, data, setStateValue, setTriggerValue } = component;
  let player = players.get(parentElement);
  if (!player) {
    player = new Comparer(parentElement.querySelector(".comparer"));
    players.set(parentElement, player);
  }
  const turn = player.update(data, setStateValue, setTriggerValue);
  // A rerun calls this before or after it takes the last call back: only the newest call's end, and one that lasts, is
  // the player's.
  return () => player.turn === turn && player.leaveSoon(() => players.delete(parentElement));
}

function bytes(base64) {
  const text = atob(base64);
  const found = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) found[i] = text.charCodeAt(i);
  return found;
}

function clock(seconds) {
  const tenths = Math.round(seconds * 10), whole = Math.floor(tenths / 10);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return (h ? `${h}:${two(m)}` : `${m}`) + `:${two(s)}.${tenths % 10}`;
}

const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
const filled = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

function made(tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
}

class Comparer {
  constructor(root) {
    this.root = root;
    this.slider = root.querySelector(".slider");
    this.list = root.querySelector(".rows");
    this.turn = 0; // how often data came
    this.loops = true;
    this.matched = false;
    this.region = null;
    this.rows = new Map(); // by clip
    this.held = new Map(); // by chart
    this.undo = [];
    this._controls();
    this._listen(document, "keydown", (event) => this._key(event), true);
    this._listen(window, "resize", () => this._draw());
    this.watch = setInterval(() => this._attach(), LOOK_FOR_CHARTS_MS);
    // What lies below counts as seen: the bar comes along only once the page is scrolled past it.
    this.sight = new IntersectionObserver((entries) => {
      this.root.classList.toggle("is-away", !entries[entries.length - 1].isIntersecting);
    }, { rootMargin: "0px 0px 1000000px 0px" });
    this.sight.observe(root);
  }

  update(data, setStateValue, setTriggerValue) {
    clearTimeout(this.leaving);
    const before = this.data;
    [this.data, this.tell, this.ask] = [data, setStateValue, setTriggerValue];
    this.end = data.end;
    const tracks = data.tracks.map((track, i) => this._track(track, before?.tracks[i]));
    const streams = tracks.reduce((sum, track) => sum + track.duration, 0) > MAX_DECODED_S;
    if (!this.sound || streams !== this.streams) {
      this.sound?.leave();
      this.streams = streams;
      const Sound = streams ? StreamedSound : DecodedSound;
      this.sound = new Sound(() => this._changed(), (sound) => this._broken(sound));
      this.sound.setMatched(this.matched);
      this.sound.setLoop(this.loops ? this.region : null);
    }
    this.tracks = tracks;
    this.asked = tracks.map((track) => track.id); // the order that was asked for last: keys go on from there
    this.sound.update(tracks, data.end);
    if (!before || before.unit !== data.unit || !same(before.region, data.region)) this._regionIs(data.region ?? null);
    this._words();
    this._makeRows();
    this._attach();
    this._draw();
    return ++this.turn;
  }

  leaveSoon(forget) {
    clearTimeout(this.leaving);
    this.leaving = setTimeout(() => {
      clearInterval(this.watch);
      this.sight.disconnect();
      this.sound?.leave();
      for (const chart of [...this.held.keys()]) this._letGo(chart);
      this.undo.forEach((take) => take());
      forget();
    }, 250);
  }

  _track(track, before) {
    const isSame = before && before.curve?.index === track.curve?.index;
    const known = isSame ? this.tracks?.find((each) => each.id === track.id) : null;
    return {
      ...track, warp: new Warp(track.axis, track.times),
      index: known?.index ?? bytes(track.curve.index), percent: known?.percent ?? bytes(track.curve.percent),
    };
  }

  // ---- the transport -------------------------------------------------------------------------------------------

  _controls() {
    const acts = {
      toggle: () => this._toggle(), loop: () => this._loop(), clear: () => this._setRegion(null), match: () => this._match(),
    };
    for (const button of this.root.querySelectorAll("button[data-act]")) {
      this._listen(button, "click", acts[button.dataset.act]);
    }
    const scrub = (event) => {
      if (event.type === "pointermove" && !(event.buttons & 1)) return;
      const box = this.slider.getBoundingClientRect();
      this.sound.seek(((event.clientX - box.left) / box.width) * this.end);
    };
    this._listen(this.slider, "pointerdown", (event) => { this.slider.setPointerCapture(event.pointerId); scrub(event); });
    this._listen(this.slider, "pointermove", scrub);
  }

  _words() {
    const words = this.data.words;
    for (const button of this.root.querySelectorAll("button[data-act]")) {
      const word = words[button.dataset.act];
      if (button.classList.contains("flat") && button.dataset.act !== "clear") button.textContent = word;
      button.title = button.dataset.act === "match" ? words.match_help : word;
      button.setAttribute("aria-label", word);
    }
    this.root.setAttribute("aria-label", words.player);
    this.root.querySelector(".switches").setAttribute("aria-label", words.switches);
    this.root.querySelector(".hint").textContent = this.streams ? `${words.hint} ${words.streams}` : words.hint;
    this.root.querySelector(".whole").textContent = this._said(this.end);
    this.slider.setAttribute("aria-label", words.position);
    this.slider.setAttribute("aria-valuemax", this.end.toFixed(2));
  }

  _said(x) {
    return this.data.unit === "percent" ? `${x.toFixed(0)} %` : clock(x);
  }

  _toggle() {
    if (this.sound.playing) this.sound.pause();
    else this.sound.play();
  }

  _loop() {
    this.loops = !this.loops;
    this.sound.setLoop(this.loops ? this.region : null);
    this._draw();
  }

  _match() {
    this.matched = !this.matched;
    this.sound.setMatched(this.matched);
    this._draw();
  }

  _switch(track) {
    this.sound.switchTo(track);
    this._draw();
  }

  _setRegion(region) {
    const rounded = region && region.map((x) => Number(x.toFixed(3)));
    this._regionIs(rounded);
    this.tell("region", rounded);
    this._draw();
  }

  _regionIs(region) {
    this.region = region;
    this.sound.setLoop(this.loops ? region : null);
  }

  _changed() {
    this._draw();
    if (this.sound.playing && !this.ticking) {
      const tick = () => {
        this.ticking = this.sound.playing;
        this._draw();
        if (this.ticking) requestAnimationFrame(tick);
      };
      this.ticking = true;
      requestAnimationFrame(tick);
    }
  }

  _broken(sound) {
    const track = this.tracks?.find((each) => each.sound === sound);
    const broken = this.root.querySelector(".broken");
    broken.textContent = filled(this.data.words.broken, { name: track?.name ?? "" });
    broken.hidden = false;
  }

  _key(event) {
    const typed = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (typed.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(typed.tagName)) return;
    const isOurs = this.root.contains(typed);
    if (typed.classList?.contains("grip") && this._gripKey(typed, event)) return;
    const role = typed.getAttribute?.("role") ?? "";
    if (!isOurs && /^(slider|combobox|listbox|option|tab|radio|menuitem|gridcell)$/.test(role)) return;
    const presses = typed.tagName === "BUTTON" || typed.tagName === "A" || typed.tagName === "SUMMARY";
    const step = (this.data.unit === "percent" ? STEP_PERCENT : STEP_S) * (event.shiftKey ? 10 : 1);
    const now = this.sound.position();
    const keys = {
      " ": presses ? null : () => this._toggle(),
      ArrowLeft: () => this.sound.seek(now - step), ArrowRight: () => this.sound.seek(now + step),
      Home: isOurs ? () => this.sound.seek(0) : null, End: isOurs ? () => this.sound.seek(this.end) : null,
      l: () => this._loop(), m: () => this._match(), Escape: this.region ? () => this._setRegion(null) : null,
    };
    const number = Number(event.key);
    const act = number >= 1 && number <= this.tracks.length ? () => this._switch(number - 1) : keys[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  // ---- the rows: order, reference, what each clip feels now ------------------------------------------------------

  _makeRows() {
    const ids = this.tracks.map((track) => track.id);
    for (const [id, row] of this.rows) if (!ids.includes(id)) { row.element.remove(); this.rows.delete(id); }
    this.tracks.forEach((track, i) => {
      if (!this.rows.has(track.id)) this.rows.set(track.id, this._makeRow(track.id));
      const row = this.rows.get(track.id);
      if (this.list.children[i] !== row.element) this.list.insertBefore(row.element, this.list.children[i] ?? null);
      this._fillRow(row, track, i);
    });
    this._makeSwitches();
  }

  _makeSwitches() {
    const home = this.root.querySelector(".switches");
    while (home.children.length > this.tracks.length) home.lastChild.remove();
    while (home.children.length < this.tracks.length) {
      const button = made("button", "letter"), at = home.children.length;
      button.type = "button";
      button.setAttribute("role", "radio");
      button.addEventListener("click", () => this._switch(at));
      home.append(button);
    }
    this.tracks.forEach((track, i) => {
      const button = home.children[i], word = filled(this.data.words.listen, { letter: track.letter, name: track.name });
      button.textContent = track.letter;
      button.title = `${word} (${i + 1})`;
      button.setAttribute("aria-label", word);
      button.style.setProperty("--clip", track.colour);
    });
  }

  _makeRow(id) {
    const element = made("li", "track"), grip = made("button", "grip"), acts = made("span", "acts");
    grip.type = "button";
    const dots = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    dots.setAttribute("viewBox", "0 0 10 16");
    dots.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", [3, 8, 13].map((y) => `M1 ${y - 1.5}h3v3h-3zM6 ${y - 1.5}h3v3h-3z`).join(""));
    dots.append(path);
    const row = {
      element, grip, badge: made("span", "badge"), name: made("span", "name"), feeling: made("span", "feeling"),
      lane: made("canvas", "lane"),
    };
    grip.append(dots, row.badge);
    row.acts = {};
    for (const [act, sign] of [["star", "★"], ["up", "↑"], ["down", "↓"], ["remove", "✕"]]) {
      const button = made("button", act, sign);
      button.type = "button";
      button.addEventListener("click", () => this._act(act, id));
      row.acts[act] = button;
      acts.append(button);
    }
    row.lane.setAttribute("aria-hidden", "true"); // the slider and the switches say the same to a keyboard
    row.lane.addEventListener("pointerdown", (event) => {
      const box = row.lane.getBoundingClientRect();
      this._switch(this._at(id));
      this.sound.seek(((event.clientX - box.left) / box.width) * this.end);
    });
    row.name.addEventListener("click", () => this._switch(this._at(id)));
    grip.addEventListener("pointerdown", (event) => this._drag(event, id));
    element.append(grip, row.name, row.feeling, row.lane, acts);
    return row;
  }

  _fillRow(row, track, i) {
    const words = this.data.words, named = { letter: track.letter, name: track.name };
    row.element.style.setProperty("--clip", track.colour);
    row.badge.textContent = track.letter;
    row.name.textContent = track.name;
    row.name.title = track.name;
    if (track.note) row.name.append(made("small", "", track.note));
    row.grip.title = words.drag;
    row.grip.setAttribute("aria-label", filled(words.move, named));
    const isReference = track.id === this.data.reference;
    const says = { star: isReference ? words.is_reference : words.make_reference, up: words.up, down: words.down, remove: words.remove };
    for (const [act, button] of Object.entries(row.acts)) {
      button.title = says[act];
      button.setAttribute("aria-label", `${says[act]}: ${track.letter}`);
    }
    row.acts.star.textContent = isReference ? "★" : "☆";
    row.acts.star.setAttribute("aria-pressed", String(isReference));
    row.acts.up.disabled = i === 0;
    row.acts.down.disabled = i === this.tracks.length - 1;
  }

  _at(id) {
    return this.tracks.findIndex((track) => track.id === id);
  }

  _act(act, id) {
    if (act === "up" || act === "down") this._move(id, act === "up" ? -1 : 1);
    else this.ask("act", { act: act === "star" ? "reference" : "remove", id });
  }

  _move(id, step) {
    const ids = [...this.asked], at = ids.indexOf(id), to = at + step;
    if (to < 0 || to >= ids.length) return;
    ids.splice(to, 0, ...ids.splice(at, 1));
    this._order(ids);
    this.root.querySelector(".said").textContent = filled(this.data.words.moved, { name: this.tracks[this._at(id)].name, place: to + 1 });
  }

  _order(ids) {
    if (same(ids, this.asked)) return;
    this.asked = ids;
    this.ask("act", { act: "order", ids });
  }

  _gripKey(grip, event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return false;
    const [id] = [...this.rows].find(([, row]) => row.grip === grip);
    event.preventDefault();
    this._move(id, step);
    return true;
  }

  _drag(event, id) {
    if (event.button !== 0) return;
    const row = this.rows.get(id).element;
    event.preventDefault(); // no text is marked on the way
    row.classList.add("is-dragged");
    const move = (now) => {
      const others = [...this.list.children].filter((each) => each !== row);
      const next = others.find((each) => now.clientY < each.getBoundingClientRect().top + each.offsetHeight / 2);
      if ((next ?? null) !== row.nextSibling) this.list.insertBefore(row, next ?? null);
    };
    const drop = () => {
      over.forEach((take) => take());
      row.classList.remove("is-dragged");
      const byElement = new Map([...this.rows].map(([clip, each]) => [each.element, clip]));
      this._order([...this.list.children].map((each) => byElement.get(each)));
    };
    // The document's: an element that is moved in it loses the pointer it captured.
    const over = [["pointermove", move], ["pointerup", drop], ["pointercancel", drop]].map(([name, act]) => this._on(document, name, act));
  }

  // ---- the charts ------------------------------------------------------------------------------------------------

  _attach() {
    if (!this.data) return;
    const charts = this.data.charts.map((key) => document.querySelector(`.st-key-${key} .js-plotly-plot`)).filter(Boolean);
    for (const chart of [...this.held.keys()]) if (!charts.includes(chart)) this._letGo(chart);
    for (const chart of charts) {
      if (!this.held.has(chart)) this._hold(chart);
      const home = chart.querySelector(".svg-container"), hold = this.held.get(chart);
      if (home && hold.overlay.parentElement !== home) {
        home.append(hold.overlay);
        this._drawOver(chart, hold, this.sound.position());
      }
    }
  }

  _hold(chart) {
    const over = (name, style) => {
      const element = made("div", `emoscope-${name}`);
      Object.assign(element.style, { position: "absolute", pointerEvents: "none" }, style);
      return element;
    };
    const hold = {
      overlay: over("compare-overlay", { inset: "0", zIndex: 5, overflow: "hidden" }),
      shade: over("compare-region", { background: "rgba(106,128,220,0.16)", borderInline: "1.5px solid #6A80DC" }),
      head: over("compare-playhead", { width: "2px", marginLeft: "-1px" }),
      flag: over("compare-flag", { font: "700 11px/1.5 var(--st-font, sans-serif)", color: "#fff", borderRadius: "5px", padding: "0 5px" }),
    };
    hold.overlay.append(hold.shade, hold.head, hold.flag);
    const pointer = { from: null };
    const redraw = () => { this._attach(); this._drawOver(chart, hold, this.sound.position()); };
    hold.undo = [
      this._on(chart, "pointerdown", (event) => this._press(event, chart, pointer), true),
      // Plotly lays a cover over the whole page while a button is down: the rest of a gesture is the document's.
      this._on(document, "pointermove", (event) => this._drawn(event, chart, pointer), true),
      this._on(document, "pointerup", () => this._release(pointer), true),
      this._on(document, "pointercancel", () => { pointer.from = null; this.draft = null; this._draw(); }, true),
    ];
    chart.on?.("plotly_afterplot", redraw);
    hold.undo.push(() => chart.removeListener?.("plotly_afterplot", redraw));
    for (const layer of chart.querySelectorAll(".drag")) layer.style.touchAction = "pan-y";
    this.held.set(chart, hold);
  }

  _letGo(chart) {
    const hold = this.held.get(chart);
    hold.undo.forEach((take) => take());
    hold.overlay.remove();
    this.held.delete(chart);
  }

  _plot(chart) {
    const layout = chart._fullLayout, axis = layout?.xaxis;
    return axis?._length ? { axis, left: axis._offset, width: axis._length, top: layout._size.t, height: layout._size.h } : null;
  }

  _momentAt(event, chart) {
    const plot = this._plot(chart), box = chart.getBoundingClientRect();
    return Math.min(Math.max(0, plot.axis.p2d(event.clientX - box.left - plot.left)), this.end);
  }

  _press(event, chart, pointer) {
    const plot = this._plot(chart), box = chart.getBoundingClientRect();
    if (event.button !== 0 || !plot || event.target.closest?.(".modebar, .legend")) return;
    const x = event.clientX - box.left - plot.left, y = event.clientY - box.top - plot.top;
    if (x < 0 || x > plot.width || y < 0 || y > plot.height) return;
    pointer.from = { x: event.clientX, moment: this._momentAt(event, chart) };
    this.draft = null;
  }

  _drawn(event, chart, pointer) {
    if (!pointer.from || !(event.buttons & 1)) return;
    if (!this.draft && Math.abs(event.clientX - pointer.from.x) < CLICK_PX) return;
    const now = this._momentAt(event, chart);
    this.draft = [Math.min(pointer.from.moment, now), Math.max(pointer.from.moment, now)];
    event.preventDefault();
    this._draw();
  }

  _release(pointer) {
    const from = pointer.from, draft = this.draft;
    if (!from) return;
    pointer.from = this.draft = null;
    if (!draft) this.sound.seek(from.moment);
    else if (draft[1] - draft[0] >= SHORTEST_REGION * this.end) {
      this._setRegion(draft);
      this.sound.seek(draft[0]);
    }
    this._draw();
  }

  // ---- drawing ---------------------------------------------------------------------------------------------------

  _feeling(track, x) {
    const time = track.warp.timeAt(x);
    if (!track.index.length || time > track.duration) return null;
    const step = Math.min(Math.floor(time / track.curve.step_s), track.index.length - 1);
    const label = track.index[step] === NO_SPEECH ? null : this.data.labels[track.index[step]];
    return label ? { ...label, percent: track.percent[step] } : null;
  }

  _draw() {
    if (!this.data || !this.sound) return;
    const x = this.sound.position(), heard = this.sound.track, track = this.tracks[heard];
    if (!track) return;
    Object.assign(this.root.dataset, { position: x.toFixed(4), track: String(heard), playing: String(this.sound.playing) });
    this.root.classList.toggle("is-playing", this.sound.playing);
    this.root.style.setProperty("--clip", track.colour);
    const part = (name) => this.root.querySelector(name);
    part(".now").textContent = this._said(x);
    part(".play").setAttribute("aria-label", this.data.words[this.sound.playing ? "pause" : "toggle"]);
    part("[data-act=loop]").hidden = !this.region;
    part("[data-act=loop]").setAttribute("aria-pressed", String(this.loops));
    part("[data-act=match]").setAttribute("aria-pressed", String(this.matched));
    part(".region").hidden = !this.region;
    if (this.region) part(".region .span").textContent = `${this._said(this.region[0])} – ${this._said(this.region[1])}`;
    [...part(".switches").children].forEach((button, i) => {
      button.setAttribute("aria-checked", String(i === heard));
      button.tabIndex = 0;
    });
    this._drawSlider(x, track);
    this.tracks.forEach((each, i) => this._drawRow(this.rows.get(each.id), each, i === heard, x));
    for (const [chart, hold] of this.held) this._drawOver(chart, hold, x);
  }

  _drawSlider(x, track) {
    const share = (at) => `${(100 * Math.min(at, this.end)) / this.end}%`;
    const span = this.draft ?? this.region, shade = this.slider.querySelector("i");
    this.slider.querySelector("b").style.left = share(x);
    shade.style.display = span ? "block" : "none";
    if (span) [shade.style.left, shade.style.width] = [share(span[0]), share(span[1] - span[0])];
    this.slider.setAttribute("aria-valuenow", x.toFixed(2));
    this.slider.setAttribute("aria-valuetext", `${track.letter} · ${this._said(x)}`);
  }

  _drawRow(row, track, isHeard, x) {
    if (!row) return;
    row.element.classList.toggle("is-heard", isHeard);
    const feeling = this._feeling(track, x), shown = feeling ? `${feeling.emoji}|${feeling.name}|${feeling.percent}` : "";
    if (row.shown !== shown) {
      row.shown = shown;
      row.feeling.replaceChildren();
      if (feeling) row.feeling.append(made("i", "", feeling.emoji), made("span", "", ` ${feeling.name} ${feeling.percent} %`));
    }
    this._drawLane(row, track, x);
  }

  _drawLane(row, track, x) {
    const ratio = devicePixelRatio, wide = Math.round(row.lane.clientWidth * ratio), high = Math.round(row.lane.clientHeight * ratio);
    if (!wide) return;
    if (row.lane.width !== wide || row.lane.height !== high) [row.lane.width, row.lane.height] = [wide, high];
    const context = row.lane.getContext("2d"), key = [wide, high, this.end, this.turn, track.id].join();
    if (row.painted !== key) {
      row.painted = key;
      row.picture = this._paint(track, wide, high);
    }
    context.clearRect(0, 0, wide, high);
    context.drawImage(row.picture, 0, 0);
    context.fillStyle = track.colour;
    context.fillRect((x / this.end) * wide - ratio, 0, 2 * ratio, high);
  }

  // What leads at each moment of the common axis: a colour a pixel, nothing where nobody speaks or the clip is over.
  _paint(track, wide, high) {
    const picture = new OffscreenCanvas(wide, high), context = picture.getContext("2d");
    let from = 0, colour = null;
    for (let pixel = 0; pixel <= wide; pixel++) {
      const feeling = pixel < wide ? this._feeling(track, ((pixel + 0.5) / wide) * this.end) : null;
      const time = track.warp.timeAt(((pixel + 0.5) / wide) * this.end);
      const now = pixel === wide ? null : feeling ? feeling.colour : time <= track.duration ? "rgba(127,140,155,0.18)" : null;
      if (now === colour && pixel < wide) continue;
      if (colour) {
        context.fillStyle = colour;
        context.fillRect(from, high * 0.2, pixel - from, high * 0.6);
      }
      [from, colour] = [pixel, now];
    }
    return picture;
  }

  _drawOver(chart, hold, x) {
    const plot = this._plot(chart), track = this.tracks[this.sound.track];
    if (!plot || !track) return;
    const at = (value) => plot.left + plot.axis.d2p(value), inside = x <= plot.axis.range[1] + 1e-9 && x >= plot.axis.range[0] - 1e-9;
    const band = { top: `${plot.top}px`, height: `${plot.height}px` };
    Object.assign(hold.head.style, band, { left: `${at(x)}px`, background: track.colour, display: inside ? "block" : "none" });
    Object.assign(hold.flag.style, { top: `${Math.max(0, plot.top - 17)}px`, left: `${at(x) - 8}px`, background: track.colour, display: inside ? "block" : "none" });
    hold.flag.textContent = track.letter;
    const span = this.draft ?? this.region;
    hold.shade.style.display = span ? "block" : "none";
    if (!span) return;
    const [from, to] = span.map((edge) => Math.min(Math.max(at(edge), plot.left), plot.left + plot.width));
    Object.assign(hold.shade.style, band, { left: `${from}px`, width: `${Math.max(0, to - from)}px` });
  }

  // ---- listening -------------------------------------------------------------------------------------------------

  _on(target, name, act, options) {
    target.addEventListener(name, act, options);
    return () => target.removeEventListener(name, act, options);
  }

  _listen(target, name, act, options) {
    this.undo.push(this._on(target, name, act, options));
  }
}
