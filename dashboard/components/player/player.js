// Plays a clip over a Plotly chart: a playhead that follows the sound, regions, zoom, keys. Data comes in, never markup.

const NO_SPEECH = 255;
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];
const CLICK_PX = 4; // a pointer that moved less has clicked
const SHORTEST_REGION_S = 0.05;
const SHORTEST_VIEW_S = 0.2;
const ZOOM_SETTLES_MS = 140;
const LOOK_FOR_CHART_MS = 200;

const players = new WeakMap();

export default function (component) {
  const { parentElement, data, setStateValue } = component;
  let player = players.get(parentElement);
  if (!player) {
    player = new Player(parentElement.querySelector(".player"));
    players.set(parentElement, player);
  }
  const turn = player.update(data, setStateValue);
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
  const tenths = Math.round(seconds * 10);
  const whole = Math.floor(tenths / 10);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return (h ? `${h}:${two(m)}` : `${m}`) + `:${two(s)}.${tenths % 10}`;
}

const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

class Player {
  constructor(root) {
    this.root = root;
    this.audio = root.querySelector("audio");
    this.audio.preservesPitch = true;
    this.strip = root.querySelector(".strip");
    this.turn = 0; // how often data came
    this.loops = true;
    this.until = null; // where a stretch that was asked for ends
    this.region = null;
    this.view = null;
    this.undo = [];
    this._controls();
    this._listen(this.audio, "play", () => this._playing());
    this._listen(this.audio, "pause", () => this._draw());
    this._listen(this.audio, "seeked", () => this._draw());
    this._listen(this.audio, "error", () => this._broken());
    this._listen(document, "keydown", (event) => this._key(event), true);
    this._listen(window, "resize", () => this._draw());
    this.watch = setInterval(() => this._attach(), LOOK_FOR_CHART_MS);
  }

  update(data, setStateValue) {
    clearTimeout(this.leaving);
    const before = this.data;
    this.data = data;
    this.tell = setStateValue;
    if (!before || before.sound !== data.sound) {
      this.audio.pause();
      this.audio.src = data.sound;
      this.until = null;
      this.root.querySelector(".broken").hidden = true;
    }
    if (!before || before.curve.index !== data.curve.index) {
      this.index = bytes(data.curve.index);
      this.percent = bytes(data.curve.percent);
    }
    if (!before || !same(before.region, data.region)) this.region = data.region ?? null;
    if (!before || !same(before.view, data.view)) this.view = data.view ?? null;
    this._words();
    this._attach();
    if (data.play && (!before || !before.play || before.play.nonce !== data.play.nonce)) this._playSpan(data.play);
    this._draw();
    return ++this.turn;
  }

  leaveSoon(forget) {
    clearTimeout(this.leaving);
    this.leaving = setTimeout(() => {
      clearInterval(this.watch);
      this.audio.pause();
      this.audio.removeAttribute("src");
      this.audio.load();
      this._detach();
      this.undo.forEach((take) => take());
      forget();
    }, 250);
  }

  // ---- the transport -------------------------------------------------------------------------------------------

  _controls() {
    const select = this.root.querySelector("select");
    for (const speed of SPEEDS) {
      const option = document.createElement("option");
      option.value = String(speed);
      option.textContent = `${speed}×`;
      option.selected = speed === 1;
      select.append(option);
    }
    this._listen(select, "change", () => { this.audio.playbackRate = Number(select.value); });
    const acts = {
      toggle: () => this._toggle(), previous: () => this._segment(-1), next: () => this._segment(1),
      loop: () => this._loop(), zoom: () => this._zoomTo(this.region), all: () => this._zoomTo(null),
      clear: () => this._setRegion(null),
    };
    for (const button of this.root.querySelectorAll("button[data-act]")) {
      this._listen(button, "click", acts[button.dataset.act]);
    }
    const scrub = (event) => {
      if (event.type === "pointermove" && !(event.buttons & 1)) return;
      const box = this.strip.getBoundingClientRect();
      this._seek(((event.clientX - box.left) / box.width) * this.data.duration);
    };
    this._listen(this.strip, "pointerdown", (event) => { this.strip.setPointerCapture(event.pointerId); scrub(event); });
    this._listen(this.strip, "pointermove", scrub);
  }

  _words() {
    const words = this.data.words;
    for (const button of this.root.querySelectorAll("button[data-act]")) {
      const word = words[button.dataset.act];
      if (button.classList.contains("flat") && button.dataset.act !== "clear") button.textContent = word;
      button.title = word;
      button.setAttribute("aria-label", word);
    }
    this.root.setAttribute("aria-label", words.player);
    this.root.querySelector(".speed span").textContent = words.speed;
    this.root.querySelector(".hint").textContent = words.hint;
    this.root.querySelector(".whole").textContent = clock(this.data.duration);
    this.strip.setAttribute("aria-label", words.position);
    this.strip.setAttribute("aria-valuemax", this.data.duration.toFixed(1));
  }

  _toggle() {
    if (!this.audio.paused) return this.audio.pause();
    const loop = this._looped();
    if (loop && (this.audio.currentTime < loop[0] || this.audio.currentTime >= loop[1] - 0.01)) this._seek(loop[0]);
    if (this.audio.currentTime >= this.data.duration - 0.02) this._seek(0);
    this.until = null;
    this._play();
  }

  _play() {
    this.audio.play().catch(() => this._draw()); // the browser wants a click first: the button is there
  }

  _playSpan(span) {
    this._seek(span.start);
    this.until = span.end;
    this._play();
  }

  _seek(seconds) {
    this.until = null;
    this.audio.currentTime = Math.min(Math.max(0, seconds), Math.max(0, this.data.duration - 0.001));
    this._draw();
  }

  _segment(step) {
    const now = this.audio.currentTime;
    const starts = this.data.segments.map((segment) => segment[0]);
    const next = step > 0 ? starts.find((start) => start > now + 0.02) : starts.filter((s) => s < now - 0.3).pop();
    this._seek(next ?? (step > 0 ? this.data.duration : 0));
  }

  _loop() {
    this.loops = !this.loops;
    this._draw();
  }

  _looped() {
    return this.loops && this.region && this.until === null ? this.region : null;
  }

  _playing() {
    const tick = () => {
      if (this.audio.paused) return this._draw();
      const now = this.audio.currentTime, loop = this._looped();
      if (this.until !== null && now >= this.until) { this.audio.pause(); this.until = null; }
      else if (loop && now >= loop[1] && now < loop[1] + 1) this.audio.currentTime = loop[0];
      this._draw();
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  _broken() {
    if (!this.audio.getAttribute("src")) return;
    const broken = this.root.querySelector(".broken");
    broken.textContent = this.data.words.broken;
    broken.hidden = false;
  }

  _key(event) {
    const typed = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (typed.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(typed.tagName)) return;
    const isOurs = this.root.contains(typed);
    const role = typed.getAttribute?.("role") ?? "";
    if (!isOurs && /^(slider|combobox|listbox|option|tab|radio|menuitem|gridcell)$/.test(role)) return;
    const presses = typed.tagName === "BUTTON" || typed.tagName === "A" || typed.tagName === "SUMMARY";
    const now = this.audio.currentTime, far = event.shiftKey ? 5 : 1;
    const keys = {
      " ": presses ? null : () => this._toggle(),
      ArrowLeft: () => this._seek(now - far), ArrowRight: () => this._seek(now + far),
      Home: isOurs ? () => this._seek(0) : null, End: isOurs ? () => this._seek(this.data.duration) : null,
      "[": () => this._segment(-1), "]": () => this._segment(1),
      l: () => this._loop(), Escape: this.region ? () => this._setRegion(null) : null,
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  // ---- the chart -----------------------------------------------------------------------------------------------

  _attach() {
    const chart = document.querySelector(`.st-key-${this.data.chart} .js-plotly-plot`);
    if (chart !== this.chart) {
      this._detach();
      this.chart = chart;
      if (chart) this._hold(chart);
    }
    const home = chart?.querySelector(".svg-container");
    if (home && this.overlay && this.overlay.parentElement !== home) {
      home.append(this.overlay);
      this._draw();
    }
  }

  _hold(chart) {
    const over = (name, style) => {
      const element = document.createElement("div");
      element.className = `emoscope-${name}`;
      Object.assign(element.style, { position: "absolute", pointerEvents: "none" }, style);
      return element;
    };
    this.overlay = over("overlay", { inset: "0", zIndex: 5, overflow: "hidden" });
    this.shade = over("region", { background: "rgba(106,128,220,0.16)", borderInline: "1.5px solid #6A80DC" });
    this.head = over("playhead", { width: "2px", marginLeft: "-1px", background: "#E4572E" });
    this.flag = over("flag", {
      font: "600 12px/1.5 var(--st-font, sans-serif)", color: "#fff", background: "#2B3040", borderRadius: "5px",
      padding: "0 6px", whiteSpace: "nowrap",
    });
    this.overlay.append(this.shade, this.head, this.flag);
    const pointer = { from: null };
    this.let = [
      this._on(chart, "pointerdown", (event) => this._press(event, pointer), true),
      // Plotly lays a cover over the whole page while a button is down: the rest of a gesture is the document's.
      this._on(document, "pointermove", (event) => this._move(event, pointer), true),
      this._on(document, "pointerup", (event) => this._release(event, pointer), true),
      this._on(document, "pointercancel", () => { pointer.from = null; this.draft = null; this._draw(); }, true),
      this._on(chart, "dblclick", () => this._zoomTo(null), true),
      this._on(chart, "wheel", (event) => this._wheel(event), { capture: true, passive: false }),
    ];
    const redraw = () => this._attach() || this._draw();
    chart.on?.("plotly_afterplot", redraw);
    this.let.push(() => chart.removeListener?.("plotly_afterplot", redraw));
    for (const layer of chart.querySelectorAll(".drag")) layer.style.touchAction = "pan-y";
  }

  _detach() {
    this.let?.forEach((take) => take());
    this.overlay?.remove();
    this.let = this.overlay = this.chart = null;
  }

  _plot() {
    const layout = this.chart?._fullLayout, axis = layout?.xaxis;
    return axis?._length ? { axis, left: axis._offset, width: axis._length, top: layout._size.t, height: layout._size.h } : null;
  }

  _timeAt(event) {
    const plot = this._plot(), box = this.chart.getBoundingClientRect();
    const seconds = plot.axis.p2d(event.clientX - box.left - plot.left);
    return Math.min(Math.max(0, seconds), this.data.duration);
  }

  _isInside(event) {
    const plot = this._plot(), box = this.chart.getBoundingClientRect();
    if (!plot || event.target.closest?.(".modebar, .legend")) return false;
    const x = event.clientX - box.left - plot.left, y = event.clientY - box.top - plot.top;
    return x >= 0 && x <= plot.width && y >= 0 && y <= plot.height;
  }

  _press(event, pointer) {
    if (event.button !== 0 || !this._isInside(event)) return;
    pointer.from = { x: event.clientX, time: this._timeAt(event), zooms: event.shiftKey };
    this.draft = null;
  }

  _move(event, pointer) {
    if (!pointer.from || !(event.buttons & 1)) return;
    if (!this.draft && Math.abs(event.clientX - pointer.from.x) < CLICK_PX) return;
    const now = this._timeAt(event);
    this.draft = [Math.min(pointer.from.time, now), Math.max(pointer.from.time, now)];
    event.preventDefault();
    this._draw();
  }

  _release(event, pointer) {
    const from = pointer.from, draft = this.draft;
    pointer.from = this.draft = null;
    if (!from) return;
    if (!draft) return this._seek(from.time);
    if (from.zooms) this._zoomTo(draft);
    else if (draft[1] - draft[0] >= SHORTEST_REGION_S) {
      this._setRegion(draft);
      this._seek(draft[0]);
    }
    this._draw();
  }

  _wheel(event) {
    if (!this._isInside(event)) return;
    const pans = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (!(event.ctrlKey || event.metaKey) && !(pans && this.view)) return; // a plain wheel scrolls the page
    event.preventDefault();
    event.stopPropagation();
    const [start, end] = this.view ?? [0, this.data.duration];
    if (pans && !event.ctrlKey) {
      const by = Math.sign(event.deltaX || event.deltaY) * 0.08 * (end - start);
      const moved = Math.min(Math.max(by, -start), this.data.duration - end);
      return this._zoomTo([start + moved, end + moved], ZOOM_SETTLES_MS);
    }
    const at = this._timeAt(event), by = Math.exp(Math.sign(event.deltaY) * 0.22);
    this._zoomTo([at - (at - start) * by, at + (end - at) * by], ZOOM_SETTLES_MS);
  }

  _zoomTo(span, after = 0) {
    if (span) {
      const middle = (span[0] + span[1]) / 2, half = Math.max(span[1] - span[0], SHORTEST_VIEW_S) / 2;
      const start = Math.max(0, middle - half), end = Math.min(this.data.duration, middle + half);
      span = start <= 0 && end >= this.data.duration ? null : [Number(start.toFixed(3)), Number(end.toFixed(3))];
    }
    this.view = span;
    clearTimeout(this.zooming);
    this.zooming = setTimeout(() => this.tell("view", span), after);
    this._draw();
  }

  _setRegion(region) {
    this.region = region && region.map((seconds) => Number(seconds.toFixed(3)));
    this.tell("region", this.region);
    this._draw();
  }

  // ---- drawing -------------------------------------------------------------------------------------------------

  _feeling(seconds) {
    if (!this.index.length) return null;
    const step = Math.min(Math.floor(seconds / this.data.curve.step_s), this.index.length - 1);
    const label = this.index[step] === NO_SPEECH ? null : this.data.labels[this.index[step]];
    return label ? { ...label, share: `${this.percent[step]} %` } : null;
  }

  _draw() {
    if (!this.data) return;
    const now = this.audio.currentTime, feeling = this._feeling(now);
    this._drawBar(now, feeling);
    this._drawStrip(now);
    this._drawOverlay(now, feeling);
  }

  _drawBar(now, feeling) {
    const part = (name) => this.root.querySelector(name);
    this.root.classList.toggle("is-playing", !this.audio.paused);
    part(".now").textContent = clock(now);
    part(".feeling i").textContent = feeling?.emoji ?? "";
    part(".feeling .word").textContent = feeling?.name ?? this.data.words.no_speech;
    part(".feeling .share").textContent = feeling?.share ?? "";
    part(".feeling").setAttribute("aria-live", this.audio.paused ? "polite" : "off");
    part(".play").setAttribute("aria-label", this.data.words[this.audio.paused ? "toggle" : "pause"]);
    part("[data-act=loop]").setAttribute("aria-pressed", String(this.loops));
    part("[data-act=zoom]").disabled = !this.region;
    part("[data-act=all]").disabled = !this.view;
    part(".region").hidden = !this.region;
    if (this.region) {
      part(".region .span").textContent = `${clock(this.region[0])} – ${clock(this.region[1])}`;
      part(".region .note").textContent = same(this.region, this.data.region) ? this.data.note ?? "" : "…";
    }
    this.strip.setAttribute("aria-valuenow", now.toFixed(1));
    this.strip.setAttribute("aria-valuetext", clock(now));
  }

  _drawStrip(now) {
    const wide = Math.round(this.strip.clientWidth * devicePixelRatio), high = Math.round(26 * devicePixelRatio);
    if (!wide) return;
    const context = this.strip.getContext("2d"), x = (seconds) => (seconds / this.data.duration) * wide;
    if (this.strip.width !== wide) [this.strip.width, this.strip.height] = [wide, high];
    context.clearRect(0, 0, wide, high);
    context.fillStyle = "rgba(127,140,155,0.22)";
    context.fillRect(0, high * 0.3, wide, high * 0.4);
    for (const [start, end, label] of this.data.segments) {
      context.fillStyle = this.data.labels[label].colour;
      context.fillRect(x(start), high * 0.3, Math.max(1, x(end) - x(start)), high * 0.4);
    }
    const frame = (span, colour) => {
      context.strokeStyle = colour;
      context.lineWidth = 1.5 * devicePixelRatio;
      context.strokeRect(x(span[0]), high * 0.1, Math.max(2, x(span[1]) - x(span[0])), high * 0.8);
    };
    if (this.view) frame(this.view, "#7F8C9B");
    if (this.region) frame(this.region, "#6A80DC");
    context.fillStyle = "#E4572E";
    context.fillRect(x(now) - devicePixelRatio, 0, 2 * devicePixelRatio, high);
  }

  _drawOverlay(now, feeling) {
    const plot = this.overlay && this._plot();
    if (!plot) return;
    const x = (seconds) => plot.left + plot.axis.d2p(seconds);
    const inside = (px) => px >= plot.left - 0.5 && px <= plot.left + plot.width + 0.5;
    const at = x(now);
    this.head.style.display = this.flag.style.display = inside(at) ? "block" : "none";
    Object.assign(this.head.style, { left: `${at}px`, top: `${plot.top}px`, height: `${plot.height}px` });
    this.flag.textContent = `${clock(now)} ${feeling ? `${feeling.emoji} ${feeling.name} ${feeling.share}` : this.data.words.no_speech}`;
    const flips = at > plot.left + plot.width * 0.7;
    Object.assign(this.flag.style, {
      top: `${plot.top + 3}px`, left: flips ? "auto" : `${at + 5}px`,
      right: flips ? `${this.overlay.clientWidth - at + 5}px` : "auto",
    });
    const region = this.draft ?? this.region;
    this.shade.style.display = region ? "block" : "none";
    if (!region) return;
    const [start, end] = region.map((seconds) => Math.min(Math.max(x(seconds), plot.left), plot.left + plot.width));
    Object.assign(this.shade.style, {
      left: `${start}px`, width: `${Math.max(0, end - start)}px`, top: `${plot.top}px`, height: `${plot.height}px`,
    });
  }

  _on(target, kind, act, options) {
    target.addEventListener(kind, act, options);
    return () => target.removeEventListener(kind, act, options);
  }

  _listen(target, kind, act, options) {
    this.undo.push(this._on(target, kind, act, options));
  }
}
