"""Two groups of the library's clips held against each other."""

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from core.emotions import EMOTION_KEYS
from core.errors import EmoScopeError
from core.library import Library, Query
from dashboard import compare_groups
from dashboard.compare_group_charts import DRAWINGS, SIGNIFICANT, distributions, effects
from dashboard.compare_groups import DESIGNS, HAND_LIMIT, SIDES, GroupState, Members
from dashboard.compare_view import COLOURS, PARTS
from dashboard.components import compare_exports, notices
from dashboard.components.names import labelled
from dashboard.language import Texts
from dashboard.library_table import metadata_in
from dashboard.library_view import LibraryView, cleaned
from dashboard.resources import services
from dashboard.state import Session

if TYPE_CHECKING:
    from core.comparison import GroupComparison

PATIENCE_S = 2.0
LOOK_EVERY_S = 0.7
SAMPLE = 2000  # clips whose metadata tells which columns there are
STILL = {"displaylogo": False, "modeBarButtons": [["toImage"]]}


def is_chosen(session: Session, texts: Texts) -> bool:
    """Draw the choice between clips and groups; whether groups are chosen."""
    view = session.compared.view
    part = st.segmented_control(
        texts("compare.part"), PARTS, default=view.part, required=True, key="compare-part",
        format_func=lambda each: texts(f"compare.part.{each}"), label_visibility="collapsed",
    ) or view.part  # fmt: skip
    session.compared.view = replace(view, part=part)
    return part == "groups"


def show(session: Session, texts: Texts) -> None:
    """Draw the two choices and what differs."""
    state = session.compared.groups
    st.markdown(texts("groups.lead"))
    try:
        library = services().catalogue.library()
        if not library.count():
            st.info(texts("groups.empty_library"))
            return
        found, names = _chosen(session, library, texts)
    except EmoScopeError as error:
        notices.show_error(str(error), key="groups")
        return
    state.design = st.selectbox(
        texts("groups.design"), DESIGNS, index=DESIGNS.index(state.design), key="groups-design", width=420,
        format_func=lambda each: texts(f"groups.design.{each}"), help=texts("groups.design_help"),
    )  # fmt: skip
    if shared := compare_groups.overlap(found):
        st.caption(texts("groups.overlap", count=shared))
    job = compare_groups.begin(state, found, names, services().jobs, texts("groups.title"))
    if job is None:
        st.text(texts("groups.too_few"))
    elif not job.wait(PATIENCE_S):
        _wait(session, texts)
    elif job.error is not None:
        notices.show_error(job.error, key="groups")
    elif job.result is not None:
        _results(job.result, texts)


def _chosen(session: Session, library: Library, texts: Texts) -> tuple[dict[str, Members], tuple[str, str]]:
    """Draw both ways to choose; the clips they find, and what the groups are called."""
    facets = library.facets()
    told = metadata_in(library.rows(Query(order="key"), columns=["metadata"], limit=SAMPLE))
    found, names = {}, []
    for side, column in zip(SIDES, st.columns(2, gap="large"), strict=True):
        group = session.compared.groups.groups[side]
        with column, st.container(border=True, key=f"groups-{side}"):
            _filters(side, group, facets, told, texts)
            found[side] = compare_groups.members(library, group)
            _count(found[side], texts)
            _by_hand(side, group, library, texts)
        names.append(group.name or _named(side, group.view, texts))
    return found, compare_groups.check_names(names)


def _filters(
    side: str, group: GroupState, facets: dict[str, dict[str, int]], told: dict[str, list[str]], texts: Texts
) -> None:
    view, letter = group.view, side.upper()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(
            f'<span class="emoscope-badge" style="--clip: {COLOURS[SIDES.index(side)]}">{letter}</span>',
            width="content",
        )
        group.name = st.text_input(
            texts("groups.name"), group.name, max_chars=80, key=f"groups-name-{side}",
            placeholder=_named(side, view, texts), label_visibility="collapsed",
        ).strip()  # fmt: skip
    text = st.text_input(
        texts("compare.search"), view.text, max_chars=200, icon=":material/search:", key=f"groups-text-{side}"
    )
    speakers = _some(side, "speakers", sorted(facets["speaker"]), view.speakers, facets["speaker"], texts)
    given = [key for key in EMOTION_KEYS if facets["reference"].get(key)]
    references = _some(side, "references", given, view.references, facets["reference"], texts)
    tags = _some(side, "tags", sorted(facets["tag"]), view.tags, facets["tag"], texts) if facets["tag"] else ()
    metadata = _metadata(side, view, told, texts)
    chosen = replace(view, text=cleaned(text), speakers=speakers, references=references, tags=tags, metadata=metadata)
    if chosen != view:
        group.view, group.hand = chosen, ()


def _some(
    side: str, name: str, options: list[str], chosen: tuple[str, ...], counts: dict[str, int], texts: Texts
) -> tuple[str, ...]:
    def named(each: str) -> str:
        word = labelled(each, texts) if name == "references" and each else each or texts("library.nobody")
        return texts("library.option", name=word, count=f"{counts.get(each, 0):,}")

    shown = options + [each for each in chosen if each not in options]
    return tuple(
        st.multiselect(
            texts(f"groups.{name}"), shown, default=list(chosen), key=f"groups-{name}-{side}", format_func=named,
            placeholder=texts("library.any"),
        )
    )  # fmt: skip


def _metadata(side: str, view: LibraryView, told: dict[str, list[str]], texts: Texts) -> tuple[tuple[str, str], ...]:
    """A column of metadata and its value; none where the library has none."""
    column_now, value_now = view.metadata[0] if view.metadata else ("", "")
    columns = ["", *told, *([column_now] if column_now and column_now not in told else [])]
    if len(columns) == 1:
        return ()
    with st.container(horizontal=True, gap="small"):
        column = st.selectbox(
            texts("groups.column"), columns, index=columns.index(column_now), key=f"groups-column-{side}",
            format_func=lambda each: each or texts("library.any"),
        )  # fmt: skip
        values = told.get(column, [])
        values = [*values, value_now] if column == column_now and value_now and value_now not in values else values
        value = st.selectbox(
            texts("groups.value"), values, index=values.index(value_now) if value_now in values else None,
            key=f"groups-value-{side}-{column}", placeholder=texts("library.any"), disabled=not column,
        )  # fmt: skip
    return ((column, value),) if column and value is not None else ()


def _count(found: Members, texts: Texts) -> None:
    speakers = {name for name in found.speakers if name}
    st.markdown(texts("groups.count", clips=f"{len(found.keys):,}", speakers=f"{len(speakers):,}"))
    if found.other_checkpoints:
        st.caption(texts("groups.other_checkpoints", count=f"{found.other_checkpoints:,}"))


def _by_hand(side: str, group: GroupState, library: Library, texts: Texts) -> None:
    """A table in which rows are marked: then only those are the group."""
    with st.expander(texts("groups.by_hand", count=len(group.hand)), key=f"groups-hand-{side}"):
        rows = library.rows(compare_groups.query_of(replace(group, hand=())), limit=HAND_LIMIT).to_pylist()
        table = {
            texts("compare.column.name"): [row["source"] for row in rows],
            texts("compare.column.speaker"): [row["speaker"] or "" for row in rows],
            texts("compare.column.label"): [labelled(row["label"], texts) for row in rows],
        }
        marked = st.dataframe(
            table, key=f"groups-rows-{side}-{hash(group.view)}", on_select="rerun", selection_mode="multi-row",
            hide_index=True, height=240,
        )  # fmt: skip
        chosen = tuple(rows[at]["key"] for at in marked["selection"]["rows"] if at < len(rows))
        if chosen != group.hand:
            group.hand = chosen
            st.rerun()


def _named(side: str, view: LibraryView, texts: Texts) -> str:
    """What a group is called by what chooses it."""
    parts = [view.text, *view.speakers[:2], *(labelled(each, texts) for each in view.references[:2]), *view.tags[:2]]
    parts += [value for _, value in view.metadata]
    said = ", ".join(part for part in parts if part)
    return said[:60] or texts("groups.group", letter=side.upper())


def _wait(session: Session, texts: Texts) -> None:
    def look() -> None:
        job = session.compared.groups.job
        if job is None or job.is_over:
            st.rerun()
        st.progress(0.0, text=texts("groups.title"))

    st.fragment(look, run_every=LOOK_EVERY_S)()


def _results(found: "GroupComparison", texts: Texts) -> None:
    for sentence in sentences(found, texts):
        st.text(sentence)
    draw = st.segmented_control(
        texts("groups.draw"), DRAWINGS, default=DRAWINGS[0], required=True, key="groups-draw",
        format_func=lambda each: texts(f"groups.draw.{each}"), label_visibility="collapsed",
    ) or DRAWINGS[0]  # fmt: skip
    unit = "speakers" if found.design in ("paired", "speakers") else "clips"
    st.caption(texts(f"groups.unit.{unit}"))
    st.plotly_chart(
        distributions(found, draw, texts),
        key=f"groups-distributions-{draw}",
        config=STILL,
        alt=texts("groups.distributions"),
    )
    st.plotly_chart(effects(found, texts), key="groups-effects", config=STILL, alt=texts("groups.effects"))
    st.caption(texts("groups.effects_help"))
    st.dataframe(_table(found, texts), key="groups-table", hide_index=True)
    st.caption(texts("groups.table_help"))
    compare_exports.show_groups(found, texts)


def sentences(found: "GroupComparison", texts: Texts) -> list[str]:
    """How the groups were held against each other, and what came of it."""
    counts = {"units_a": found.units_a, "units_b": found.units_b, "clips": found.clips_a + found.clips_b}
    counted = {name: f"{count:,}" for name, count in counts.items()}
    how = texts(f"groups.how.{found.design}", a=found.name_a, b=found.name_b, **counted)
    differing = sorted((t for t in found.tests if t.p_holm < SIGNIFICANT), key=lambda t: -abs(t.difference))
    if not differing:
        return [texts("groups.no_difference", a=found.name_a, b=found.name_b), how]
    said = [
        texts(
            f"groups.{'higher' if test.difference > 0 else 'lower'}", label=labelled(test.emotion, texts),
            points=f"{100 * abs(test.difference):.1f}", delta=f"{test.cliffs_delta:+.2f}", p=_p(test.p_holm),
        )
        for test in differing
    ]  # fmt: skip
    whole = texts("groups.differs", a=found.name_a, b=found.name_b, said=texts("groups.and").join(said))
    return [whole, how]


def _table(found: "GroupComparison", texts: Texts) -> dict[str, list[str]]:
    tests = found.tests
    return {
        texts("compare.emotion"): [labelled(test.emotion, texts) for test in tests],
        texts("groups.mean", name=found.name_a): [f"{100 * test.mean_a:.1f} %" for test in tests],
        texts("groups.mean", name=found.name_b): [f"{100 * test.mean_b:.1f} %" for test in tests],
        texts("groups.points"): [f"{100 * test.difference:+.1f}" for test in tests],
        texts("groups.cliffs"): [f"{test.cliffs_delta:+.2f}" for test in tests],
        texts("groups.hedges"): [_interval(test.hedges_g, test.hedges_g_low, test.hedges_g_high) for test in tests],
        texts("groups.p"): [_p(test.p) for test in tests],
        texts("groups.p_holm"): [_p(test.p_holm) for test in tests],
        texts("groups.p_bh"): [_p(test.p_bh) for test in tests],
    }


def _interval(value: float | None, low: float | None, high: float | None) -> str:
    return "–" if value is None or low is None or high is None else f"{value:+.2f} [{low:+.2f}, {high:+.2f}]"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
