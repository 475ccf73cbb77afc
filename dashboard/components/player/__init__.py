"""The player of the timeline: sound, and a playhead over a Plotly chart. Nothing reruns while it plays."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from core.emotions import emotion
from core.results import Array, Segment
from dashboard.language import Texts
from dashboard.player_curve import PlayerCurve

HERE = Path(__file__).parent
WORDS = (
    "player", "toggle", "pause", "previous", "next", "loop", "zoom", "all", "clear", "speed", "position", "no_speech",
    "hint", "broken",
)  # fmt: skip

Span = tuple[float, float]

_component = st.components.v2.component(
    "emoscope_player",
    html=(HERE / "player.html").read_text(encoding="utf-8"),
    css=(HERE / "player.css").read_text(encoding="utf-8"),
    js=(HERE / "player.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True, slots=True)
class PlaySpan:
    """A stretch to play once; another `nonce` asks again."""

    start_s: float
    end_s: float
    nonce: int


def show(
    *,
    key: str,
    chart_key: str,
    sound_url: str,
    duration_s: float,
    curve: PlayerCurve,
    segments: Sequence[Segment],
    region_s: Span | None,
    view_s: Span | None,
    region_note: str,
    play: PlaySpan | None,
    on_region: Callable[[Span | None], None],
    on_view: Callable[[Span | None], None],
    texts: Texts,
) -> None:
    """Draw the transport and hold the chart `st.plotly_chart(…, key=chart_key)` above it.

    A click on the chart seeks, a drag makes a region (`on_region`), a wheel with Ctrl or a drag with Shift changes what
    is seen (`on_view`); both are called before the rerun. Everything else happens in the browser.
    """
    _component(
        key=key,
        data={
            "chart": chart_key,
            "sound": sound_url,
            "duration": duration_s,
            "labels": [_label(label, texts) for label in curve.labels],
            "curve": {"step_s": curve.step_s, "index": _base64(curve.index), "percent": _base64(curve.percent)},
            "segments": [
                [round(segment.start_s, 3), round(segment.end_s, 3), curve.labels.index(segment.label)]
                for segment in segments
            ],
            "region": region_s,
            "view": view_s,
            "note": region_note,
            "play": None if play is None else {"start": play.start_s, "end": play.end_s, "nonce": play.nonce},
            "words": {word: texts(f"player.{word}") for word in WORDS},
        },
        default={"region": region_s, "view": view_s},
        on_region_change=lambda: on_region(_span(st.session_state[key].get("region"), duration_s)),
        on_view_change=lambda: on_view(_span(st.session_state[key].get("view"), duration_s)),
    )


def _label(key: str, texts: Texts) -> dict[str, str]:
    found = emotion(key)
    return {"name": texts.emotion(key), "emoji": found.emoji, "colour": found.colour}


def _base64(values: Array) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype=np.uint8).tobytes()).decode("ascii")


def _span(value: Any, duration_s: float) -> Span | None:
    """What the browser sent, as a stretch within the recording; None for anything else."""
    try:
        start_s, end_s = (float(edge) for edge in value)
    except (TypeError, ValueError):
        return None
    return (max(0.0, start_s), min(duration_s, end_s)) if 0 <= start_s < end_s <= duration_s + 1e-3 else None
