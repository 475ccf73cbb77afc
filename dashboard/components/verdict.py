"""The verdict, large: emoji, both languages, confidence, what else it might be, and what the figure stands for."""

import html

import streamlit as st

from core.emotions import emotion
from core.results import Analysis
from dashboard.charts import score_bars
from dashboard.components.names import labelled
from dashboard.language import Texts
from dashboard.state import Clip


def show(clip: Clip, analysis: Analysis, texts: Texts) -> None:
    """Draw the verdict beside the nine scores."""
    with st.container(horizontal=True, vertical_alignment="center", key="verdict-clip"):
        st.text(clip.name)
        if clip.is_synthetic:
            st.badge(texts("clip.synthetic"), icon=":material/smart_toy:", color="gray")
    card, scores = st.columns([5, 7], gap="large", vertical_alignment="center")
    with card:
        st.html(markup(analysis, texts))
    with scores:
        st.plotly_chart(
            score_bars(analysis, texts), key="scores", config={"displayModeBar": False}, alt=texts("chart.scores_alt")
        )


def markup(analysis: Analysis, texts: Texts) -> str:
    """The card as HTML, made of our own words and numbers only."""
    found = emotion(analysis.label)
    percent = f"{100 * analysis.confidence:.1f}"
    return (
        f'<section class="emoscope-verdict" data-label="{found.key}" data-confidence="{analysis.confidence:.6f}" '
        f'style="--emotion: {found.colour}">'
        f'<div class="emoji" aria-hidden="true">{found.emoji}</div>'
        f'<div class="label">{texts.emotion(found.key)}</div>'
        f'<div class="other">{texts.other_emotion(found.key)}</div>'
        f'<div class="confidence"><b>{percent} %</b> {html.escape(texts("verdict.confidence"))}</div>'
        f'<div class="meter" aria-hidden="true"><i style="width: {percent}%"></i></div>'
        f"{_secondary(analysis, texts)}"
        f'<p class="scope">{html.escape(scope_of(analysis, texts))}</p></section>'
    )


def scope_of(analysis: Analysis, texts: Texts) -> str:
    """What the verdict is about: a clip heard at once, or the mean over a recording."""
    duration = texts.duration(analysis.duration_s)
    if analysis.scope == "utterance":
        scope = texts("verdict.utterance", duration=duration)
    else:
        scope = texts("verdict.recording", duration=duration, count=analysis.num_windows)
    return scope if analysis.checkpoint.calibrated else f"{scope} {texts('verdict.uncalibrated')}"


def _secondary(analysis: Analysis, texts: Texts) -> str:
    if not analysis.secondary:
        return f'<p class="also">{html.escape(texts("verdict.nothing_else"))}</p>'
    chips = "".join(
        f'<span style="--emotion: {emotion(entry.label).colour}">{labelled(entry.label, texts)} '
        f"<b>{100 * entry.score:.1f} %</b></span>"
        for entry in analysis.secondary
    )
    return f'<p class="also">{html.escape(texts("verdict.also"))}</p><div class="chips">{chips}</div>'
