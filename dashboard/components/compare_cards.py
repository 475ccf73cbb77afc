"""The verdicts in a row: what each clip is, and whether it differs by more than the model's own noise."""

import html
from typing import TYPE_CHECKING

import streamlit as st

from core.emotions import emotion
from core.results import Analysis
from dashboard.compare_bench import CompareBench, Side
from dashboard.components.names import labelled
from dashboard.components.verdict import UNSURE_COLOUR
from dashboard.language import Texts

if TYPE_CHECKING:
    from core.comparison import Pair

MOST_SECONDARY = 2


def show(bench: CompareBench, texts: Texts) -> None:
    """Draw a card a clip."""
    with st.container(horizontal=True, gap="small", key="compare-cards"):
        for side in bench.sides:
            with st.container(border=True, gap="xsmall", key=f"compare-card-{side.at}"):
                with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False):
                    st.html(badge(side), width="content")
                    st.text(side.name, width="stretch")
                st.html(markup(bench, side, texts))


def badge(side: Side) -> str:
    """The clip's letter on its colour."""
    return f'<span class="emoscope-badge" style="--clip: {side.colour}">{side.letter}</span>'


def markup(bench: CompareBench, side: Side, texts: Texts) -> str:
    """A card's inside as HTML, made of our own words and numbers only."""
    analysis = side.analysis
    colour = UNSURE_COLOUR if analysis.unsure else emotion(analysis.label).colour
    return (
        f'<section class="emoscope-side" data-letter="{side.letter}" data-label="{analysis.label}" '
        f'style="--emotion: {colour}">{_verdict(analysis, texts)}{_secondary(analysis, texts)}'
        f'<p class="against">{html.escape(against(bench, side, texts))}</p></section>'
    )


def against(bench: CompareBench, side: Side, texts: Texts) -> str:
    """The card's last line: how far the clip is from the reference, and whether that is a difference."""
    if side.at == bench.reference:
        return texts("compare.is_reference")
    if bench.comparison is None:
        return texts("compare.measuring")
    return said(bench.comparison.pairs[bench.reference][side.at], bench.against.letter, texts)


def said(pair: "Pair", letter: str, texts: Texts) -> str:
    """One pair's distance in words."""
    values = {"distance": f"{pair.js_distance:.2f}", "letter": letter}
    if pair.is_different is None:
        return texts("compare.noise_unknown", **values)
    level = "0" if pair.noise_level is None else f"{pair.noise_level:.2f}"
    word = "is_same_sound" if pair.is_same_sound else "differs" if pair.is_different else "within_noise"
    return texts(f"compare.{word}", **values, level=level)


def _verdict(analysis: Analysis, texts: Texts) -> str:
    found, percent = emotion(analysis.label), f"{100 * analysis.confidence:.0f}"
    if not analysis.unsure:
        return (
            f'<div class="row"><span class="emoji" aria-hidden="true">{found.emoji}</span><span><b class="label">'
            f'{texts.emotion(found.key)}</b><span class="percent">{percent} %</span></span></div>{_meter(percent)}'
        )
    signs = "".join(emotion(entry.label).emoji for entry in analysis.candidates)
    both = " / ".join(f"{texts.emotion(entry.label)} {100 * entry.score:.0f} %" for entry in analysis.candidates)
    return (
        f'<div class="row"><span class="emoji" aria-hidden="true">{signs}</span><span><b class="label">'
        f'{html.escape(texts("verdict.unsure"))}</b><span class="percent">{both}</span></span></div>{_meter(percent)}'
    )


def _meter(percent: str) -> str:
    return f'<div class="meter" aria-hidden="true"><i style="width: {percent}%"></i></div>'


def _secondary(analysis: Analysis, texts: Texts) -> str:
    entries = [entry for entry in analysis.secondary if entry not in analysis.candidates][:MOST_SECONDARY]
    words = " · ".join(f"{labelled(entry.label, texts)} {100 * entry.score:.0f} %" for entry in entries)
    return f'<p class="also">{words or html.escape(texts("verdict.nothing_else"))}</p>'
