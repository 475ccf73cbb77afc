"""The cells of the library's table: how each column is drawn, and the editor for what people may say of a clip."""

from typing import Any

import streamlit as st

from core.emotions import EMOTION_KEYS, emotion
from core.errors import LibraryError
from core.library import Library
from core.library.tables import SCORES
from dashboard.components import notices
from dashboard.components.names import labelled
from dashboard.components.verdict import UNSURE_COLOUR
from dashboard.language import Texts
from dashboard.library_edits import apply_each, edits_in
from dashboard.library_table import EDITABLE, METADATA, all_verdicts, table_of
from dashboard.state import Editing, Session

ROW_PX, HEADER_PX, MAX_HEIGHT_PX = 35, 38, 640


def columns(table: Any, texts: Texts, *, tags: tuple[str, ...] = ()) -> dict[str, Any]:
    """How each column of the table is drawn."""
    config = st.column_config
    verdicts = all_verdicts(texts)
    found: dict[str, Any] = {
        "sound": config.AudioColumn(texts("library.sound"), width=55, help=texts("library.sound_help")),
        "label": config.MultiselectColumn(
            texts("library.by.label"),
            options=[text for text, _, _ in verdicts],
            color=[UNSURE_COLOUR if unsure else emotion(key).colour for _, key, unsure in verdicts],
            width=150,
            disabled=True,
        ),
        "confidence": config.ProgressColumn(
            texts("library.by.confidence"), format="%.0f %%", min_value=0.0, max_value=100.0, width=115
        ),
        "reference": config.SelectboxColumn(
            texts("library.by.reference"),
            options=list(EMOTION_KEYS),
            format_func=lambda key: labelled(str(key), texts) if key in EMOTION_KEYS else str(key),
            width=130,
            help=texts("library.reference_help"),
        ),
        "match": config.TextColumn(texts("library.right_short"), width=50, help=texts("library.match_help")),
        "speaker": config.TextColumn(texts("library.by.speaker"), width=150),
        "tags": config.MultiselectColumn(
            texts("library.tags"), options=list(tags), accept_new_options=True, color="primary", width=150
        ),
        "duration_s": config.NumberColumn(
            texts("library.by.duration_s"), format=texts("unit.seconds", seconds="%.2f"), width=85
        ),
        "source": config.TextColumn(texts("library.by.source"), width=230),
        "checkpoint": config.TextColumn(texts("library.checkpoint"), width=110),
        "added_at": config.DatetimeColumn(texts("library.by.added_at"), format="localized", width=150),
    }
    for name in (name for name in SCORES if name in table):
        key = name.removeprefix("score_")
        found[name] = config.NumberColumn(labelled(key, texts), format="%.1f %%", width=110)
    for name in (name for name in table if name.startswith(METADATA)):
        found[name] = config.TextColumn(name.removeprefix(METADATA), width=130)
    return found


def begin(session: Session, rows: Any, texts: Texts) -> None:
    """Edit the cells of these clips: what is shown stays the same until it is saved, whatever others change."""
    session.library.editing = Editing(table_of(rows, (), texts), rows.to_pylist())


def show_editor(session: Session, library: Library, editing: Editing, texts: Texts) -> None:
    """Draw the editor with its two ways out."""
    state = session.library
    key = f"library-editor-{state.drawn}"
    with st.container(horizontal=True, vertical_alignment="center", key="library-editing"):
        # To the left: the table's own toolbar lies over what stands above its right corner.
        save = st.button(texts("library.save"), type="primary", icon=":material/save:", key="library-save")
        leave = st.button(texts("library.leave"), type="tertiary", key="library-leave")
        st.caption(texts("library.editing"), width="stretch")
    tags = tuple(sorted(library.facets()["tag"]))
    st.data_editor(
        editing.table,
        hide_index=True,
        column_config=columns(editing.table, texts, tags=tags),
        column_order=("sound", "label", "confidence", *EDITABLE, "source"),
        disabled=[name for name in editing.table if name not in EDITABLE],
        key=key,
        height=min(MAX_HEIGHT_PX, HEADER_PX + ROW_PX * len(editing.table)),
        row_height=ROW_PX,
        alt=texts("library.editing"),
    )
    if leave or (save and _saved(session, library, editing, st.session_state[key]["edited_rows"], texts)):
        state.editing = None
        state.drawn += 1
        st.rerun()


def _saved(session: Session, library: Library, editing: Editing, edited: Any, texts: Texts) -> bool:
    try:
        count = apply_each(library, edits_in(edited, editing.rows))
    except LibraryError as error:
        notices.show_error(str(error), key="library-save")
        return False
    session.library.told, session.library.deleted = texts("library.saved", count=f"{count:,}"), ()
    session.library.round += 1  # the filters' lists may hold new speakers and tags
    return True
