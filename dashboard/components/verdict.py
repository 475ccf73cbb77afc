"""The verdict, large: emoji, both languages, confidence, what else it might be, and what the figure stands for."""

import html

import streamlit as st

from core.emotions import emotion
from core.results import Analysis
from dashboard.charts import score_bars
from dashboard.clips import Clip
from dashboard.components import library_keep
from dashboard.components.names import labelled
from dashboard.language import Texts
from dashboard.state import Session

UNSURE_COLOUR = "#8A8F98"  # no emotion's


def show(session: Session, clip: Clip, analysis: Analysis, texts: Texts) -> None:
    """Draw the verdict beside the nine scores."""
    with st.container(horizontal=True, vertical_alignment="center", key="verdict-clip"):
        st.text(clip.name)
        if clip.is_synthetic:
            st.badge(texts("clip.synthetic"), icon=":material/smart_toy:", color="gray")
        if st.button(texts("timeline.open"), icon=":material/timeline:", key="open-timeline", type="tertiary"):
            st.switch_page("../pages/timeline.py")
        library_keep.show(session, clip, texts)
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
    colour = UNSURE_COLOUR if analysis.unsure else found.colour
    return (
        f'<section class="emoscope-verdict" data-label="{found.key}" data-confidence="{analysis.confidence:.6f}" '
        f'data-unsure="{str(analysis.unsure).lower()}" style="--emotion: {colour}">'
        f"{_unsure(analysis, texts) if analysis.unsure else _sure(analysis, texts)}"
        f"{_secondary(analysis, texts)}"
        f'<p class="scope">{html.escape(scope_of(analysis, texts))}</p></section>'
    )


def _sure(analysis: Analysis, texts: Texts) -> str:
    found = emotion(analysis.label)
    percent = f"{100 * analysis.confidence:.1f}"
    return (
        f'<div class="emoji" aria-hidden="true">{found.emoji}</div>'
        f'<div class="label">{texts.emotion(found.key)}</div>'
        f'<div class="other">{texts.other_emotion(found.key)}</div>'
        f'<div class="confidence"><b>{percent} %</b> {html.escape(texts("verdict.confidence"))}</div>'
        f'<div class="meter" aria-hidden="true"><i style="width: {percent}%"></i></div>'
    )


def _unsure(analysis: Analysis, texts: Texts) -> str:
    """The two best candidates side by side, neither of them the verdict."""
    candidates = "".join(
        f'<div style="--emotion: {emotion(entry.label).colour}"><span class="emoji" aria-hidden="true">'
        f"{emotion(entry.label).emoji}</span><b>{texts.emotion(entry.label)}</b> {100 * entry.score:.1f} %"
        f'<div class="other">{texts.other_emotion(entry.label)}</div>'
        f'<div class="meter" aria-hidden="true"><i style="width: {100 * entry.score:.1f}%"></i></div></div>'
        for entry in analysis.candidates
    )
    return (
        f'<div class="label">{html.escape(texts("verdict.unsure"))}</div>'
        f'<p class="either">{html.escape(texts("verdict.unsure_between"))}</p>'
        f'<div class="candidates">{candidates}</div>'
    )


def scope_of(analysis: Analysis, texts: Texts) -> str:
    """What the verdict is about: a clip heard at once, or the mean over a recording."""
    duration = texts.duration(analysis.duration_s)
    if analysis.scope == "utterance":
        scope = texts("verdict.utterance", duration=duration)
    else:
        scope = texts("verdict.recording", duration=duration, count=analysis.num_windows)
    notes = [scope]
    if analysis.left_out:
        notes.append(texts("verdict.left_out", labels=", ".join(texts.emotion(key) for key in analysis.left_out)))
    if not analysis.checkpoint.calibrated:
        notes.append(texts("verdict.uncalibrated"))
    return " ".join(notes)


def _secondary(analysis: Analysis, texts: Texts) -> str:
    entries = [entry for entry in analysis.secondary if entry not in analysis.candidates]
    if not entries:
        return f'<p class="also">{html.escape(texts("verdict.nothing_else"))}</p>'
    chips = "".join(
        f'<span style="--emotion: {emotion(entry.label).colour}">{labelled(entry.label, texts)} '
        f"<b>{100 * entry.score:.1f} %</b></span>"
        for entry in entries
    )
    return f'<p class="also">{html.escape(texts("verdict.also"))}</p><div class="chips">{chips}</div>'
