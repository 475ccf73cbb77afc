"""A person's annotation beside the curve: read, drawn as a lane, and agreement in figures."""

import math
from dataclasses import replace
from pathlib import PurePath

import streamlit as st

from core.curves import Structure, agreement
from core.emotions import EMOTION_KEYS, EMOTIONS
from core.errors import ExportError
from core.exports.annotations import read_annotations
from core.results import Segment
from dashboard.clips import Clip
from dashboard.components import notices
from dashboard.components.names import labelled
from dashboard.language import Texts
from dashboard.state import TimelineState, reference_file_key, reference_tier_key

MAX_MB = 16
MAX_LABELS = 24


def show(clip: Clip, state: TimelineState, structure: Structure, texts: Texts) -> None:
    """Draw the way in, what each label stands for, and how far the two agree."""
    keys = (reference_file_key(clip.id), reference_tier_key(clip.id))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.file_uploader(
            texts("reference.upload"), type=["TextGrid", "eaf", "txt"], max_upload_size=MAX_MB, key=keys[0],
            on_change=_take, args=(state, *keys),
        )  # fmt: skip
        st.text_input(
            texts("reference.tier"), key=keys[1], width=180, on_change=_take, args=(state, *keys)
        )  # fmt: skip
    if state.refused:
        notices.show_error(state.refused, key="reference")
    if not state.reference:
        return
    _meanings(state, texts)
    _figures(state, structure, texts)
    st.button(
        texts("reference.remove"), icon=":material/close:", key="reference-remove", type="tertiary",
        on_click=_remember, args=(state, ()),
    )  # fmt: skip


def meant(state: TimelineState) -> tuple[Segment, ...]:
    """The reference in our labels where they stand for one, in their own where they do not."""
    return tuple(replace(each, label=state.means.get(each.label) or each.label) for each in state.reference)


def guess(label: str) -> str:
    """The emotion a label names in either language, by its key or its beginning; "" for none."""
    word = label.strip().casefold()
    for found in EMOTIONS:
        if word in (found.key, found.english.casefold(), found.chinese, found.emoji):
            return found.key
    close = {"anger": "angry", "disgust": "disgusted", "fear": "fearful", "joy": "happy", "happiness": "happy",
             "calm": "neutral", "sadness": "sad", "surprise": "surprised"}  # fmt: skip
    first = word.split()[0] if word else ""
    return close.get(first, first if first in EMOTION_KEYS else "")


def _take(state: TimelineState, file_key: str, tier_key: str) -> None:
    """What was uploaded becomes this recording's reference; what cannot be read leaves the one before."""
    uploaded = st.session_state[file_key]
    state.refused = ""
    if uploaded is None:
        return
    try:
        suffix = PurePath(uploaded.name).suffix
        _remember(state, read_annotations(uploaded.getvalue(), suffix, st.session_state[tier_key]))
    except ExportError as error:
        state.refused = str(error)


def _remember(state: TimelineState, segments: tuple[Segment, ...]) -> None:
    labels = list(dict.fromkeys(segment.label for segment in segments))
    state.reference = segments
    state.means = {label: guess(label) for label in labels[:MAX_LABELS]}


def _meanings(state: TimelineState, texts: Texts) -> None:
    """A choice a label that names no emotion by itself."""
    unclear = [label for label in state.means if guess(label) == ""]
    with st.container(horizontal=True, key="reference-meanings"):
        for position, label in enumerate(unclear):
            shown = label if len(label) <= 30 else f"{label[:29]}…"
            st.text(texts("reference.map", label=shown))
            choices = ["", *EMOTION_KEYS]
            state.means[label] = st.selectbox(
                texts("reference.map", label=shown), choices, index=choices.index(state.means[label]),
                format_func=lambda key: labelled(key, texts) if key else texts("reference.nothing"),
                key=f"reference-means-{position}", label_visibility="collapsed", width=180,
            )  # fmt: skip


def _figures(state: TimelineState, structure: Structure, texts: Texts) -> None:
    named = [segment for segment in meant(state) if segment.label in EMOTION_KEYS]
    found = agreement(structure.segments, named)
    if math.isnan(found.accuracy):
        st.text(texts("reference.none_shared"))
        return
    with st.container(horizontal=True, gap="large", key="reference-figures"):
        st.metric(texts("reference.accuracy"), f"{100 * found.accuracy:.1f} %")
        st.metric(texts("reference.uar"), f"{100 * found.uar:.1f} %")
        st.metric(texts("reference.kappa"), "–" if math.isnan(found.kappa) else f"{found.kappa:.2f}")
        st.metric(texts("reference.f1"), f"{found.boundary_f1:.2f}")
    st.caption(texts("reference.over", seconds=f"{found.seconds:.2f}"))
