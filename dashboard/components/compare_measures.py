"""How far the clips are apart, in figures: against the reference, and all pairs."""

from typing import Any

import streamlit as st

from dashboard.compare_bench import CompareBench
from dashboard.compare_charts import clip_name, correlation_map, pair_map
from dashboard.components.compare_cards import said
from dashboard.language import Texts

STILL = {"displaylogo": False, "modeBarButtons": [["toImage"]]}
MEASURES_SHOWN = (
    "js_distance", "curve_distance", "curve_distance_normalised", "aligned_distance", "emotion_cosine",
    "speaker_cosine",
    "pitch_st", "energy_db", "rate_ratio", "speech_ratio",
)  # fmt: skip
SIGNED = {"pitch_st", "energy_db"}


def show(bench: CompareBench, texts: Texts) -> None:
    """Draw a sentence and a row a clip, and the correlation of each emotion's curve with the reference's."""
    if bench.comparison is None:
        st.text(texts("compare.measuring"))
        return
    row = bench.comparison.pairs[bench.reference]
    for side in bench.others:
        st.markdown(f"**{side.letter}** · {said(row[side.at], bench.against.letter, texts)}")
    columns: dict[str, list[Any]] = {
        texts("compare.column.clip"): [f"{side.letter} · {side.name}" for side in bench.others]
    }
    for measure in MEASURES_SHOWN:
        values = [getattr(row[side.at], measure) for side in bench.others]
        if any(value is not None for value in values):
            columns[texts(f"compare.measure.{measure}")] = [written(measure, value) for value in values]
    noise = [row[side.at].noise_level for side in bench.others]
    columns[texts("compare.column.noise")] = ["–" if level is None else f"{level:.3f}" for level in noise]
    st.dataframe(columns, key="compare-measures", hide_index=True)
    st.caption(texts("compare.measures_help", letter=bench.against.letter))
    st.caption(texts("compare.correlations", letter=bench.against.letter))
    aligned = {side.letter: row[side.at].aligned_correlations or row[side.at].correlations for side in bench.others}
    st.plotly_chart(
        correlation_map(bench, aligned, texts), key="compare-correlations", config=STILL,
        alt=texts("compare.correlations", letter=bench.against.letter),
    )  # fmt: skip


def show_pairs(bench: CompareBench, texts: Texts) -> None:
    """Draw all pairs by one measure, and the tree of what is alike."""
    if bench.comparison is None:
        st.text(texts("compare.measuring"))
        return
    there = [each for each in MEASURES_SHOWN if _is_measured(bench, each)]
    measure = st.selectbox(
        texts("compare.measure"),
        there,
        format_func=lambda each: texts(f"compare.measure.{each}"),
        key="compare-measure",
        width=360,
    )
    tree = bench.comparison.tree(measure)
    figure = pair_map(
        bench.comparison.matrix(measure), tree.linkage, tree.order, [side.letter for side in bench.sides],
        [clip_name(side) for side in bench.sides], "+.1f" if measure in SIGNED else ".2f",
    )  # fmt: skip
    left, _ = st.columns([3, 1])
    with left:
        st.plotly_chart(figure, key=f"compare-pairs-{measure}", config=STILL, alt=texts("compare.pairs_alt"))
        st.caption(texts("compare.pairs_help"))


def written(measure: str, value: float | None) -> str:
    """A value as a cell of the table has it."""
    if value is None:
        return "–"
    if measure == "pitch_st":
        return f"{value:+.1f} st"
    if measure == "energy_db":
        return f"{value:+.1f} dB"
    return f"{value:.2f} ×" if measure.endswith("_ratio") else f"{value:.3f}"


def _is_measured(bench: CompareBench, measure: str) -> bool:
    assert bench.comparison is not None
    return any(
        getattr(pair, measure) is not None
        for row in bench.comparison.pairs
        for pair in row
        if pair.reference != pair.other
    )
