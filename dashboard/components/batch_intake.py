"""Many clips into the library: files, whole folders and zips, with what is known of them. Begins a job."""

from pathlib import Path
from typing import Any

import streamlit as st

from core.batch.items import shown
from core.errors import EmoScopeError, SettingsError
from dashboard.batches import (
    KIND,
    BatchWork,
    Order,
    Upload,
    allowed_folders,
    check,
    folder_within,
    manifests_in,
)
from dashboard.components import choices, library_link, notices
from dashboard.components.library_head import size_in_words
from dashboard.components.names import checkpoint_title
from dashboard.language import Texts
from dashboard.resources import services
from dashboard.state import Session, Staged

FILES, METADATA = "batch", "batch-metadata"
SHOWN = 200  # staged files that are listed by name
MAX_PATTERN_CHARACTERS = 500
SOURCES = ("files", "folder", "server")


def show(session: Session, texts: Texts) -> None:
    """Draw the ways in, what came, and the button that begins."""
    folders = allowed_folders(services().settings)
    sources = [source for source in SOURCES if source != "server" or folders]
    st.markdown(texts("batch.lead"))
    source = st.segmented_control(
        texts("batch.source"), sources, default=sources[0], required=True, key="batch-source",
        format_func=lambda name: texts(f"batch.source.{name}"), label_visibility="collapsed",
    ) or sources[0]  # fmt: skip
    folder, listed = (None, None)
    if source == "server":
        folder, listed = _server_folder(folders, texts)
    else:
        _files(session, source, texts)
    speaker_from = _known(session, listed, texts)
    _begin_button(session, folder, listed, speaker_from, texts)


def _files(session: Session, source: str, texts: Texts) -> None:
    key = f"{FILES}-{source}-{session.doors.get(FILES, 0)}"
    st.file_uploader(
        texts(f"batch.upload.{source}"),
        accept_multiple_files="directory" if source == "folder" else True,
        max_upload_size=services().settings.max_upload_mb,
        key=key,
        on_change=_take,
        args=(session, key),
    )
    staged = session.library.staged
    if staged is None:
        return
    for at, sentence in enumerate(staged.refused):
        notices.show_error(sentence, key=f"batch-{at}")
    if staged.uploads:
        _staged(session, staged, texts)


def _staged(session: Session, staged: Staged, texts: Texts) -> None:
    """What came and waits: on the server's disk, not in memory."""
    size = size_in_words(sum(upload.size_bytes for upload in staged.uploads), texts)
    with st.container(horizontal=True, vertical_alignment="center", key="batch-staged"):
        with st.expander(
            texts("batch.staged", count=f"{len(staged.uploads):,}", size=size), icon=":material/inventory_2:",
            key="batch-staged-list",
        ):  # fmt: skip
            st.text("\n".join(shown(upload.name) for upload in staged.uploads[:SHOWN]))
            if len(staged.uploads) > SHOWN:
                st.caption(texts("batch.staged_more", count=f"{len(staged.uploads) - SHOWN:,}"))
        st.button(texts("batch.clear"), type="tertiary", icon=":material/clear_all:", key="batch-clear",
                  on_click=_clear, args=(session,))  # fmt: skip


def _server_folder(folders: tuple[Path, ...], texts: Texts) -> tuple[Path | None, Path | None]:
    """A folder that the operator allows, and the CSV in it that tells of its clips."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        root = st.selectbox(texts("batch.server_root"), folders, format_func=lambda path: path.name, key="batch-root",
                            width=260)  # fmt: skip
        inner = st.text_input(texts("batch.server_inner"), key="batch-inner", placeholder=texts("batch.server_all"),
                              max_chars=1000, width=320)  # fmt: skip
        try:
            folder = folder_within(root, inner)
        except SettingsError as error:
            notices.show_error(str(error), key="batch-folder")
            return None, None
        name = st.selectbox(
            texts("batch.server_csv"), manifests_in(folder), index=None, placeholder=texts("library.none"),
            key=f"batch-csv-{folder}", width=260,
        )  # fmt: skip
    return folder, folder / name if name else None


def _known(session: Session, listed: Path | None, texts: Texts) -> str:
    """What is known of the clips beside their sound; the expression that finds the speaker in their names."""
    with st.expander(texts("batch.known"), icon=":material/badge:", key="batch-known"):
        st.caption(texts("batch.known_lead"))
        staged = session.library.staged
        if listed is None:
            key = f"{METADATA}-{session.doors.get(METADATA, 0)}"
            st.file_uploader(texts("batch.metadata"), key=key, on_change=_take_metadata, args=(session, key))
            if staged is not None and staged.metadata is not None:
                with st.container(horizontal=True, vertical_alignment="center"):
                    st.text(shown(staged.metadata.name))
                    st.button("", icon=":material/close:", type="tertiary", key="batch-no-metadata",
                              help=texts("batch.no_metadata"), on_click=_drop_metadata, args=(session,))  # fmt: skip
        return st.text_input(
            texts("batch.speaker_from"), key="batch-speaker-from", max_chars=MAX_PATTERN_CHARACTERS,
            placeholder="(?P<speaker>[^_/]+)_", help=texts("batch.speaker_from_help"),
        ).strip()  # fmt: skip


def _begin_button(session: Session, folder: Path | None, listed: Path | None, speaker_from: str, texts: Texts) -> None:
    staged = session.library.staged
    uploads = tuple(staged.uploads) if staged is not None else ()
    is_ready = folder is not None or bool(uploads)
    with st.container(horizontal=True, vertical_alignment="bottom", key="batch-begin-row", gap="medium"):
        choices.show_checkpoint(session, texts)
        key = f"batch-begin-{len(session.library.jobs)}"  # a second click begins no second batch
        if st.button(
            texts("batch.begin"), type="primary", icon=":material/play_arrow:", key=key, disabled=not is_ready
        ):
            brought = staged.metadata.path if staged is not None and staged.metadata is not None else None
            order = Order(session.checkpoint, () if folder else uploads, folder, listed or brought, speaker_from)
            _begin(session, order, texts)
    st.caption(texts("batch.goes_on"))


def _begin(session: Session, order: Order, texts: Texts) -> None:
    """Hand everything to a job, whose id goes into the address bar; what was staged is now the job's."""
    shared, state = services(), session.library
    staged = state.staged or Staged()
    try:
        check(order, shared.settings)
        work = BatchWork(order, shared.host, shared.catalogue)
        job = shared.jobs.submit(KIND, _title(order, texts), work, on_forgotten=staged.spool.clear)
    except EmoScopeError as error:
        notices.show_error(str(error), key="batch-begin")
        return
    state.staged = None
    state.jobs.append(job.id)
    state.job = job.id
    library_link.link(session)
    st.rerun()


def _title(order: Order, texts: Texts) -> str:
    checkpoint = checkpoint_title(order.checkpoint)
    if order.folder is not None:
        return texts("batch.title_folder", name=shown(order.folder.name), checkpoint=checkpoint)
    if len(order.uploads) == 1:
        return texts("batch.title_one", name=shown(order.uploads[0].name), checkpoint=checkpoint)
    return texts("batch.title_many", count=f"{len(order.uploads):,}", checkpoint=checkpoint)


def _stage(session: Session) -> Staged:
    if session.library.staged is None:
        session.library.staged = Staged()
    return session.library.staged


def _take(session: Session, key: str) -> None:
    """Write what came to disk at once, and empty the way in, so that Streamlit lets go of it."""
    files: list[Any] = st.session_state.get(key) or []
    if not files or not key.endswith(f"-{session.doors.get(FILES, 0)}"):
        return
    session.doors[FILES] = session.doors.get(FILES, 0) + 1
    staged = _stage(session)
    staged.refused = []
    for file in files:
        upload = _kept(staged, file)
        if upload is not None:
            staged.uploads.append(upload)


def _take_metadata(session: Session, key: str) -> None:
    file: Any = st.session_state.get(key)
    if file is None or key != f"{METADATA}-{session.doors.get(METADATA, 0)}":
        return
    session.doors[METADATA] = session.doors.get(METADATA, 0) + 1
    staged = _stage(session)
    staged.refused = []
    staged.metadata = _kept(staged, file) or staged.metadata


def _kept(staged: Staged, file: Any) -> Upload | None:
    try:
        return staged.spool.keep(file.name, file)
    except SettingsError as error:
        staged.refused.append(str(error))
        return None


def _drop_metadata(session: Session) -> None:
    if session.library.staged is not None:
        session.library.staged.metadata = None


def _clear(session: Session) -> None:
    if session.library.staged is not None:
        session.library.staged.spool.clear()
        session.library.staged = None
