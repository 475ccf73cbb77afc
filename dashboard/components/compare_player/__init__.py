"""The transport of a comparison: one sound out of several, over many charts. Nothing reruns while it plays."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from core.acoustics.loudness import matching_gains
from core.emotions import EMOTIONS
from core.results import Array
from dashboard.compare_bench import LOOK, Axis, CompareBench, Side, Warp
from dashboard.compare_view import Span
from dashboard.language import Texts
from dashboard.sounds import sound_url

HERE = Path(__file__).parent
WORDS = (
    "player", "toggle", "pause", "loop", "clear", "match", "match_help", "switches", "position", "listen", "drag",
    "move",
    "up", "down", "remove", "is_reference", "make_reference", "moved", "hint", "streams", "broken",
)  # fmt: skip

_component = st.components.v2.component(
    "emoscope_comparer",
    html=(HERE / "player.html").read_text(encoding="utf-8"),
    css=(HERE / "player.css").read_text(encoding="utf-8"),
    js="\n".join((HERE / part).read_text(encoding="utf-8") for part in ("sound.js", "player.js")),
)


def show(
    *,
    key: str,
    bench: CompareBench,
    axis: Axis,
    chart_keys: tuple[str, ...],
    notes: dict[str, str],
    region: Span | None,
    on_order: Callable[[list[str]], None],
    on_reference: Callable[[str], None],
    on_remove: Callable[[str], None],
    on_region: Callable[[Span | None], None],
    texts: Texts,
) -> None:
    """Draw the transport and hold the charts `st.plotly_chart(…, key=…)` whose x axis is `axis`.

    A click on a chart seeks and a drag makes a region (`on_region`); rows are dragged into an order (`on_order`),
    one is
    made the reference or taken out. All are called before the rerun. Everything else happens in the browser.

    Args:
        notes: a few words under a clip's name, by clip.
    """
    acts: dict[str, Callable[[Any], None]] = {"order": on_order, "reference": on_reference, "remove": on_remove}
    gains = matching_gains([side.loudness for side in bench.sides])
    _component(
        key=key,
        data={
            "charts": list(chart_keys),
            "unit": axis.unit,
            "end": axis.end,
            "reference": bench.against.id,
            "region": region,
            "labels": [
                {"name": texts.emotion(each.key), "emoji": each.emoji, "colour": each.colour} for each in EMOTIONS
            ],
            "tracks": [
                _track(side, axis.warps[side.at], gain, notes.get(side.id, ""))
                for side, gain in zip(bench.sides, gains, strict=True)
            ],
            "words": {word: texts(f"comparer.{word}") for word in WORDS},
        },
        default={"region": region},
        on_region_change=lambda: on_region(_span(st.session_state[key].get("region"), axis.end)),
        on_act_change=lambda: _act(st.session_state[key].get("act"), acts, {side.id for side in bench.sides}),
    )


def _track(side: Side, warp: Warp, gain: float, note: str) -> dict[str, Any]:
    curve = side.bench.player_curve(LOOK)
    known = [next(i for i, each in enumerate(EMOTIONS) if each.key == label) for label in curve.labels]
    index = np.array([*known, *([255] * (256 - len(known)))], np.uint8)[curve.index]
    return {
        "id": side.id,
        "letter": side.letter,
        "name": side.name,
        "note": note,
        "colour": side.colour,
        "sound": sound_url(side.id),
        "duration": side.duration_s,
        "gain": round(gain, 4),
        "axis": np.round(warp.axis, 4).tolist(),
        "times": np.round(warp.times_s, 4).tolist(),
        "curve": {"step_s": curve.step_s, "index": _base64(index), "percent": _base64(curve.percent)},
    }


def _act(asked: Any, acts: dict[str, Callable[[Any], None]], ids: set[str]) -> None:
    """What the browser asked for, where it names clips that are there."""
    if not isinstance(asked, dict) or asked.get("act") not in acts:
        return
    if asked["act"] == "order":
        order = asked.get("ids")
        if isinstance(order, list) and len(order) == len(ids) and {str(each) for each in order} == ids:
            acts["order"]([str(each) for each in order])
    elif asked.get("id") in ids:
        acts[asked["act"]](str(asked["id"]))


def _base64(values: Array) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype=np.uint8).tobytes()).decode("ascii")


def _span(value: Any, end: float) -> Span | None:
    """What the browser sent, as a stretch of the axis; None for anything else."""
    try:
        start, stop = (float(edge) for edge in value)
    except (TypeError, ValueError):
        return None
    return (max(0.0, start), min(end, stop)) if 0 <= start < stop <= end + 1e-3 else None
