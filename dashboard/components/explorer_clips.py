"""Which clips are on the map: all of the library, those of a filter, or those that another page sent."""

from dataclasses import replace
from typing import Any

import streamlit as st

from core.library import Query
from dashboard import library_view
from dashboard.components.names import labelled
from dashboard.explorer_state import ExplorerState
from dashboard.language import Texts
from dashboard.library_view import LibraryView, from_parameters
from dashboard.resources import services
from dashboard.state import Session

FILTERS = {"labels": "label", "references": "reference", "speakers": "speaker", "tags": "tag"}  # of Query: its facet
FILTERED = ("text", *FILTERS, "checkpoints", "confidence", "duration_s", "metadata")  # of Query and LibraryView alike
# A link of the library's filter is one of the map's too.
PARAMETERS = tuple(library_view.PARAMETERS[name] for name in (*FILTERED, "sure", "match"))


def linked() -> Query:
    """The filter that the address bar says, as the Library page writes it there."""
    given = {name: st.query_params.get_all(name) for name in PARAMETERS}
    return replace(from_parameters(given).query, order=Query.order, descending=Query.descending)


def to_parameters(query: Query) -> dict[str, list[str]]:
    """What of a filter a link carries; clips that were sent here one by one are not."""
    same: dict[str, Any] = {name: getattr(query, name) for name in FILTERED}
    sure = {None: "any", True: "unsure", False: "sure"}[query.unsure]
    match = {None: "any", True: "right", False: "wrong"}[query.right]
    return library_view.to_parameters(LibraryView(sure=sure, match=match, **same))


def take_picked(session: Session, explorer: ExplorerState) -> None:
    """The clips that another page sent here are the ones on the map."""
    if session.picked and session.picked != explorer.sent:
        use_only(explorer, session.picked)
        session.picked = []


def show(explorer: ExplorerState, texts: Texts) -> None:
    """A button that says how many clips are meant, and behind it the filter."""
    library = services().catalogue.library()
    count = library.count(explorer.query)
    with st.popover(texts("explorer.clips", count=f"{count:,}"), icon=":material/filter_alt:", key="explorer-clips"):
        if explorer.query.keys is not None:
            st.caption(texts("explorer.clips_sent", count=f"{len(explorer.query.keys):,}"))
            st.button(
                texts("explorer.clips_all"), key="explorer-clips-all", icon=":material/select_all:",
                on_click=explorer.take_all,
            )  # fmt: skip
        explorer.query = _filter(explorer.query, library.facets(), texts)


def use_only(explorer: ExplorerState, keys: list[str]) -> None:
    """Only these clips are on the map."""
    explorer.query = Query(keys=tuple(sorted(set(keys))))
    for name in ("text", "meta", *FILTERS):
        st.session_state.pop(f"explorer-filter-{name}", None)


def _filter(query: Query, facets: dict[str, dict[str, int]], texts: Texts) -> Query:
    with st.form("explorer-filter", border=False):
        text = st.text_input(
            texts("explorer.filter.text"), query.text, key="explorer-filter-text", max_chars=200,
            placeholder=texts("explorer.filter_text_hint"),
        )  # fmt: skip
        chosen: dict[str, Any] = {
            name: _one_of(name, facets[facet], getattr(query, name), texts) for name, facet in FILTERS.items()
        }
        meta = st.text_input(
            texts("explorer.filter.meta"), ", ".join(f"{name}:{value}" for name, value in query.metadata),
            key="explorer-filter-meta", max_chars=400, placeholder="gender:female",
        )  # fmt: skip
        st.form_submit_button(texts("explorer.apply"), type="primary")
    return replace(query, text=text or "", metadata=pairs_of(meta or ""), **chosen)


def pairs_of(text: str) -> tuple[tuple[str, str], ...]:
    """`gender:female, corpus:emodb` as pairs; what has no colon is left out."""
    parts = [part.partition(":") for part in text.split(",") if ":" in part]
    return tuple((name.strip(), value.strip()) for name, _, value in parts if name.strip())


def _one_of(name: str, counts: dict[str, int], chosen: tuple[str, ...], texts: Texts) -> tuple[str, ...]:
    values = sorted(set(counts) | set(chosen), key=lambda value: (-counts.get(value, 0), value))

    def called(value: str) -> str:
        if not value:
            return texts("explorer.none")
        return labelled(value, texts) if name in ("labels", "references") else value

    found = st.multiselect(
        texts(f"explorer.filter.{name}"), [value for value in values if value or name != "tags"], default=list(chosen),
        key=f"explorer-filter-{name}", format_func=lambda value: f"{called(value)} ({counts.get(value, 0):,})",
    )  # fmt: skip
    return tuple(found)
