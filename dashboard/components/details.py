"""Below the verdict: hear it, see it, see how it was reached."""

import streamlit as st

from core.results import Analysis
from dashboard.charts import curves, sound
from dashboard.clips import Clip
from dashboard.components import clip_player, downloads
from dashboard.language import Texts
from dashboard.listening import Heard
from dashboard.state import Session

QUIET = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]}


def show(session: Session, clip: Clip, analysis: Analysis, texts: Texts) -> None:
    """Draw the player, the pictures, and three drawers: downloads, timings, log."""
    heard = clip.heard.result()
    clip_player.show(session, heard, texts)
    if session.granularity == "frame":
        st.subheader(texts("details.curves"), anchor=False)
        st.caption(texts("details.curves_note"))
        st.plotly_chart(curves(analysis, texts), key="curves", config=QUIET, alt=texts("chart.curves_alt"))
    st.subheader(texts("details.sound"), anchor=False)
    st.plotly_chart(sound(heard.picture, texts), key="sound", config=QUIET, alt=texts("chart.sound_alt"))
    drawers = st.tabs([texts("details.downloads"), texts("details.timings"), texts("details.log")])
    with drawers[0]:
        downloads.show(session, analysis, heard, texts)
    with drawers[1]:
        _timings(analysis, texts)
    with drawers[2]:
        _log(analysis, heard, texts)


def _timings(analysis: Analysis, texts: Texts) -> None:
    st.table(
        {
            texts("timings.step"): [texts.named("timing", step) for step in analysis.timings_s],
            texts("timings.seconds"): [f"{seconds:.4f}" for seconds in analysis.timings_s.values()],
        }
    )
    if analysis.timings_s.get("total", 0.0) > 0:
        times_real = analysis.duration_s / analysis.timings_s["total"]
        st.caption(texts("timings.speed", times=f"{times_real:.1f}"))


def _log(analysis: Analysis, heard: Heard, texts: Texts) -> None:
    waveform = heard.waveform
    origin = texts(
        "log.origin", codec=waveform.source_codec, rate_hz=waveform.source_rate_hz, channels=waveform.source_channels
    )
    lines = [f"{entry.at_s:8.3f} s  {entry.message}" for entry in analysis.log]
    engine = f"{analysis.engine} · {analysis.device} · {analysis.precision} · {analysis.checkpoint.revision}"
    st.text(origin)
    st.code("\n".join([*lines, engine, f"sha256 {analysis.sha256}"]), language=None, wrap_lines=True)
