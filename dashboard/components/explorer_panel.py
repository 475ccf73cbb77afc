"""The map itself: drawn in a job, shown with what its points stand for, answered by the component under it."""

from dataclasses import replace
from typing import Any

import streamlit as st

from core.errors import EmoScopeError
from core.results import Array
from dashboard.components import (
    explorer_controls,
    explorer_map,
    explorer_progress,
    explorer_search,
    explorer_sections,
    explorer_selection,
    explorer_vectors,
    notices,
)
from dashboard.explorer_attributes import attribute_of, categorical_names, names_of, title_of
from dashboard.explorer_charts import Attribute, Seen, is_density, map_figure
from dashboard.explorer_state import ExplorerState
from dashboard.explorer_view import DEFAULT_COLOUR
from dashboard.explorer_work import EXPLORE_JOBS, MAP_JOBS, draw, group, measure_trust
from dashboard.jobs import JobState
from dashboard.language import Texts
from dashboard.library_opening import open_clips
from dashboard.map_bench import MapBench
from dashboard.resources import services
from dashboard.state import Session

CHART_KEY = "explorer-chart"
RESET = "resetScale2d"
FLAT_BUTTONS = ["zoom2d", "pan2d", "select2d", "lasso2d", "zoomIn2d", "zoomOut2d", RESET, "toImage"]
DEEP_BUTTONS = ["orbitRotation", "pan3d", "zoom3d", "resetCameraDefault3d", "toImage"]


def show(session: Session, texts: Texts) -> None:
    """Everything: choices, the map, what was selected, and what can be worked out."""
    explorer = explorer_controls.state_of(session)
    if not services().catalogue.library().count():
        st.info(texts("explorer.empty"), icon=":material/inventory_2:")
        return
    explorer_controls.show(explorer, texts)
    explorer_controls.link(explorer)
    _keep_drawing(explorer, texts)
    bench = explorer.bench
    if bench is None:
        return
    services().maps.keep(bench)
    explorer_vectors.show(explorer, texts)
    _map(explorer, bench, texts)
    _under(session, explorer, bench, texts)
    explorer_sections.show(explorer, bench, texts)


def _keep_drawing(explorer: ExplorerState, texts: Texts) -> None:
    """Have the map drawn that is wanted, and take it over once it is there; the last one stays on screen meanwhile."""
    if explorer.made == explorer.wanted:
        return
    jobs = services().jobs
    if explorer.asked != explorer.wanted:
        if explorer.job is not None:
            jobs.cancel(explorer.job)
        library = services().catalogue.library()
        work = draw(library, explorer.query, explorer.view.made_by, services().settings.maps_dir)
        begun = explorer_progress.begin(MAP_JOBS, texts("explorer.task.map"), work)
        if isinstance(begun, str):
            notices.show_error(begun, key="explorer-map")
            return
        explorer.job, explorer.asked = begun.id, explorer.wanted
    job = jobs.find(explorer.job or "")
    if job is None:
        explorer.asked = None
        st.rerun()
    if job.state is JobState.DONE:
        explorer.show(job.result, explorer.wanted)
        return
    if explorer_vectors.are_missing(job):
        explorer_vectors.show_missing(explorer, texts)
        return
    explorer_progress.watch(job, texts, name="map")
    if job.is_over:
        st.button(
            texts("explorer.again"), key="explorer-again-map", icon=":material/refresh:",
            on_click=explorer.ask_again,
        )  # fmt: skip


def _map(explorer: ExplorerState, bench: MapBench, texts: Texts) -> None:
    colour, shape = _attributes(explorer, bench, texts)
    if bench.map.note:
        st.caption(texts.worded(bench.map.note))
    explorer.seen_drawn = explorer.seen
    figure = map_figure(
        bench.positions, colour, shape, texts, revision=bench.id, seen=explorer.seen,
        selected=explorer.selected if len(explorer.selected) else None,
        most_points=services().settings.map_points,
    )  # fmt: skip
    buttons = FLAT_BUTTONS if bench.positions.shape[1] == 2 else DEEP_BUTTONS
    if _is_large(bench):
        buttons = [button for button in buttons if button != RESET]  # it would go back to the part that is drawn
    config = {
        "displaylogo": False, "displayModeBar": True, "scrollZoom": True, "modeBarButtons": [buttons],
        "toImageButtonOptions": {"format": "png", "scale": 2, "filename": "emoscope-map"},
    }  # fmt: skip
    words = texts("explorer.chart_alt", count=f"{len(bench):,}", space=texts(f"explorer.space.{bench.space.name}"))
    st.plotly_chart(figure, key=CHART_KEY, config=config, alt=words)
    st.text(_facts(bench, texts))


def _is_large(bench: MapBench) -> bool:
    """Whether the whole of it is an image: then what is on screen decides how it is drawn."""
    return is_density(bench.positions, None, services().settings.map_points)


def _facts(bench: MapBench, texts: Texts) -> str:
    """Which space this is: nobody should have to guess."""
    how = texts(f"explorer.method.{bench.map.method}")
    dimensions = texts("explorer.dimensional", count=bench.positions.shape[1])
    count = texts("explorer.points", count=f"{len(bench):,}")
    parts = [texts(f"explorer.space.{bench.space.name}"), bench.space.model, count, f"{how} {dimensions}"]
    parts += [texts("explorer.without", count=f"{bench.space.without:,}")] if bench.space.without else []
    return " · ".join(parts)


def _attributes(explorer: ExplorerState, bench: MapBench, texts: Texts) -> tuple[Attribute | None, Attribute | None]:
    """What colour and shape stand for, and the search beside them."""
    view, table = explorer.view, bench.table
    colours, shapes = names_of(table), ["", *categorical_names(table)]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="explorer-looks"):
        colour = st.selectbox(
            texts("explorer.colour"), colours, _at(colours, view.colour), key=f"explorer-colour-{explorer.recoloured}",
            width=210, format_func=lambda name: title_of(name, texts),
        )  # fmt: skip
        shape = st.selectbox(
            texts("explorer.shape"), shapes, _at(shapes, view.shape), key="explorer-shape", width=180,
            format_func=lambda name: title_of(name, texts) if name else texts("explorer.no_shape"),
        )  # fmt: skip
        explorer_search.show(explorer, bench, texts)
    explorer.view = replace(view, colour=colour or DEFAULT_COLOUR, shape=shape or "")
    return tuple(_attribute(explorer, bench, name, texts) for name in (explorer.view.colour, explorer.view.shape))  # type: ignore[return-value]


def _at(names: list[str], wanted: str) -> int:
    return names.index(wanted) if wanted in names else 0


def _attribute(explorer: ExplorerState, bench: MapBench, name: str, texts: Texts) -> Attribute | None:
    return attribute_of(bench, name, texts, _computed(explorer, bench, name, texts)) if name else None


def _computed(explorer: ExplorerState, bench: MapBench, name: str, texts: Texts) -> Array | None:
    """What no column holds: worked out in a job, which is on screen until it is there."""
    found: Any = None
    if name == "cluster":
        key = explorer_sections.cluster_key(explorer)
        found = explorer_progress.result_of(
            explorer, bench, key, EXPLORE_JOBS, group(bench, explorer.view), texts, place="map"
        )
        return None if found is None else found.clusters.labels  # type: ignore[no-any-return]
    if name == "overlap":
        found = explorer_progress.result_of(
            explorer, bench, ("trust",), EXPLORE_JOBS, measure_trust(bench), texts, place="map"
        )
        return None if found is None else found.trust.knn_overlap  # type: ignore[no-any-return]
    return None


@st.fragment
def _under(session: Session, explorer: ExplorerState, bench: MapBench, texts: Texts) -> None:
    """The card and the selection: what happens there draws only this anew."""

    def select(rows: Array) -> None:
        explorer.selected = rows

    def open_timeline(row: int) -> None:
        explorer.opening = row

    def look(seen: Seen | None) -> None:
        explorer.seen = seen

    explorer_map.show(
        bench, key="explorer-map", chart_key=CHART_KEY, texts=texts, marked=explorer.marked,
        first=int(explorer.selected[0]) if len(explorer.selected) else 0, guest=explorer.guest, focus=explorer.focus,
        watches_view=_is_large(bench), on_selection=select, on_open=open_timeline, on_view=look,
    )  # fmt: skip
    if explorer.seen != explorer.seen_drawn:  # callbacks come before all of this: the map has to be drawn anew
        st.rerun()
    if explorer.opening is not None:
        _open(session, explorer, bench)
    explorer_selection.show(session, explorer, bench, texts)


def _open(session: Session, explorer: ExplorerState, bench: MapBench) -> None:
    """The clip on the timeline page."""
    row, explorer.opening = explorer.opening or 0, None
    try:
        open_clips(session, services(), [bench.space.keys[row]])
    except EmoScopeError as error:
        notices.show_error(str(error), key="explorer-open")
        return
    st.switch_page("../pages/timeline.py")
