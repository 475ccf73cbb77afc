"""Two groups of a library: who is in them, how links carry them, and what their figures show."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.comparison import Group, GroupOptions, compare_groups
from core.library import Entry, Library
from core.results import Analysis
from dashboard.compare_group_charts import distributions, effects
from dashboard.compare_groups import GroupsState, begin, from_link, members, overlap, to_link
from dashboard.components.compare_groups import sentences
from dashboard.jobs import Jobs
from dashboard.language import texts_in
from dashboard.library_view import LibraryView

TEXTS = texts_in("en")


@pytest.fixture
def library(tmp_path: Path, analysis: Analysis, make_analysis: Callable[..., Analysis]) -> Library:
    """Eight speakers, three clips each under two conditions; one clip of another checkpoint."""
    found = Library.open(tmp_path / "library")
    entries = [
        Entry(
            f"{n:064x}", analysis, f"clip {n}.wav", speaker=f"speaker {n % 8}", reference="happy" if n % 2 else "sad",
            metadata={"condition": "after" if n >= 24 else "before"},
        )
        for n in range(48)
    ]  # fmt: skip
    foreign = replace(analysis, checkpoint=replace(analysis.checkpoint, id="tests/other"))
    found.put([*entries, Entry("f" * 64, foreign, "foreign.wav", metadata={"condition": "after"})])
    return found


def of(library: Library) -> GroupsState:
    state = GroupsState()
    state.groups["a"].view = LibraryView(metadata=(("condition", "before"),))
    state.groups["b"].view = LibraryView(metadata=(("condition", "after"),))
    return state


def test_a_group_is_what_its_filter_finds_of_one_checkpoint(library: Library) -> None:
    state = of(library)
    found = {name: members(library, group) for name, group in state.groups.items()}
    assert [len(each.keys) for each in found.values()] == [24, 24] and overlap(found) == 0
    assert found["b"].other_checkpoints == 1 and found["a"].other_checkpoints == 0
    assert set(found["a"].speakers) == {f"speaker {n}" for n in range(8)}
    assert found["a"].scores.sum(axis=1) == pytest.approx(1)
    state.groups["a"].hand = found["a"].keys[:3]
    assert members(library, state.groups["a"]).keys == found["a"].keys[:3]


def test_speakers_in_both_groups_are_held_against_themselves_and_the_same_clips_do_not_differ(library: Library) -> None:
    state, jobs = of(library), Jobs()
    found = {name: members(library, group) for name, group in state.groups.items()}
    job = begin(state, found, ("before", "after"), jobs, "groups")
    assert job is not None and job.wait(30) and job.error is None
    assert (job.result.design, job.result.units_a) == ("paired", 8)
    assert "unknown" not in job.result.labels  # which the checkpoint cannot say
    said = sentences(job.result, TEXTS)
    assert said[0].startswith("No emotion differs between before and after") and "8 speakers" in said[1]
    assert begin(state, found, ("before", "after"), jobs, "groups") is job
    jobs.shutdown()


def test_groups_of_fewer_than_two_clips_are_not_compared(library: Library) -> None:
    state = of(library)
    state.groups["a"].view = LibraryView(text="nothing is called so")
    found = {name: members(library, group) for name, group in state.groups.items()}
    assert begin(state, found, ("a", "b"), Jobs(), "groups") is None


def test_a_link_brings_both_groups_back() -> None:
    state = from_link(
        {
            "a.speaker": ["one", "two"],
            "a.meta": ["x=y"],
            "b.reference": ["sad"],
            "b.name": ["late"],
            "design": ["clips"],
        }
    )
    assert state.groups["a"].view == LibraryView(speakers=("one", "two"), metadata=(("x", "y"),))
    assert state.groups["b"].view.references == ("sad",) and state.groups["b"].name == "late"
    assert from_link(to_link(state)).groups == state.groups and state.design == "clips"
    assert to_link(from_link({"a.page": ["7"], "design": ["<b>"], "c.q": ["z"]})) == {}


def test_figures_show_every_emotion_of_both_and_fill_what_is_more_than_chance() -> None:
    rng = np.random.default_rng(0)
    labels = ("happy", "sad")
    one = rng.dirichlet((2, 6), 500)
    found = compare_groups(
        Group("<b>x</b>", one, labels), Group("after", one[:, ::-1], labels), GroupOptions("clips", 999)
    )
    violins = distributions(found, "violin", TEXTS)
    assert len(violins.data) == 4 and "<b>" not in violins.data[0].name
    assert np.median(np.asarray(violins.data[0].y, float)) == pytest.approx(100 * np.median(one[:, 0]), abs=0.5)
    assert {trace.type for trace in distributions(found, "box", TEXTS).data} == {"box"}
    filled, open_ = effects(found, TEXTS).data
    assert len(filled.y) == 2 and not len(open_.y or ())
    happy = list(filled.y).index("😄 Happy")
    assert filled.x[happy] > 1 and filled.error_x.array[happy] > 0
    assert "😄 Happy" in sentences(found, TEXTS)[0] and "points higher" in sentences(found, TEXTS)[0]
