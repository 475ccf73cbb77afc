"""What can be done with clips of the library: hear, open elsewhere, tag, delete, take away."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from core.emotions import EMOTION_KEYS
from core.errors import EmoScopeError, LibraryError
from core.library import FORMATS, Library, Query
from dashboard.components.names import labelled
from dashboard.exporting import AT_ONCE, KIND, ExportWork, file_name, selection
from dashboard.language import Texts
from dashboard.library_edits import Change, apply, change_of, keys_of
from dashboard.library_opening import open_clips
from dashboard.library_view import LibraryView
from dashboard.resources import services
from dashboard.state import Session

SCOPES = ("selected", "found")
COMPARED = (2, 8)  # clips that Compare takes: from and to
OPENED = 20  # clips that Timeline is given at once
MAPPED = 3  # clips that a map needs
EDIT_KIND, EDIT_AT_ONCE = "library-edit", 2000
KEEP = "keep"  # as a speaker or reference: leave it as it is
PAGES = Path(__file__).parents[2] / "pages"


@dataclass(frozen=True)
class Chosen:
    """The clips that are meant: those whose rows are selected, else all that were found."""

    library: Library
    keys: tuple[str, ...] | None
    query: Query
    count: int

    @property
    def meant(self) -> Query:
        """As a query: a few by their keys, in the order of the table; all by the filter itself."""
        if self.keys is None:
            return self.query
        return Query(keys=self.keys, deleted=self.query.deleted, order=self.query.order,
                     descending=self.query.descending)  # fmt: skip

    def all_keys(self) -> list[str]:
        return keys_of(self.library, self.query) if self.keys is None else list(self.keys)


def show(
    session: Session, library: Library, rows: Sequence[dict[str, Any]], view: LibraryView, count: int, texts: Texts
) -> None:
    """Draw what can be done: with the selected `rows`, or with all `count` clips of the filter."""
    keys = tuple(row["key"] for row in rows) or None
    chosen = Chosen(library, keys, view.query, len(rows) if keys else count)
    with st.container(horizontal=True, vertical_alignment="center", key="library-scope"):
        st.markdown(_scope(chosen, view, texts), width="content" if len(rows) == 1 else "stretch")
        if len(rows) == 1:
            _player(library, rows[0], texts)
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="library-buttons"):
        if view.deleted:
            _restore(session, chosen, texts)
        else:
            _elsewhere(session, chosen, texts)
            _edit(session, chosen, texts)
            _export(session, chosen, texts)
            _delete(session, chosen, texts)


def _once(key: str, session: Session) -> str:
    """The key of what acts on the clips that are meant now.

    Afterwards nothing is selected, so that a second click on the same button would mean all clips.
    """
    return f"{key}-{session.library.drawn}"


def _scope(chosen: Chosen, view: LibraryView, texts: Texts) -> str:
    """Which clips the buttons mean."""
    count = f"{chosen.count:,}"
    if chosen.keys is not None:
        return texts("library.scope_selected", count=count)
    if view.deleted:
        return texts("library.scope_deleted", count=count)
    return texts("library.scope_found" if view.is_filtered else "library.scope_all", count=count)


def _player(library: Library, row: dict[str, Any], texts: Texts) -> None:
    """The one clip that is selected, to be heard."""
    sound = library.sound(row["key"])
    if sound:
        st.audio(sound, format="audio/ogg", width="stretch")
    else:
        st.caption(texts("library.no_sound"))


def _elsewhere(session: Session, chosen: Chosen, texts: Texts) -> None:
    """The ways to the other pages; each says what it takes where it cannot take this selection."""
    count, is_selected = chosen.count, chosen.keys is not None
    if st.button(
        texts("library.timeline"), icon=":material/timeline:", key="library-timeline",
        disabled=not (is_selected and count <= OPENED), help=texts("library.timeline_help", most=OPENED),
    ):  # fmt: skip
        _to_timeline(session, chosen)
    for name, icon, fits, what in (
        ("compare", ":material/compare_arrows:", is_selected and COMPARED[0] <= count <= COMPARED[1],
         texts("library.to_compare_help")),
        ("explorer", ":material/bubble_chart:", count >= MAPPED, texts("library.to_explorer_help")),
    ):  # fmt: skip
        page = PAGES / f"{name}.py"
        if page.exists() and st.button(
            texts(f"library.to.{name}"), icon=icon, key=f"library-to-{name}", disabled=not fits, help=what
        ):
            session.picked = chosen.all_keys()
            st.switch_page(f"../pages/{page.name}")


def _to_timeline(session: Session, chosen: Chosen) -> None:
    try:
        open_clips(session, services(), chosen.all_keys())
    except LibraryError as error:
        session.library.refused = str(error)
        st.rerun()
    st.switch_page("../pages/timeline.py")


def _edit(session: Session, chosen: Chosen, texts: Texts) -> None:
    """Tags, speaker and reference of all of them at once."""
    state = session.library
    facets = chosen.library.facets()
    with st.popover(texts("library.edit"), icon=":material/label:", key=f"library-edit-{state.drawn}"):
        add = st.multiselect(
            texts("library.add_tags"), sorted(facets["tag"]), accept_new_options=True,
            key=_once("library-add", session), placeholder=texts("library.tags_hint"),
        )  # fmt: skip
        remove = st.multiselect(
            texts("library.remove_tags"),
            sorted(facets["tag"]),
            key=_once("library-remove", session),
            placeholder=texts("library.none"),
        )
        speaker = st.text_input(
            texts("library.set_speaker"),
            max_chars=200,
            key=_once("library-speaker", session),
            placeholder=texts("library.keep"),
        )
        reference = st.selectbox(
            texts("library.set_reference"), (KEEP, "", *EMOTION_KEYS), key=_once("library-reference", session),
            format_func=lambda key: _reference_named(key, texts),
        )  # fmt: skip
        key = _once("library-apply", session)
        if st.button(texts("library.apply", count=f"{chosen.count:,}"), type="primary", key=key):
            change = change_of(
                speaker=speaker or None, reference=None if reference == KEEP else reference, add=add, remove=remove
            )
            _change(session, chosen, change, texts)


def _reference_named(key: str, texts: Texts) -> str:
    if key == KEEP:
        return texts("library.keep")
    return labelled(key, texts) if key else texts("library.no_reference")


def _change(session: Session, chosen: Chosen, change: Change, texts: Texts) -> None:
    if change.is_none:
        return
    _carry_out(session, chosen, lambda keys: apply(chosen.library, keys, change), "library.saved", texts)
    session.library.round += 1
    st.rerun()


def _carry_out(
    session: Session, chosen: Chosen, act: Callable[[list[str]], int], said: str, texts: Texts
) -> tuple[str, ...]:
    """Act on a few clips at once, on many in a job; the keys of those that it was done to at once."""
    state = session.library
    done: tuple[str, ...] = ()
    state.deleted, state.drawn = (), state.drawn + 1
    try:
        keys = chosen.all_keys()
        if len(keys) > EDIT_AT_ONCE:
            title = texts("library.edit_job", count=f"{len(keys):,}")
            state.jobs.append(services().jobs.submit(EDIT_KIND, title, lambda job: act(keys)).id)
            state.told = texts("library.edit_begun", count=f"{len(keys):,}")
        else:
            state.told = texts(said, count=f"{act(keys):,}")
            done = tuple(keys)
    except EmoScopeError as error:
        state.refused = str(error)
    return done


def _delete(session: Session, chosen: Chosen, texts: Texts) -> None:
    """Out of sight, and back with one click as long as nobody empties the bin."""
    with st.popover(texts("library.delete"), icon=":material/delete:", key=f"library-delete-{session.library.drawn}"):
        st.markdown(texts("library.delete_sure", count=f"{chosen.count:,}"))
        if st.button(texts("library.delete_yes"), type="primary", key=_once("library-delete-yes", session)):
            done = _carry_out(session, chosen, chosen.library.delete, "library.deleted_told", texts)
            session.library.deleted = done
            st.rerun()


def _restore(session: Session, chosen: Chosen, texts: Texts) -> None:
    """The ways out of the bin: back, or gone."""
    state = session.library
    if st.button(texts("library.restore"), icon=":material/undo:", key=_once("library-restore", session)):
        _carry_out(session, chosen, chosen.library.undelete, "library.undone", texts)
        st.rerun()
    with st.popover(texts("library.compact"), icon=":material/delete_forever:", key=f"library-bin-{state.drawn}"):
        st.markdown(texts("library.compact_sure"))
        if st.button(texts("library.compact_yes"), type="primary", key=_once("library-compact", session)):
            state.drawn += 1
            job = services().jobs.submit(EDIT_KIND, texts("library.compact_job"), lambda job: chosen.library.compact())
            state.jobs.append(job.id)
            state.told, state.deleted = texts("library.compact_begun"), ()
            st.rerun()


def _export(session: Session, chosen: Chosen, texts: Texts) -> None:
    """A file of them: made while one waits where they are few, in a job where they are many."""
    state = session.library
    with st.popover(texts("library.export"), icon=":material/download:", key=f"library-export-{state.drawn}"):
        form = st.selectbox(
            texts("library.form"), list(FORMATS), format_func=lambda name: texts.named("library.form", name),
            key="library-form",
        )  # fmt: skip
        if chosen.count <= AT_ONCE:
            st.download_button(
                texts("library.download", count=f"{chosen.count:,}"),
                lambda: selection(chosen.library, chosen.meant, form), file_name(form),
                "application/octet-stream", icon=":material/download:", on_click="ignore", key="library-download",
                type="primary",
            )  # fmt: skip
        elif st.button(
            texts("library.make", count=f"{chosen.count:,}"), type="primary", key=_once("library-make", session)
        ):
            work = ExportWork(chosen.library, chosen.meant, form)
            title = texts("library.export_job", count=f"{chosen.count:,}", name=file_name(form))
            try:
                job = services().jobs.submit(KIND, title, work, on_forgotten=work.clear)
                state.jobs.append(job.id)
                state.job = job.id
                state.drawn += 1
            except EmoScopeError as error:
                state.refused = str(error)
            st.rerun()
