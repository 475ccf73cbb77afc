"""What makes a Plotly map of clips answer: hover, hear, neighbours, lasso. The map is never drawn anew for it."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from core.emotions import EMOTIONS
from core.results import Array
from dashboard.catalogue import SOUND_PATH
from dashboard.explorer_charts import Seen
from dashboard.language import Texts
from dashboard.map_bench import MapBench
from dashboard.map_routes import neighbours_url, points_url

HERE = Path(__file__).parent
NEIGHBOURS = 12
WORDS = (
    "map", "tools", "toggle", "pause", "previous", "next", "close", "anchor", "select", "open", "near", "counted",
    "hint", "broken", "gone", "lasso", "box", "pan", "zoom", "closer", "farther", "whole",
)  # fmt: skip

_component = st.components.v2.component(
    "emoscope_explorer_map",
    html=(HERE / "explorer_map.html").read_text(encoding="utf-8"),
    css=(HERE / "explorer_map.css").read_text(encoding="utf-8"),
    js=(HERE / "explorer_map.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True, slots=True)
class Guest:
    """A clip that is not on the map, placed on it: where, and its nearest clips; another `nonce` shows it again."""

    name: str
    position: tuple[float, ...]
    rows: tuple[int, ...]
    distances: tuple[float, ...]
    nonce: int


@dataclass(frozen=True, slots=True)
class Focus:
    """A point to show with its neighbours, and perhaps to play; another `nonce` asks again."""

    row: int
    plays: bool
    nonce: int


def show(
    bench: MapBench,
    *,
    key: str,
    chart_key: str,
    texts: Texts,
    marked: Sequence[int] = (),
    first: int = 0,
    guest: Guest | None = None,
    focus: Focus | None = None,
    watches_view: bool = False,
    on_selection: Callable[[Array], None],
    on_open: Callable[[int], None],
    on_view: Callable[[Seen | None], None],
) -> None:
    """Draw the card, and hold the chart `st.plotly_chart(…, key=chart_key)` above it.

    A click plays the clip and shows its neighbours at once, without a rerun. A lasso or a box calls `on_selection` with
    the rows in it, the card's button `on_open`; where the view is watched, a zoom calls `on_view`, the
    way back to the whole map with None.

    Args:
        marked: rows with a ring, such as those that a search found.
        first: the row that the keyboard begins at.
    """
    _component(
        key=key,
        data={
            "chart": chart_key,
            "token": bench.id,
            "points": points_url(bench),
            "neighbours": neighbours_url(bench),
            "sounds": SOUND_PATH,
            "k": min(NEIGHBOURS, max(1, len(bench) - 1)),
            "count": len(bench),
            "dimensions": bench.positions.shape[1],
            "labels": [
                {"name": texts.emotion(each.key), "emoji": each.emoji, "colour": each.colour} for each in EMOTIONS
            ],
            "marked": list(marked),
            "first": first,
            "guest": None if guest is None else _guest(guest),
            "focus": None if focus is None else {"row": focus.row, "plays": focus.plays, "nonce": focus.nonce},
            "watches": watches_view,
            "words": {word: texts(f"explorer.map.{word}") for word in WORDS},
        },
        on_selection_change=lambda: _selected(_sent(key, "selection"), bench, on_selection),
        on_open_change=lambda: _opened(_sent(key, "open"), bench, on_open),
        on_view_change=lambda: _viewed(_sent(key, "view"), on_view),
    )


def _guest(guest: Guest) -> dict[str, Any]:
    return {
        "name": guest.name, "position": list(guest.position), "rows": list(guest.rows),
        "distances": list(guest.distances), "nonce": guest.nonce,
    }  # fmt: skip


def _sent(key: str, name: str) -> Any:
    """What the browser sent: anything at all."""
    found = st.session_state[key].get(name)
    return found if isinstance(found, dict) else {}


def _selected(sent: dict[str, Any], bench: MapBench, on_selection: Callable[[Array], None]) -> None:
    if sent.get("token") == bench.id and (rows := rows_of_bits(sent.get("bits"), len(bench))) is not None:
        on_selection(rows)


def _opened(sent: dict[str, Any], bench: MapBench, on_open: Callable[[int], None]) -> None:
    row = sent.get("row")
    if isinstance(row, int | float) and 0 <= row < len(bench):
        on_open(int(row))


def _viewed(sent: dict[str, Any], on_view: Callable[[Seen | None], None]) -> None:
    if sent.get("whole") is True:
        on_view(None)
        return
    try:
        (x0, x1), (y0, y1) = (sorted(float(edge) for edge in sent[axis]) for axis in "xy")
    except (KeyError, TypeError, ValueError):
        return
    if np.isfinite([x0, x1, y0, y1]).all() and x0 < x1 and y0 < y1:
        on_view(Seen((x0, x1), (y0, y1)))


def rows_of_bits(text: Any, count: int) -> Array | None:
    """The rows whose bit is set, lowest bit first, in base64; None for anything else than bits of `count` rows."""
    try:
        bits = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
    except (TypeError, ValueError, binascii.Error):
        return None
    if len(bits) != -(-count // 8):
        return None
    rows: Array = np.flatnonzero(np.unpackbits(bits, bitorder="little")[:count])
    return rows
