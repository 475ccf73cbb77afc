"""What one tab knows of its map. Knows no Streamlit."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from core.library import Query
from core.results import Array
from dashboard.components.explorer_map import Focus, Guest
from dashboard.explorer_charts import Seen
from dashboard.explorer_view import ExplorerView
from dashboard.map_bench import MapBench

Made = tuple[ExplorerView, Query]  # what a map was asked of: how, and which clips


@dataclass
class ExplorerState:
    """How one tab explores.

    Attributes:
        query: which clips; `keys` of it are those that other pages, or a selection here, sent.
        bench: the map on screen; of `made`.
        job: the id of the job that draws, or drew last, of `asked`.
        selected: (m,) int64, rows of the map.
        seen: the part of a very large map that is on screen; None for all. `seen_drawn` is what the map was drawn for.
        guest: a clip from outside that was placed on the map.
        marked: rows that a search found; `sought` what was searched for.
        tasks: ids of jobs that work something out of the map, by what they work out.
        opening: the row whose timeline was asked for.
        sent: keys that this page sent to another one last.
        recoloured: how often the page itself chose the colour: part of that choice's key, so that a browser which has
            not heard of it does not take it back.
    """

    view: ExplorerView
    query: Query = field(default_factory=Query)
    bench: MapBench | None = None
    made: Made | None = None
    job: str | None = None
    asked: Made | None = None
    selected: Array = field(default_factory=lambda: np.empty(0, np.int64))
    seen: Seen | None = None
    seen_drawn: Seen | None = None
    guest: Guest | None = None
    focus: Focus | None = None
    marked: tuple[int, ...] = ()
    sought: str = ""
    tasks: dict[tuple[Any, ...], str] = field(default_factory=dict)
    opening: int | None = None
    sent: list[str] = field(default_factory=list)
    said: str = ""  # the last change of the library, to be told once
    nonce: int = 0
    recoloured: int = 0

    def colour_by(self, name: str) -> None:
        """Show another attribute by colour."""
        self.view = replace(self.view, colour=name)
        self.recoloured += 1

    @property
    def wanted(self) -> Made:
        """What the map on screen should be of."""
        return self.view.made_by, self.query

    def show(self, bench: MapBench, made: Made) -> None:
        """Another map comes on screen; clips that are on it too stay selected."""
        kept = [] if self.bench is None else [self.bench.space.keys[row] for row in self.selected.tolist()]
        self.bench, self.made = bench, made
        self.selected = bench.rows_of(kept)
        self.seen, self.guest, self.focus, self.marked, self.sought = None, None, None, (), ""
        self.tasks = {}

    def look_at(self, row: int, plays: bool = True) -> None:
        """Show a point with its neighbours."""
        self.nonce += 1
        self.focus = Focus(row, plays, self.nonce)
        self.guest = None

    def welcome(self, guest: Guest) -> None:
        """Show a clip from outside."""
        self.nonce += 1
        self.guest = replace(guest, nonce=self.nonce)
        self.focus = None

    def take_all(self) -> None:
        """The map is no longer of single clips alone."""
        self.query = replace(self.query, keys=None)

    def ask_again(self) -> None:
        """A map that failed, or was stopped, is asked for anew."""
        self.asked = None

    def forget(self, task: tuple[Any, ...]) -> None:
        """What failed may be begun again."""
        self.tasks.pop(task, None)

    def keys(self) -> tuple[str, ...]:
        """The selected clips."""
        return () if self.bench is None else tuple(self.bench.space.keys[row] for row in self.selected.tolist())
