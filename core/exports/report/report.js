"use strict";
(() => {
  const PAPER_PX = 680; // what A4 and Letter have room for
  const MAX_TICKS = 9;
  const STEPS_S = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
  const given = JSON.parse(document.getElementById("data").textContent);
  const figure = document.getElementById("figure");
  const playhead = document.getElementById("playhead");
  const sound = document.getElementById("sound");
  const start = given.start_s;
  let stretch = null; // what is played to its end and no further
  let pressed = null; // where the pointer went down

  const config = {
    displaylogo: false, responsive: true, modeBarButtons: [["toImage", "zoomIn2d", "zoomOut2d", "resetScale2d"]],
    toImageButtonOptions: { format: "svg", filename: "emoscope_timeline" },
  };
  Object.assign(given.layout.xaxis3, ticks(given.layout.xaxis3.range));
  Plotly.newPlot(figure, given.data, given.layout, config).then(() => {
    figure.on("plotly_relayout", (change) => { if (!("xaxis3.tickvals" in change)) writeTicks(); });
    if (!sound) return;
    figure.on("plotly_afterplot", place);
    figure.addEventListener("mousedown", (event) => { pressed = event.clientX; }, true);
    figure.addEventListener("click", seek, true);
    place();
  });
  addEventListener("beforeprint", () => Plotly.relayout(figure, { width: PAPER_PX }));
  addEventListener("afterprint", () => Plotly.relayout(figure, { width: null, autosize: true }));

  /** `0:07`, `1:02:45`, `0:07.25`. */
  function clock(seconds, decimals) {
    const scale = 10 ** decimals, parts = Math.round(seconds * scale), whole = Math.floor(parts / scale);
    const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    const two = (n) => String(n).padStart(2, "0");
    return `${h ? `${h}:${two(m)}` : m}:${two(s)}${decimals ? `.${String(parts % scale).padStart(decimals, "0")}` : ""}`;
  }

  /** At most MAX_TICKS round times within a range. */
  function ticks([from, to]) {
    const step = STEPS_S.find((each) => (to - from) / each <= MAX_TICKS) ?? STEPS_S.at(-1);
    const first = Math.ceil(from / step - 1e-9), count = Math.floor(to / step + 1e-9) - first + 1;
    const values = Array.from({ length: Math.max(0, count) }, (_, k) => (first + k) * step);
    return { tickvals: values, ticktext: values.map((each) => clock(each, step < 0.1 ? 2 : step < 1 ? 1 : 0)) };
  }

  function writeTicks() {
    const found = ticks(figure._fullLayout.xaxis3.range);
    Plotly.relayout(figure, { "xaxis3.tickvals": found.tickvals, "xaxis3.ticktext": found.ticktext });
  }

  if (!sound) return;

  /** The line over the figure, where the sound is. */
  function place() {
    const layout = figure._fullLayout;
    if (!layout || !layout.xaxis) return;
    const x = layout.xaxis.l2p(start + sound.currentTime);
    const shown = x >= 0 && x <= layout.xaxis._length;
    playhead.style.display = shown ? "block" : "none";
    playhead.style.left = `${layout.xaxis._offset + x}px`;
    playhead.style.top = `${layout._size.t}px`;
    playhead.style.height = `${layout._size.h}px`;
  }

  function seek(event) {
    const layout = figure._fullLayout;
    const box = figure.getBoundingClientRect();
    const x = event.clientX - box.left - layout.xaxis._offset;
    const y = event.clientY - box.top - layout._size.t;
    const dragged = pressed !== null && Math.abs(event.clientX - pressed) > 4;
    if (dragged || x < 0 || x > layout.xaxis._length || y < 0 || y > layout._size.h) return;
    stretch = null;
    sound.currentTime = Math.max(0, layout.xaxis.p2l(x) - start);
    place();
  }

  function follow() {
    if (stretch && sound.currentTime >= stretch.to) {
      stretch = null;
      sound.pause();
    }
    place();
    if (!sound.paused) requestAnimationFrame(follow);
  }

  sound.addEventListener("play", () => requestAnimationFrame(follow));
  sound.addEventListener("seeked", place);
  sound.addEventListener("seeking", () => { // who goes elsewhere has left the stretch
    if (stretch && !(sound.currentTime > stretch.from - 0.05 && sound.currentTime < stretch.to)) stretch = null;
  });
  for (const button of document.querySelectorAll("button.play")) {
    button.addEventListener("click", () => {
      stretch = { from: Number(button.dataset.from), to: Number(button.dataset.to) };
      sound.currentTime = stretch.from;
      sound.play().catch(() => {}); // paused again before it began
    });
  }
})();
