"""`python -m benchmarks.library`: a library of 100,000 clips, asked as a page asks it.

The clips are made up (`benchmarks.synthetic_library`). First the library itself: each question beside the same one
answered by reading the rows' light columns into pandas and looking there, in one run. Then, unless `--no-page`, the
library page of a real server in a real Chromium, beside the same page of 200 clips: seconds until the table's rows
are painted, of a link that is opened anew, and of a search. Needs
the packages of requirements-dev.txt, the page Chromium too.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.synthetic_library import make_library
from core.library import Library, Query
from core.library.tables import LIGHT

PAGE = 50
Question = tuple[Callable[[], Any], Callable[[Any], Any]]  # asked of the library, and of a whole table in pandas
FEW = 200
NEEDLE = "take_000777"


def questions(library: Library) -> Mapping[str, Question]:
    """What is asked of each side; the answers of both are the same."""

    def page(query: Query, offset: int = 0) -> Callable[[], list[str]]:
        return lambda: list(library.rows(query, limit=PAGE, offset=offset).column("key").to_pylist())

    def first(table: Any, order: str, descending: bool, offset: int = 0) -> list[str]:
        ordered = table.sort_values([order, "key"], ascending=[not descending, True], na_position="last")
        return list(ordered["key"].iloc[offset : offset + PAGE])

    deep = library.count() - PAGE
    return {
        "first page": (page(Query()), lambda table: first(table, "added_at", False)),
        "last page": (page(Query(), deep), lambda table: first(table, "added_at", False, deep)),
        "by confidence": (
            page(Query(order="confidence", descending=True)),
            lambda table: first(table, "confidence", True),
        ),
        "filter": (
            page(Query(labels=("sad",), confidence=(0.0, 0.5))),
            lambda table: first(table[(table["label"] == "sad") & (table["confidence"] <= 0.5)], "added_at", False),
        ),
        "text search": (
            page(Query(text=NEEDLE.upper())),
            lambda table: first(table[table["source"].str.contains(NEEDLE, case=False)], "added_at", False),
        ),
        "count": (lambda: library.count(Query(unsure=True)), lambda table: int(table["unsure"].sum())),
        "facets": (
            lambda: library.facets()["speaker"],
            lambda table: table["speaker"].value_counts().to_dict(),
        ),
    }


def of_the_library(library: Library, rounds: int) -> dict[str, dict[str, float]]:
    """Median seconds of each question to the library and to pandas, which reads the table first.

    Raises `AssertionError` where the two answer differently.
    """
    found = {}
    for what, (ask, look) in questions(library).items():
        assert ask() == _in_pandas(library, look), what
        times = {
            "library": _median_s(partial(_anew, library, ask), rounds),
            "pandas": _median_s(partial(_in_pandas, library, look), 3),
        }
        found[what] = {name: round(seconds, 4) for name, seconds in times.items()}
    return found


def _anew(library: Library, ask: Callable[[], Any]) -> Any:
    """The answer as it is found, not as it was kept from before."""
    library.forget()
    return ask()


def whole_table(library: Library) -> Any:
    """The baseline's first step: every row's light columns, as a data frame."""
    import lancedb

    table = lancedb.connect(library.location).open_table("clips")
    return table.search().select(list(LIGHT)).limit(table.count_rows()).to_pandas()


def _in_pandas(library: Library, look: Callable[[Any], Any]) -> Any:
    return look(whole_table(library))


def _median_s(ask: Callable[[], object], rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=9, help="how often each is asked; the median is told")
    parser.add_argument("--library", type=Path, help="one that this made before (default: made, and removed)")
    parser.add_argument("--page-rounds", type=int, default=7, help="how often the page is opened, after a first time")
    parser.add_argument("--no-page", action="store_true", help="the library alone, without a browser")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.library or Path(name) / "library"
        begun = time.perf_counter()
        library = Library.open(folder) if folder.exists() else make_library(folder, options.clips)
        print(f"{library.count():,} clips, {library.size_bytes() / 1e6:.0f} MB, there after "
              f"{time.perf_counter() - begun:.1f} s")  # fmt: skip
        found = of_the_library(library, options.rounds)
        for what, seconds in found.items():
            ours, theirs = seconds["library"], seconds["pandas"]
            print(f"  {what:14s} {ours * 1e3:8.1f} ms   through pandas {theirs * 1e3:8.1f} ms   {theirs / ours:6.1f} ×")
        record = {"clips": library.count(), "median_s": found}
        if not options.no_page:
            record["page_median_s"] = _page(library, Path(name), options.page_rounds)
        print(json.dumps(record))


def _page(library: Library, folder: Path, rounds: int) -> dict[str, dict[str, float]]:
    from benchmarks.library_page import of_the_page

    few = make_library(folder / "few", FEW)
    found = {f"{each.count()} clips": of_the_page(each, folder, rounds).medians() for each in (library, few)}
    (many, medians), (_, baseline) = found.items()
    print(f"the page, {many}, each time in a new tab, the scripts in the browser's cache:")
    for what, seconds in medians.items():
        print(f"  {what.replace('_', ' '):14s} {seconds:8.2f} s    of {FEW} clips {baseline[what]:8.2f} s")
    return found


if __name__ == "__main__":
    main()
