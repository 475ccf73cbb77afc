"""The same batch on many processes or machines: Ray Data hands out pieces, an actor with its own model hears each.

A piece goes through `run_batch` as it would at home, straight into the library. So rows are the same, what the library
has is not heard again, and a piece that Ray gives to another actor after a crash costs only what was not written yet.
Actors reach clips and library by the same path or address as the one who asked: shared or object storage.
"""

import contextlib
import itertools
import json
import logging
import os
import threading
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from core.analysis import AnalysisOptions
from core.audio import Limits
from core.audio.openers import from_record, to_record
from core.batch.items import Item, Items
from core.batch.metadata import Known
from core.batch.progress import Pace, Progress
from core.batch.run import BatchOptions, Result, run_batch
from core.checkpoints import resolve
from core.errors import EmoScopeError, EngineError, first_line
from core.library.entries import Failure
from core.model.engine import Engine
from core.settings import Settings, available_cores

if TYPE_CHECKING:
    from core.batch.writing import OnFailure, OnProgress
    from core.library import Library

PIECE_CLIPS = 64
_COUNTED = ("done", "present", "failed", "done_s", "heard_s")


def run_on_cluster(
    items: Items,
    checkpoint: str,
    settings: Settings,
    location: str,
    options: BatchOptions = BatchOptions(),
    *,
    on_progress: "OnProgress | None" = None,
    on_failure: "OnFailure | None" = None,
    cancel: threading.Event | None = None,
) -> Result:
    """`run_batch` under Ray Data: on the cluster that `RAY_ADDRESS` names, else on processes of this machine.

    Args:
        checkpoint: what each actor loads.
        location: the library, as each actor opens it.
        options: `workers` actors, by default one a core here (one a GPU with `settings.device` cuda).

    Raises:
        CheckpointError: the checkpoint is not even here.
        EngineError: Ray is not installed, or an actor cannot load the model or reach the library.
    """
    ray = _ray()
    resolve(checkpoint, settings)
    cancel = cancel or threading.Event()
    workers = options.workers or available_cores()
    records = [json.dumps(_record(item)) for item in items]
    told = _Told(len(records), items, on_progress or _ignore, on_failure or _ignore)
    with _started(ray, workers):
        pieces = list(_pieces(records, workers))
        listening = {"checkpoint": checkpoint, "settings": settings, "location": location, "options": options}
        outcomes = _dataset(ray, pieces, workers, settings, listening)
        try:
            for row in outcomes:
                outcome = json.loads(row["outcome"])
                if "error" in outcome:
                    raise EngineError(f"The cluster could not go on: {outcome['error']}")
                told.take(outcome)
                if cancel.is_set():
                    break
        except (ray.exceptions.RayError, ray.data.exceptions.SystemException) as error:
            raise EngineError(f"The cluster could not go on: {first_line(error)}") from error
    return Result(told.finish(), tuple(items.notes()), cancel.is_set())


def _dataset(
    ray: Any, pieces: Sequence[str], workers: int, settings: Settings, listening: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Outcomes of the pieces as they come; closing it stops what still runs."""
    dataset = ray.data.from_items([{"piece": piece} for piece in pieces], override_num_blocks=len(pieces) or 1)
    on_gpu = settings.device == "cuda"
    heard = dataset.map(
        Listener,
        fn_constructor_kwargs=listening,
        compute=ray.data.ActorPoolStrategy(size=min(workers, max(1, len(pieces)))),
        num_cpus=1,
        num_gpus=1 if on_gpu else 0,
    )
    rows: Iterator[dict[str, Any]] = heard.iter_rows()
    return rows


class Listener:
    """An actor: one model, one connection to the library."""

    def __init__(self, checkpoint: str, settings: Settings, location: str, options: BatchOptions) -> None:
        self._checkpoint, self._settings, self._location = checkpoint, replace(settings, threads=1), location
        limits = Limits.from_settings(settings)
        listening = AnalysisOptions(options.listening.window_s, options.listening.margin_s, limits)
        self._options = replace(options, workers=1, listening=listening)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """A piece, as JSON records of its items, becomes the counts of what happened and the failures.

        An error of ours travels as its sentence: raised here, Ray would try again for ever, and tell all its traces.
        """
        try:
            outcome = self._outcome(_Piece([_item(record) for record in json.loads(row["piece"])]))
        except EmoScopeError as error:
            outcome = {"error": str(error)}
        return {"outcome": json.dumps(outcome)}

    def _outcome(self, items: Items) -> dict[str, Any]:
        failures: list[Failure] = []
        result = run_batch(items, self._engine, self._library, self._options, on_failure=failures.append)
        counts = {name: getattr(result.progress, name) for name in _COUNTED}
        return {"counts": counts, "failures": [asdict(failure) for failure in failures]}

    @cached_property
    def _engine(self) -> Engine:
        from core.model import open_engine

        return open_engine(self._checkpoint, self._settings)

    @cached_property
    def _library(self) -> "Library":
        from core.library import Library

        return Library.open(self._location)


class _Piece(Items):
    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)


class _Told:
    """Adds up what the actors tell."""

    def __init__(self, total: int, items: Items, on_progress: "OnProgress", on_failure: "OnFailure") -> None:
        self._items, self._on_progress, self._on_failure = items, on_progress, on_failure
        self._pace, self._progress = Pace(), Progress(total=total)

    def take(self, outcome: dict[str, Any]) -> None:
        counts = {name: getattr(self._progress, name) + outcome["counts"][name] for name in _COUNTED}
        self._progress = self._pace.timed(replace(self._progress, ignored=self._items.ignored, **counts))
        for failure in outcome["failures"]:
            self._on_failure(Failure(**failure))
        self._on_progress(self._progress)

    def finish(self) -> Progress:
        return self._pace.timed(replace(self._progress, ignored=self._items.ignored))


def _record(item: Item) -> dict[str, Any]:
    """An item as plain JSON values: what travels is no code."""
    return {"place": item.place, "opener": to_record(item.opener), "known": asdict(item.known)}


def _item(record: dict[str, Any]) -> Item:
    return Item(record["place"], from_record(record["opener"]), Known(**record["known"]))


def _pieces(records: Sequence[str], workers: int) -> Iterator[str]:
    """JSON arrays of up to 64 records; fewer where there would not be four pieces a worker."""
    size = min(PIECE_CLIPS, max(1, -(-len(records) // (4 * workers))))
    for start in range(0, len(records), size):
        yield "[" + ",".join(itertools.islice(records, start, start + size)) + "]"


def _ray() -> Any:
    try:
        import ray
        import ray.data
        import ray.data.exceptions
        import ray.exceptions
    except ImportError as error:
        raise EngineError(
            f"--engine ray needs Ray, which is not installed ({error}); pip install -r requirements-cluster.txt."
        ) from None
    return ray


@contextlib.contextmanager
def _started(ray: Any, workers: int) -> Iterator[None]:
    """A connection to the cluster, or a small one on this machine; one that was there already is left as it is."""
    if ray.is_initialized():
        yield
        return
    local: dict[str, Any] = {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": workers, "include_dashboard": False}
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)  # Ray tells everything twice and at length; what matters is raised
    try:
        with warnings.catch_warnings():  # Ray's forks become other programs at once: nothing of ours runs in them
            warnings.filterwarnings("ignore", "lancedb fork support", RuntimeWarning)
            ray.init(log_to_driver=False, logging_level="FATAL", **local)
        ray.data.DataContext.get_current().enable_progress_bars = False
        yield
    finally:
        ray.shutdown()
        logging.disable(before)


def _ignore(_: Any) -> None:
    """Nobody watches."""
