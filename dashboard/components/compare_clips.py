"""Which clips are compared: those of the link, of this session, of the library; kept in the address bar."""

import streamlit as st

from core.errors import EmoScopeError, LibraryError
from dashboard import compare_groups, compare_work
from dashboard.clips import Clip
from dashboard.compare_view import (
    LETTERS,
    LIBRARY_MARK,
    MAX_CLIPS,
    MIN_CLIPS,
    PARAMETERS,
    from_parameters,
    to_parameters,
)
from dashboard.components import intake, notices
from dashboard.components.names import labelled, told_apart
from dashboard.fields import ListField
from dashboard.language import Texts
from dashboard.library_opening import open_clips
from dashboard.resources import services
from dashboard.state import CompareState, Session

CLIPS_PARAMETER, REFERENCE_PARAMETER = "clips", "ref"
HITS = 12
_CHOICE, _SEARCH = "compare-choice", "compare-search"


def take(session: Session, texts: Texts) -> None:
    """Bring what a link names into this session; then what is new in the session, and what was picked elsewhere."""
    state = session.compared
    compare_work.warm()
    if not state.opened:
        state.opened = True
        state.view = from_parameters({name: st.query_params[name] for name in st.query_params})
        state.groups = compare_groups.from_link({name: st.query_params.get_all(name) for name in st.query_params})
        _take_link(session)
    present = {clip.id for clip in session.clips}
    state.clips = [each for each in state.clips if each in present]
    for clip in session.clips:
        if clip.id not in state.known:
            _join(state, clip)
    if 0 < len(session.picked) <= MAX_CLIPS:
        take_picked(session)
    if state.reference not in state.clips:
        state.reference = None
    for position, name in enumerate(state.gone):
        notices.show_error(texts("compare.gone", name=name), key=f"compare-gone-{position}")
    if state.left_out:
        st.caption(texts("compare.full", most=MAX_CLIPS, count=state.left_out))


def take_picked(session: Session) -> None:
    """The clips of the library that were picked on another page become the comparison."""
    keys, session.picked = session.picked, []
    session.compared.clips, session.compared.reference, session.compared.left_out = [], None, 0
    for key in keys:
        add_library_clip(session, key)


def add_library_clip(session: Session, key: str) -> None:
    """Bring a clip of the library into the session and the comparison; what is gone is noted."""
    state = session.compared
    if len(state.clips) >= MAX_CLIPS:
        state.left_out += 1
        return
    selected = session.selected
    try:
        (clip,) = open_clips(session, services(), [key])
    except LibraryError as error:
        state.gone.append(f"{key[:12]}… ({error})")
        return
    session.selected = selected or clip.id
    _join(state, clip)


def show(session: Session, texts: Texts) -> None:
    """Draw the ways in, and what of the session is compared."""
    state = session.compared
    if len(state.clips) < MIN_CLIPS:
        st.markdown(texts("compare.lead"))
        _ways_in(session, texts)
    else:
        with st.expander(texts("compare.bring"), icon=":material/add:", key="compare-intake"):
            _ways_in(session, texts)


def link(session: Session) -> None:
    """Keep the clips, their order, the reference, the groups and the view in the address bar."""
    state = session.compared
    wanted = {name: [value] for name, value in to_parameters(state.view).items()} | compare_groups.to_link(state.groups)
    if state.clips:
        keys = {made: key for key, made in session.library.opened.items()}
        tokens = [f"{LIBRARY_MARK}{keys[each]}" if each in keys else each for each in state.clips]
        wanted[CLIPS_PARAMETER] = [",".join(tokens)]
    if state.reference in state.clips and state.reference != state.clips[0]:
        wanted[REFERENCE_PARAMETER] = [str(state.clips.index(state.reference) + 1)]
    ours = {CLIPS_PARAMETER, REFERENCE_PARAMETER, *PARAMETERS.values()}
    now = {name: st.query_params.get_all(name) for name in st.query_params}
    others = {name: values for name, values in now.items() if name not in ours and not compare_groups.is_ours(name)}
    if now != others | wanted:
        st.query_params.from_dict(others | wanted)


def _take_link(session: Session) -> None:
    state, named = session.compared, st.query_params.get(CLIPS_PARAMETER, "")
    tokens = [token for token in named.split(",") if token][:MAX_CLIPS]
    if tokens:
        state.known = {clip.id for clip in session.clips}  # a link says which: those of the session wait
    came: list[str | None] = []
    for position, token in enumerate(tokens):
        before = len(state.clips)
        if token.startswith(LIBRARY_MARK):
            add_library_clip(session, token.removeprefix(LIBRARY_MARK))
        elif (clip := _of_this_server(session, token)) is not None:
            _join(state, clip)
        else:
            state.gone.append(f"{LETTERS[position]} ({token[:8]}…)")
        came.append(state.clips[-1] if len(state.clips) > before else None)
    chosen = st.query_params.get(REFERENCE_PARAMETER, "1")
    if chosen.isdecimal() and 0 < int(chosen) <= len(came):
        state.reference = came[int(chosen) - 1]


def _of_this_server(session: Session, clip_id: str) -> Clip | None:
    found = next((clip for clip in session.clips if clip.id == clip_id), None) or services().recents.find(clip_id)
    if found is not None and found not in session.clips:
        session.clips.append(found)
    return found


def _join(state: CompareState, clip: Clip) -> None:
    state.known.add(clip.id)
    if clip.id in state.clips:
        return
    if len(state.clips) < MAX_CLIPS:
        state.clips.append(clip.id)
    else:
        state.left_out += 1


def _ways_in(session: Session, texts: Texts) -> None:
    intake.show(session, texts)
    intake.show_examples(session, texts)
    _search(session, texts)
    if session.clips:
        _choice(session, texts)


def _choice(session: Session, texts: Texts) -> None:
    """Which of the session's clips take part; by what changes in the field, see `dashboard.fields`."""
    state, clips = session.compared, session.clips
    names = dict(zip((clip.id for clip in clips), told_apart(clip.name for clip in clips), strict=True))
    state.choice = state.choice.showing(state.clips)
    key = f"{_CHOICE}-{state.choice.revision}"
    st.multiselect(
        texts("compare.choice"), list(names), list(state.clips), format_func=lambda each: names.get(each, ""),
        max_selections=MAX_CLIPS, key=key, on_change=_choose, args=(state, state.choice, key),
    )  # fmt: skip


def _choose(state: CompareState, field: ListField, key: str) -> None:
    wanted = field.applied(st.session_state[key], state.clips)
    state.clips, state.left_out = wanted[:MAX_CLIPS], len(wanted[MAX_CLIPS:])


def _search(session: Session, texts: Texts) -> None:
    """A field over the library's names and speakers; what is marked in the table joins."""
    from core.library import Query

    text = st.text_input(
        texts("compare.search"), key=_SEARCH, icon=":material/search:", help=texts("compare.search_help")
    )
    if not text:
        return
    try:
        query = Query(text=text, order="source")
        rows = services().catalogue.library().rows(query, limit=HITS).to_pylist()
        count = services().catalogue.library().count(query)
    except EmoScopeError as error:
        notices.show_error(str(error), key="compare-search")
        return
    if not rows:
        st.text(texts("compare.no_hits"))
        return
    table = {
        texts("compare.column.name"): [row["source"] for row in rows],
        texts("compare.column.speaker"): [row["speaker"] or "" for row in rows],
        texts("compare.column.label"): [labelled(row["label"], texts) for row in rows],
        texts("compare.column.given"): [row["reference"] or "" for row in rows],
        texts("compare.column.duration"): [texts.duration(row["duration_s"]) for row in rows],
    }
    marked = st.dataframe(
        table,
        key=f"compare-hits-{session.doors.get(_SEARCH, 0)}",
        on_select="rerun",
        selection_mode="multi-row",
        hide_index=True,
    )
    if count > len(rows):
        st.caption(texts("compare.more_hits", shown=len(rows), count=count))
    chosen = [rows[at]["key"] for at in marked["selection"]["rows"] if at < len(rows)]
    st.button(
        texts("compare.add_hits", count=len(chosen)), icon=":material/playlist_add:", key="compare-add",
        disabled=not chosen,
        on_click=_add, args=(session, chosen),
    )  # fmt: skip


def _add(session: Session, keys: list[str]) -> None:
    session.doors[_SEARCH] = session.doors.get(_SEARCH, 0) + 1  # the marks go
    for key in keys:
        add_library_clip(session, key)
