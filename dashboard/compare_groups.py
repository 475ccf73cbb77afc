"""Two groups of the library's clips: which clips they are, and how they differ. Knows no Streamlit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from core.emotions import EMOTION_KEYS
from core.errors import ComparisonError
from core.library import Query
from dashboard.jobs import Job, Jobs, Work
from dashboard.library_view import DEFAULT, PARAMETERS, LibraryView, from_parameters, to_parameters

if TYPE_CHECKING:
    from core.comparison import GroupComparison
    from core.library import Library

SIDES = ("a", "b")
KIND = "groups"
HAND_LIMIT = 200  # rows to choose from by hand
LINKED = ("text", "speakers", "references", "tags", "metadata")
DESIGNS = ("auto", "paired", "stratified", "speakers", "clips")


@dataclass
class GroupState:
    """How one group is chosen.

    Attributes:
        view: the filter.
        hand: keys chosen by hand among what the filter finds; empty for all of it.
    """

    name: str = ""
    view: LibraryView = DEFAULT
    hand: tuple[str, ...] = ()


@dataclass
class GroupsState:
    """The two groups of one tab, and what was found between them."""

    groups: dict[str, GroupState] = field(default_factory=lambda: {side: GroupState() for side in SIDES})
    design: str = DESIGNS[0]
    asked: tuple[object, ...] = ()
    job: Job | None = None


@dataclass(frozen=True)
class Members:
    """The clips of a group.

    Attributes:
        scores: (n, 9) float64, in the order of EMOTION_KEYS; `speakers`: "" where nobody is named.
        other_checkpoints: clips that the filter finds and another checkpoint heard: they are left out.
    """

    keys: tuple[str, ...]
    scores: Any
    speakers: tuple[str, ...]
    other_checkpoints: int = 0


def query_of(group: GroupState, checkpoint: str | None = None) -> Query:
    """The clips that are meant."""
    query = replace(group.view, order="source", descending=False).query
    query = query if checkpoint is None else replace(query, checkpoints=(checkpoint,))
    return replace(query, keys=group.hand) if group.hand else query


def common_checkpoint(library: "Library") -> str | None:
    """The checkpoint that heard most clips: scores of two are never held against each other."""
    counts = library.facets()["checkpoint"]
    return max(counts, key=lambda name: counts[name]) if counts else None


def members(library: "Library", group: GroupState) -> Members:
    """The clips of a group, as one checkpoint heard them."""
    from core.library.tables import SCORES

    checkpoint = common_checkpoint(library)
    query = query_of(group, checkpoint)
    table = library.rows(query, columns=["key", "speaker", *SCORES])
    scores = np.stack([table.column(name).to_numpy() for name in SCORES], axis=1).astype(np.float64)
    speakers = tuple(name or "" for name in table.column("speaker").to_pylist())
    left_out = library.count(query_of(group)) - table.num_rows
    return Members(tuple(table.column("key").to_pylist()), scores.reshape(-1, len(SCORES)), speakers, left_out)


def begin(state: GroupsState, found: Mapping[str, Members], names: Sequence[str], jobs: Jobs, title: str) -> Job | None:
    """The job that compares the groups as they are now; None where one has fewer than two clips."""
    if any(len(found[side].keys) < 2 for side in SIDES):
        return None
    asked = (*(found[side].keys for side in SIDES), *names, state.design)
    if state.asked != asked:
        if state.job is not None:
            jobs.cancel(state.job.id)
        state.asked = asked
        state.job = jobs.submit(KIND, title, _compared([found[side] for side in SIDES], names, state.design))
    return state.job


def _compared(found: Sequence[Members], names: Sequence[str], design: str) -> Work:
    from core.comparison import Group, GroupOptions, compare_groups

    said = np.concatenate([each.scores for each in found]).max(axis=0) > 0  # what the checkpoint can say
    labels = tuple(key for key, is_said in zip(EMOTION_KEYS, said, strict=True) if is_said)
    first, second = (
        Group(name, each.scores[:, said], labels, each.speakers if all(each.speakers) else ())
        for name, each in zip(names, found, strict=True)
    )

    def work(job: Job) -> "GroupComparison":
        return compare_groups(first, second, GroupOptions(design=design))

    return work


def to_link(state: GroupsState) -> dict[str, list[str]]:
    """What of the groups differs from the default, as query parameters: those of a library's, after `a.` and `b.`."""
    found: dict[str, list[str]] = {} if state.design == DESIGNS[0] else {"design": [state.design]}
    for side, group in state.groups.items():
        found |= {f"{side}.{name}": values for name, values in to_parameters(group.view).items()}
        if group.name:
            found[f"{side}.name"] = [group.name]
    return found


def from_link(parameters: Mapping[str, Sequence[str]]) -> GroupsState:
    """The groups of a link; whatever in it cannot be used is as it is by default."""
    state = GroupsState()
    wanted = {PARAMETERS[name] for name in LINKED}
    for side, group in state.groups.items():
        own = {
            name.removeprefix(f"{side}."): values for name, values in parameters.items() if name.startswith(f"{side}.")
        }
        group.view = from_parameters({name: values for name, values in own.items() if name in wanted})
        group.name = (own.get("name") or [""])[0][:80]
    design = (parameters.get("design") or [""])[0]
    state.design = design if design in DESIGNS else DESIGNS[0]
    return state


def is_ours(parameter: str) -> bool:
    """Whether a query parameter is one of `to_link`'s."""
    return parameter == "design" or parameter[:2] in [f"{side}." for side in SIDES]


def overlap(found: Mapping[str, Members]) -> int:
    """How many clips are in both groups."""
    return len(set(found["a"].keys) & set(found["b"].keys))


def check_names(names: Sequence[str]) -> tuple[str, str]:
    """Two names that tell the groups apart."""
    first, second = names
    if not first or not second:
        raise ComparisonError("A group has no name.")
    return (first, second) if first != second else (f"{first} (A)", f"{second} (B)")
