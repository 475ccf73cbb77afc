"""A map that leaves is all there and harmless where it is opened."""

import csv
import io
import json
import re

import numpy as np
import pytest

from core.errors import ExportError
from core.exports.maps import DrawnMap, map_csv, map_html
from tests.core.library.conftest import key

HOSTILE = ["<script>alert(1)</script>", "=1+1", '</script><img src=x onerror="alert(1)">', "a & b\x1b[2J", "张 😄"]
POSITIONS = np.arange(10, dtype=np.float32).reshape(5, 2)
DRAWN = DrawnMap(
    POSITIONS,
    {
        "key": [key(n) for n in range(5)],
        "source": HOSTILE,
        "label": ["angry", "sad", "sad", "happy", "sad"],
        "confidence": [0.25, 0.5, float("nan"), 0.75, None],
        "speaker": [None, *HOSTILE[:3], "<b>"],
    },
    "5 clips <b>bold</b>",
)


def figure(page: str) -> list[dict[str, object]]:
    """The traces of a page, as its script has them."""
    found = re.search(r'Plotly\.newPlot\(\s*"[^"]+",\s*(\[.*?\]),\s*\{"(?:template|title)', page, re.DOTALL)
    assert found is not None
    traces: list[dict[str, object]] = json.loads(found[1])
    return traces


def test_a_page_has_a_trace_a_value_in_the_emotions_colours() -> None:
    traces = figure(map_html(DRAWN, "label"))
    assert [trace["name"] for trace in traces] == ["sad", "angry", "happy"]
    assert [len(trace["text"]) for trace in traces] == [3, 1, 1]  # type: ignore[arg-type]
    assert traces[0]["marker"]["color"] == "#0072B2" and traces[0]["type"] == "scattergl"  # type: ignore[index]
    assert traces[0]["x"] == [2.0, 4.0, 8.0]


@pytest.mark.parametrize("colour", ["speaker", "source", "label"])
def test_what_comes_from_outside_is_shown_and_never_read_as_markup(colour: str) -> None:
    page = map_html(DRAWN, colour)
    own = page.split("Plotly.newPlot", 1)[0].count("<script")
    assert "<script>alert" not in page and "<img src=x" not in page and "\x1b" not in page
    cards = [text for trace in figure(page) for text in trace["text"]]  # type: ignore[attr-defined]
    assert any(card.startswith("<b>&lt;script&gt;alert(1)&lt;/script&gt;</b><br>label: angry") for card in cards)
    names = [trace["name"] for trace in figure(page)]
    assert not any("<" in str(name) for name in names) and own >= 1


def test_a_page_asks_no_address() -> None:
    page = map_html(DRAWN, "label")
    assert "default-src 'none'" in page and "<title>5 clips &lt;b&gt;bold&lt;/b&gt;</title>" in page
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", page.split("Plotly.newPlot", 1)[0][:2000])
    assert 'src="https://cdn' not in page


def test_numbers_are_a_scale_and_three_dimensions_a_room() -> None:
    known, unknown = figure(map_html(DRAWN, "confidence"))
    assert known["marker"]["color"] == [0.25, 0.5, 0.75] and known["x"] == [0, 2, 6]  # type: ignore[index]
    assert unknown["name"] == "none" and unknown["x"] == [4, 8]
    room = DrawnMap(np.zeros((5, 3), np.float32), DRAWN.columns, "room")
    assert {each["type"] for each in figure(map_html(room, "label"))} == {"scatter3d"}
    with pytest.raises(ExportError, match="cannot be coloured by 'mood'; by these they can: key, source"):
        map_html(DRAWN, "mood")


def test_many_values_share_a_colour_behind_the_most_frequent() -> None:
    columns = {"key": [key(n) for n in range(60)], "room": [f"r{max(0, n - 20):02d}" for n in range(60)]}
    traces = figure(map_html(DrawnMap(np.zeros((60, 2), np.float32), columns, "rooms"), "room"))
    assert traces[0]["name"] == "r00" and traces[-1]["name"] == "16 more" and len(traces) == 25


def test_a_table_holds_every_clip_and_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO("".join(map_csv(DRAWN)), newline="")))
    assert [row["key"] for row in rows] == [key(n) for n in range(5)]
    assert rows[1]["source"] == "'=1+1" and rows[2]["speaker"] == "'=1+1" and rows[0]["speaker"] == ""
    assert (float(rows[3]["x"]), float(rows[3]["y"])) == (6, 7) and "z" not in rows[0]
    assert [row["confidence"] for row in rows] == ["0.25", "0.5", "", "0.75", ""]
