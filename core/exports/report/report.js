"use strict";
(() => {
  const given = JSON.parse(document.getElementById("data").textContent);
  const figure = document.getElementById("figure");
  const playhead = document.getElementById("playhead");
  const sound = document.getElementById("sound");
  const start = given.start_s;
  let until = null; // where a stretch that is played ends
  let pressed = null; // where the pointer went down

  const config = { displaylogo: false, responsive: true, toImageButtonOptions: { format: "svg", filename: "emoscope_timeline" } };
  Plotly.newPlot(figure, given.data, given.layout, config).then(() => {
    if (!sound) return;
    figure.on("plotly_relayout", place);
    figure.on("plotly_afterplot", place);
    figure.addEventListener("mousedown", (event) => { pressed = event.clientX; }, true);
    figure.addEventListener("click", seek, true);
    place();
  });
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
    until = null;
    sound.currentTime = Math.max(0, layout.xaxis.p2l(x) - start);
    place();
  }

  function follow() {
    if (until !== null && sound.currentTime >= until) {
      until = null;
      sound.pause();
    }
    place();
    if (!sound.paused) requestAnimationFrame(follow);
  }

  sound.addEventListener("play", () => requestAnimationFrame(follow));
  sound.addEventListener("seeked", place);
  for (const button of document.querySelectorAll("button.play")) {
    button.addEventListener("click", () => {
      sound.currentTime = Number(button.dataset.from);
      until = Number(button.dataset.to);
      sound.play();
    });
  }
})();
