"""How the map is made: which clips, which space, which method. Another choice draws another map."""

from dataclasses import replace

import streamlit as st

from dashboard.components import explorer_clips
from dashboard.explorer_state import ExplorerState
from dashboard.explorer_view import (
    DIMENSIONS,
    MAX_NEIGHBOURS,
    MAX_SEED,
    METHODS,
    METRICS,
    SPACES,
    ExplorerView,
    from_parameters,
    to_parameters,
)  # fmt: skip
from dashboard.explorer_view import PARAMETERS as VIEW_PARAMETERS
from dashboard.language import Texts
from dashboard.state import Session


def state_of(session: Session) -> ExplorerState:
    """How this tab explores: as the link says at first."""
    if session.explorer is None:
        parameters = {name: st.query_params[name] for name in st.query_params}
        session.explorer = ExplorerState(from_parameters(parameters), explorer_clips.linked())
    explorer_clips.take_picked(session, session.explorer)
    return session.explorer


def show(explorer: ExplorerState, texts: Texts) -> None:
    """Draw the choices and keep them in the view."""
    view = explorer.view
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="explorer-choices"):
        explorer_clips.show(explorer, texts)
        space = st.selectbox(
            texts("explorer.space"), SPACES, SPACES.index(view.space), key="explorer-space", width=230,
            format_func=lambda each: texts(f"explorer.space.{each}"), help=texts("explorer.space_help"),
        )  # fmt: skip
        method = st.segmented_control(
            texts("explorer.method"), METHODS, default=view.method, required=True, key="explorer-method",
            format_func=lambda each: texts(f"explorer.method.{each}"),
        )  # fmt: skip
        dimensions = st.segmented_control(
            texts("explorer.dimensions"), DIMENSIONS, default=view.dimensions, required=True, key="explorer-dimensions",
            format_func=lambda each: texts("explorer.dimensional", count=each),
        )  # fmt: skip
        explorer.view = replace(
            view, space=space, method=method or view.method, dimensions=dimensions or view.dimensions
        )
        with st.popover(texts("explorer.options"), icon=":material/tune:", key="explorer-options"):
            explorer.view = _options(explorer.view, texts)


def _options(view: ExplorerView, texts: Texts) -> ExplorerView:
    """The rarer choices, taken over together: each would draw another map."""
    is_umap = view.method == "umap"
    with st.form("explorer-options-form", border=False):
        neighbours = st.slider(
            texts("explorer.neighbours"), 2, MAX_NEIGHBOURS, view.neighbours, key="explorer-neighbours",
            help=texts("explorer.neighbours_help"), disabled=not is_umap,
        )  # fmt: skip
        min_dist = st.slider(
            texts("explorer.min_dist"), 0.0, 0.99, view.min_dist, 0.01, key="explorer-min-dist",
            help=texts("explorer.min_dist_help"), disabled=not is_umap,
        )  # fmt: skip
        metric = st.selectbox(
            texts("explorer.metric"), METRICS, METRICS.index(view.metric), key="explorer-metric",
            format_func=lambda each: texts(f"explorer.metric.{each}"), disabled=not is_umap,
        )  # fmt: skip
        keeps_density = st.toggle(
            texts("explorer.keeps_density"), view.keeps_density, key="explorer-keeps-density",
            help=texts("explorer.keeps_density_help"), disabled=not is_umap,
        )  # fmt: skip
        seed = st.number_input(texts("explorer.seed"), 0, MAX_SEED, view.seed, key="explorer-seed")
        st.form_submit_button(texts("explorer.apply"), type="primary")
    return replace(
        view, neighbours=neighbours, min_dist=round(min_dist, 2), metric=metric, keeps_density=keeps_density, seed=seed
    )


def link(explorer: ExplorerState) -> None:
    """Keep clips and view in the address bar, so that a reload or a sent link shows the same map."""
    wanted: dict[str, str | list[str]] = {
        **to_parameters(explorer.view),
        **explorer_clips.to_parameters(explorer.query),
    }
    ours = {*VIEW_PARAMETERS.values(), *explorer_clips.PARAMETERS}
    now = {name: st.query_params.get_all(name) for name in st.query_params}
    others = {name: values for name, values in now.items() if name not in ours}
    goal = others | {name: values if isinstance(values, list) else [values] for name, values in wanted.items()}
    if now != goal:
        st.query_params.from_dict(goal)
