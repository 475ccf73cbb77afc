"""What was selected on the map: as a table with players, as means, to take away, to name and to send on."""

import io
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.emotions import EMOTION_KEYS
from core.errors import EmoScopeError
from core.library import Query, write_selection
from core.projection import clip_table
from dashboard.catalogue import sound_url
from dashboard.components import explorer_clips, notices
from dashboard.components.names import labelled
from dashboard.explorer_attributes import tags_of
from dashboard.explorer_charts import mean_scores
from dashboard.explorer_state import ExplorerState
from dashboard.language import Texts
from dashboard.library_view import LibraryView
from dashboard.map_bench import MapBench
from dashboard.resources import services
from dashboard.state import Session

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 1000  # of the table; what is taken away has all
COMPARABLE = range(2, 9)
FORMATS = ("csv", "jsonl", "parquet")
LABEL_PX = 115
STILL = {"displayModeBar": False}


def show(session: Session, explorer: ExplorerState, bench: MapBench, texts: Texts) -> None:
    """Draw what is selected, or how to select."""
    st.subheader(texts("explorer.selection"), anchor=False)
    if explorer.said:
        st.toast(explorer.said, icon=":material/check:")
        explorer.said = ""
    if not len(explorer.selected):
        st.caption(texts("explorer.select_how" if bench.positions.shape[1] == 2 else "explorer.select_how_3d"))
        return
    _acts(session, explorer, bench, texts)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _table(explorer, bench, texts)
    with right:
        chosen = bench.table.iloc[explorer.selected]
        everywhere = bench.once(("means", bench.version), lambda: _means(bench.table))
        figure = mean_scores(_means(chosen), everywhere, texts)
        st.plotly_chart(figure, key="explorer-means", config=STILL, alt=texts("explorer.means_alt"))


def _means(table: "pd.DataFrame") -> dict[str, float]:
    found = {key: float(table[f"score_{key}"].mean()) for key in EMOTION_KEYS}
    return {key: mean for key, mean in found.items() if mean > 0}


def clip_columns(table: "pd.DataFrame", rows: Any, texts: Texts) -> "pd.DataFrame":
    """Clips as people read them in a table, the sound's address first."""
    import pandas as pd

    chosen = table.iloc[rows]
    return pd.DataFrame(
        {
            "sound": [sound_url(key) for key in chosen["key"]],
            "source": chosen["source"].tolist(),
            "label": [labelled(label, texts) for label in chosen["label"]],
            "confidence": (100 * chosen["confidence"]).tolist(),
            "reference": [_named(value, texts) for value in chosen["reference"]],
            "speaker": chosen["speaker"].tolist(),
            "duration_s": chosen["duration_s"].tolist(),
            "tags": [[] if tags is None else list(tags) for tags in chosen["tags"]],
        }
    )


def _named(key: str | None, texts: Texts) -> str:
    return "" if key is None else labelled(key, texts) if key in EMOTION_KEYS else key


def column_config(texts: Texts) -> dict[str, Any]:
    """How Streamlit draws `clip_columns`."""
    column = st.column_config
    return {
        "sound": column.AudioColumn(texts("explorer.column.sound"), width="small"),
        "source": column.TextColumn(texts("explorer.column.source"), width="medium"),
        "label": column.TextColumn(texts("explorer.attribute.label"), width=LABEL_PX),
        "confidence": column.ProgressColumn(
            texts("explorer.attribute.confidence"), format="%.0f %%", min_value=0, max_value=100, width="small"
        ),
        "reference": column.TextColumn(texts("explorer.attribute.reference"), width=LABEL_PX),
        "speaker": column.TextColumn(texts("explorer.attribute.speaker"), width=LABEL_PX),
        "duration_s": column.NumberColumn(texts("explorer.attribute.duration_s"), format="%.2f", width="small"),
        "tags": column.ListColumn(texts("explorer.attribute.tags")),
    }


def _table(explorer: ExplorerState, bench: MapBench, texts: Texts) -> None:
    rows = explorer.selected[:MOST_ROWS]
    with st.container(key="explorer-selected"):
        st.dataframe(
            clip_columns(bench.table, rows, texts), hide_index=True, column_config=column_config(texts), height=360,
            key="explorer-table", alt=texts("explorer.table_alt"),
        )  # fmt: skip
    if len(explorer.selected) > MOST_ROWS:
        st.caption(texts("explorer.first_rows", count=f"{MOST_ROWS:,}", total=f"{len(explorer.selected):,}"))


def _acts(session: Session, explorer: ExplorerState, bench: MapBench, texts: Texts) -> None:
    count = len(explorer.selected)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="explorer-acts"):
        st.markdown(texts("explorer.selected", count=f"{count:,}"), width="content")
        with st.popover(texts("explorer.tag"), icon=":material/label:", key="explorer-tag"):
            _tag(explorer, bench, texts)
        with st.popover(texts("explorer.speaker"), icon=":material/person:", key="explorer-speaker"):
            _speaker(explorer, bench, texts)
        with st.popover(texts("explorer.export"), icon=":material/download:", key="explorer-export"):
            _export(explorer, texts)
        if st.button(
            texts("explorer.compare"), key="explorer-compare", icon=":material/compare_arrows:",
            disabled=count not in COMPARABLE, help=texts("explorer.compare_help"),
        ):  # fmt: skip
            _compare(session, explorer)
        if st.button(texts("explorer.to_library"), key="explorer-to-library", icon=":material/library_music:"):
            _to_library(session, explorer)
        if st.button(
            texts("explorer.only_these"), key="explorer-only", icon=":material/filter_center_focus:",
            help=texts("explorer.only_these_help"),
        ):  # fmt: skip
            explorer_clips.use_only(explorer, list(explorer.keys()))
            st.rerun()
        if st.button(texts("explorer.clear"), key="explorer-clear", icon=":material/close:", type="tertiary"):
            explorer.selected = explorer.selected[:0]
            st.rerun()


def _compare(session: Session, explorer: ExplorerState) -> None:
    session.picked = explorer.sent = list(explorer.keys())
    st.switch_page("../pages/compare.py")


def _to_library(session: Session, explorer: ExplorerState) -> None:
    """The Library page shows these clips alone, until its filters are cleared."""
    session.library.view = LibraryView(keys=explorer.keys())
    session.library.round += 1
    st.switch_page("../pages/library.py")


def _tag(explorer: ExplorerState, bench: MapBench, texts: Texts) -> None:
    known = bench.once(("tags", bench.version), lambda: tags_of(bench.table))
    tags = st.multiselect(
        texts("explorer.tags"), known, key="explorer-tags", accept_new_options=True,
        placeholder=texts("explorer.tags_hint"), max_selections=20,
    )  # fmt: skip
    with st.container(horizontal=True, gap="small", key="explorer-tag-acts"):
        add = st.button(texts("explorer.tag_add"), key="explorer-tag-add", type="primary", disabled=not tags)
        remove = st.button(texts("explorer.tag_remove"), key="explorer-tag-remove", disabled=not tags)
    if add or remove:
        changes = {"add_tags" if add else "remove_tags": [tag.strip() for tag in tags if tag.strip()]}
        change(explorer, bench, list(explorer.keys()), texts, **changes)


def _speaker(explorer: ExplorerState, bench: MapBench, texts: Texts) -> None:
    known = bench.once(("speakers", bench.version), lambda: sorted({name for name in bench.table["speaker"] if name}))
    chosen = st.selectbox(
        texts("explorer.speaker_is"), known, index=None, key="explorer-speaker-is", accept_new_options=True,
        placeholder=texts("explorer.speaker_hint"),
    )  # fmt: skip
    if st.button(texts("explorer.speaker_set"), key="explorer-speaker-set", type="primary", disabled=not chosen):
        change(explorer, bench, list(explorer.keys()), texts, speaker=(chosen or "").strip() or None)


def change(explorer: ExplorerState, bench: MapBench, keys: list[str], texts: Texts, **changes: Any) -> None:
    """Change clips in the library, and what the map knows of them; drawn anew, or why it could not be done."""
    try:
        library = services().catalogue.library()
        count = library.update(keys, **changes)
        bench.refresh(clip_table(library, bench.space.keys))
    except EmoScopeError as error:
        notices.show_error(str(error), key="explorer-change")
        return
    explorer.said = texts("explorer.changed", count=f"{count:,}")
    st.rerun()


def _export(explorer: ExplorerState, texts: Texts) -> None:
    keys = explorer.keys()
    form = st.segmented_control(
        texts("explorer.format"), FORMATS, default=FORMATS[0], required=True, format_func=str.upper,
        key="explorer-format",
    ) or FORMATS[0]  # fmt: skip
    st.download_button(
        texts("explorer.get"), lambda: exported(keys, form), f"emoscope_selection.{form}", key="explorer-get",
        icon=":material/download:", on_click="ignore", type="primary",
    )  # fmt: skip


def exported(keys: tuple[str, ...], form: str) -> bytes:
    """The file of one form; the sentence of what is wrong where it cannot be made."""
    file = io.BytesIO()
    try:
        write_selection(services().catalogue.library(), Query(keys=keys, order="source"), form, file)
    except EmoScopeError as error:
        return str(error).encode()
    return file.getvalue()
