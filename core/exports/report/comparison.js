"use strict";
(() => {
  const PAPER_PX = 680; // what A4 and Letter have room for
  const given = JSON.parse(document.getElementById("data").textContent);
  const config = { displaylogo: false, responsive: true, modeBarButtons: [["toImage", "zoomIn2d", "zoomOut2d", "resetScale2d"]] };
  const drawn = [];
  const find = (id) => document.getElementById(id);

  function draw(id, figure) {
    const options = { ...config, toImageButtonOptions: { format: "svg", filename: `emoscope_${id}` } };
    if (!drawn.includes(id)) drawn.push(id);
    return Plotly.react(find(id), figure.data, figure.layout, options);
  }

  addEventListener("beforeprint", () => drawn.forEach((id) => Plotly.relayout(find(id), { width: PAPER_PX })));
  addEventListener("afterprint", () => drawn.forEach((id) => Plotly.relayout(find(id), { width: null, autosize: true })));

  if (given.groups) for (const id of ["boxes", "effects"]) draw(id, given.groups[id]);
  if (given.comparison) compare(given.comparison);

  function compare(all) {
    const figure = find("curves"), playhead = find("playhead"), toggle = find("toggle");
    const chosen = { emotion: find("emotion"), axis: find("axis"), measure: find("measure") };
    const sounds = new Map([...document.querySelectorAll("audio.sound")].map((each) => [Number(each.dataset.clip), each]));
    const switches = [...document.querySelectorAll("button.switch")];
    let heard = sounds.has(all.reference) ? all.reference : [...sounds.keys()][0] ?? null;
    let pressed = null; // where the pointer went down

    draw("scores", all.scores);
    if (all.difference.data.length) draw("difference", all.difference);
    drawCurves().then(() => {
      figure.on("plotly_afterplot", place);
      figure.addEventListener("mousedown", (event) => { pressed = event.clientX; }, true);
      figure.addEventListener("click", seek, true);
      place();
    });
    drawPairs();
    chosen.emotion.addEventListener("change", drawCurves);
    chosen.axis.addEventListener("change", drawCurves);
    chosen.measure.addEventListener("change", drawPairs);

    function drawCurves() {
      const axis = chosen.axis.value;
      const data = all.clips.filter((clip) => clip[axis]).map((clip) => ({
        type: "scatter", mode: clip.seconds.length > 1 ? "lines" : "markers", name: clip.name,
        x: clip[axis], y: clip.values[chosen.emotion.value], line: { color: clip.colour, width: 1.8, dash: clip.dash },
        hovertemplate: `${clip.letter} · %{y:.1f} %<extra></extra>`,
      }));
      const layout = {
        ...all.layout, height: 420, hovermode: "x unified", uirevision: axis,
        xaxis: { title: { text: all.titles[axis] }, showgrid: false, zeroline: false },
        yaxis: { title: { text: all.probability }, range: [0, 102], fixedrange: true, gridcolor: all.scores.layout.yaxis.gridcolor },
      };
      return draw("curves", { data, layout });
    }

    function drawPairs() {
      const found = all.measures[chosen.measure.value];
      const places = found.names.map((_, place) => place), ink = all.layout.font.color;
      const scale = found.diverging ? { colorscale: "RdBu", zmid: 0 } : { colorscale: "Cividis" };
      const data = [{
        type: "heatmap", x: places, y: places, z: found.values, ...scale, hoverongaps: false, xgap: 1, ygap: 1,
        texttemplate: found.names.length > 12 ? "" : "%{z:.2f}", colorbar: { thickness: 12 },
        customdata: found.names.map((row) => found.names.map((column) => `${row} – ${column}`)),
        hovertemplate: "%{customdata}: %{z}<extra></extra>",
      }];
      for (const branch of found.branches) {
        data.push({ type: "scatter", mode: "lines", x: branch.x, y: branch.y, yaxis: "y2", showlegend: false, hoverinfo: "skip", line: { color: ink, width: 1.4 } });
      }
      const ticks = { tickvals: places, ticktext: found.names, showgrid: false, zeroline: false, fixedrange: true };
      const edges = [-0.5, found.names.length - 0.5];
      draw("heat", { data, layout: {
        ...all.layout, height: 430, xaxis: { ...ticks, range: edges }, yaxis: { ...ticks, range: [edges[1], edges[0]], domain: [0, 0.76] },
        yaxis2: { domain: [0.8, 1], visible: false, rangemode: "tozero", fixedrange: true },
      } });
    }

    /** Piecewise linear, and time running alike beyond the ends. */
    function between(x, from, to) {
      const last = from.length - 1;
      if (x <= from[0]) return to[0] + (x - from[0]);
      if (x >= from[last]) return to[last] + (x - from[last]);
      let low = 0, high = last;
      while (high - low > 1) { const middle = (low + high) >> 1; if (from[middle] <= x) low = middle; else high = middle; }
      const span = from[high] - from[low];
      return span > 0 ? to[low] + (x - from[low]) / span * (to[high] - to[low]) : to[low];
    }

    function momentOf(clip, time) {
      if (chosen.axis.value === "share") return 100 * time / clip.duration_s;
      if (chosen.axis.value === "aligned" && clip.knots) return between(time, clip.knots[1], clip.knots[0]);
      return time;
    }

    function timeAt(clip, moment) {
      let time = moment;
      if (chosen.axis.value === "share") time = moment / 100 * clip.duration_s;
      else if (chosen.axis.value === "aligned" && clip.knots) time = between(moment, clip.knots[0], clip.knots[1]);
      return Math.min(Math.max(0, time), clip.duration_s);
    }

    /** The line over the curves, where the sound is. */
    function place() {
      const layout = figure._fullLayout;
      for (const each of switches) each.setAttribute("aria-pressed", String(Number(each.dataset.clip) === heard));
      if (heard === null || !layout || !layout.xaxis) return;
      const x = layout.xaxis.l2p(momentOf(all.clips[heard], sounds.get(heard).currentTime));
      playhead.style.display = x >= 0 && x <= layout.xaxis._length ? "block" : "none";
      playhead.style.left = `${layout.xaxis._offset + x}px`;
      playhead.style.top = `${layout._size.t}px`;
      playhead.style.height = `${layout._size.h}px`;
      toggle.textContent = sounds.get(heard).paused ? "▶" : "❚❚";
    }

    function seek(event) {
      const layout = figure._fullLayout, box = figure.getBoundingClientRect();
      const x = event.clientX - box.left - layout.xaxis._offset, y = event.clientY - box.top - layout._size.t;
      const dragged = pressed !== null && Math.abs(event.clientX - pressed) > 4;
      if (heard === null || dragged || x < 0 || x > layout.xaxis._length || y < 0 || y > layout._size.h) return;
      sounds.get(heard).currentTime = timeAt(all.clips[heard], layout.xaxis.p2l(x));
      place();
    }

    /** Go on with another clip at the same moment. */
    function switchTo(clip) {
      if (!sounds.has(clip)) return;
      const before = sounds.get(heard), moment = momentOf(all.clips[heard], before.currentTime), playing = !before.paused;
      before.pause();
      heard = clip;
      sounds.get(clip).currentTime = timeAt(all.clips[clip], moment);
      if (playing) sounds.get(clip).play().catch(() => {});
      place();
    }

    function playOrPause() {
      const sound = sounds.get(heard);
      if (!sound) return;
      if (sound.paused) sound.play().catch(() => {}); else sound.pause();
    }

    for (const [clip, sound] of sounds) {
      sound.addEventListener("play", () => { // whoever is played is the one that is heard
        for (const [other, its] of sounds) if (other !== clip) its.pause();
        heard = clip;
        requestAnimationFrame(follow);
      });
      for (const event of ["pause", "seeked", "ended"]) sound.addEventListener(event, place);
    }
    function follow() {
      place();
      if (!sounds.get(heard).paused) requestAnimationFrame(follow);
    }
    toggle.addEventListener("click", playOrPause);
    if (heard === null) toggle.parentElement.hidden = true;
    for (const each of switches) each.addEventListener("click", () => switchTo(Number(each.dataset.clip)));
    addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || /^(SELECT|INPUT|AUDIO|BUTTON)$/.test(event.target.tagName)) return;
      if (/^[1-8]$/.test(event.key)) switchTo(Number(event.key) - 1);
      else if (event.key === " ") { event.preventDefault(); playOrPause(); }
    });
  }
})();
