"""The long work behind the explorer, as `dashboard.jobs` runs it. Knows no Streamlit.

A job says how far it is with a step's name as `detail`, which the page words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from core.errors import EmoScopeError, ProjectionError
from core.library import Query
from core.projection import (
    Agreement,
    ClusterCard,
    ClusterOptions,
    Clusters,
    Confound,
    DuplicatePair,
    MapOptions,
    MappingCancelled,
    Probe,
    Stability,
    Trust,
    agreement,
    cached_map,
    clip_table,
    cluster,
    confounds,
    describe,
    fit_probe,
    load_space,
    model_of,
    near_duplicates,
    nearest,
    outliers,
    place,
    silhouette,
    stability,
    trust_of,
)
from core.results import Array
from core.said import said
from core.settings import Settings
from dashboard.components.explorer_map import NEIGHBOURS, Guest
from dashboard.explorer_view import ExplorerView
from dashboard.jobs import Cancelled, Job, Work
from dashboard.listening import Listener, Shelf, wait_for
from dashboard.map_bench import MapBench

if TYPE_CHECKING:
    from core.library import Library

MAP_JOBS = "map"  # the kinds: maps wait for each other, what is worked out of them too
EXPLORE_JOBS = "explore"
VECTOR_JOBS = "vectors"
Made = TypeVar("Made")
OUTLIERS = 12
TRUST_NEIGHBOURS = 15
LISTENING_S = 600.0  # a clip from outside may have to wait for its checkpoint


@dataclass(frozen=True)
class Grouped:
    """Groups, their cards, and what lies alone or twice; rows of the map."""

    clusters: Clusters
    cards: tuple[ClusterCard, ...]
    alone: Array
    twice: tuple[DuplicatePair, ...]


@dataclass(frozen=True)
class Trusted:
    """How far a map can be trusted; `silhouette` is that of the verdicts in the space."""

    trust: Trust
    silhouette: float | None


def map_options(view: ExplorerView) -> MapOptions:
    """How core draws what the view asks for."""
    return MapOptions(
        view.method, view.dimensions, view.neighbours, view.min_dist, view.metric, view.seed, view.keeps_density
    )


def cluster_options(view: ExplorerView) -> ClusterOptions:
    """How core groups as the view asks."""
    return ClusterOptions(view.grouping, view.num_clusters or None, seed=view.seed)


def draw(library: "Library", query: Query, view: ExplorerView, folder: Path) -> Work:
    """The map of a selection: a `MapBench`."""

    def work(job: Job) -> MapBench:
        job.progress(None, detail="reading")
        space = load_space(library, query, view.space)
        job.check()
        drawn = _uncancelled(lambda: cached_map(folder, space, map_options(view), _told(job), job.cancelled.is_set))
        job.progress(None, detail="describing")
        return MapBench(space, drawn, clip_table(library, space.keys), view)

    return work


def group(bench: MapBench, view: ExplorerView) -> Work:
    """The groups of a map's clips: `Grouped`."""

    def work(job: Job) -> Grouped:
        job.progress(None, detail="grouping")
        found = cluster(bench.space, cluster_options(view))
        job.check()
        job.progress(None, detail="describing")
        cards = describe(found, bench.space, bench.table)
        job.check()
        alone = outliers(bench.space, found, OUTLIERS)
        return Grouped(found, cards, alone, near_duplicates(bench.space, bench.table["sha256"].tolist()))

    return work


def measure_trust(bench: MapBench) -> Work:
    """How far the map can be trusted: `Trusted`."""

    def work(job: Job) -> Trusted:
        job.progress(None, detail="measuring")
        count = min(TRUST_NEIGHBOURS, max(1, (len(bench) - 1) // 2))
        trust = trust_of(bench.space, bench.map, count)
        job.check()
        return Trusted(trust, silhouette(bench.space.prepared, bench.table["label"].to_numpy()))

    return work


def measure_stability(bench: MapBench, view: ExplorerView) -> Work:
    """How alike maps of five seeds are: `Stability`."""

    def work(job: Job) -> Stability:
        count = min(TRUST_NEIGHBOURS, max(1, (len(bench) - 1) // 2))
        return _uncancelled(
            lambda: stability(
                bench.space, map_options(view), k=count, on_progress=_told(job), is_cancelled=job.cancelled.is_set
            )
        )

    return work


def measure_confounds(bench: MapBench, clusters: Clusters) -> Work:
    """What the space and its groups are made of: a tuple of `Confound`."""

    def work(job: Job) -> tuple[Confound, ...]:
        job.progress(None, detail="measuring")
        return confounds(bench.space.prepared, bench.table, clusters)

    return work


def measure_agreement(clusters: Clusters, reference: list[str | None]) -> Agreement:
    """How far the groups are those of a column."""
    return agreement(clusters.labels, reference)


def fit(bench: MapBench, classes: list[str | None]) -> Work:
    """A linear probe of the classes, speakers kept apart: `Probe`."""

    def work(job: Job) -> Probe:
        job.progress(None, detail="fitting")
        return fit_probe(bench.space, classes, bench.table["speaker"].tolist())

    return work


def add_voices(library: "Library", query: Query, settings: Settings) -> Work:
    """A vector of the voice of each of these clips, kept in the library: how many."""

    def work(job: Job) -> int:
        from core.speakers.cataloguing import add_speaker_vectors
        from core.speakers.embedding import VoiceEmbedder

        job.progress(None, detail="loading")
        embedder = VoiceEmbedder.open(settings)
        return int(add_speaker_vectors(library, query, embedder, _counted(job), job.cancelled.is_set))

    return work


def add_acoustics(library: "Library", query: Query) -> Work:
    """The acoustic features of each of these clips, kept in the library: how many."""

    def work(job: Job) -> int:
        from core.projection.cataloguing import add_acoustic_vectors

        job.progress(None, detail="loading")
        return int(add_acoustic_vectors(library, query, _counted(job), job.cancelled.is_set))

    return work


def find_like(
    bench: MapBench,
    sound: bytes,
    name: str,
    checkpoint: str,
    listener: Listener,
    settings: Settings,
    speaker: str | None = None,
) -> Work:
    """A clip from outside on the map, with its nearest clips in the space: `Guest`.

    `speaker` says who speaks in it, which only the space within_speaker needs.
    """

    def work(job: Job) -> Guest:
        job.progress(None, detail="listening")
        vector = _vector(bench, sound, name, checkpoint, listener, settings)
        prepared = bench.space.prepare(vector, speaker)
        found = nearest(bench.space, prepared, min(NEIGHBOURS, len(bench)), bench.metric)
        position = place(bench.map, bench.space, prepared)[0]
        return Guest(
            name, tuple(position.tolist()), tuple(found.indices[0].tolist()), tuple(found.distances[0].tolist()), 0
        )

    return work


def _vector(bench: MapBench, sound: bytes, name: str, checkpoint: str, listener: Listener, settings: Settings) -> Array:
    """(dim,) float32: a sound in a map's space, by the model that the space is of."""
    heard = listener.hear(sound, name)
    if bench.space.name == "speaker":
        from core.speakers.embedding import VoiceEmbedder

        embedder = VoiceEmbedder.open(settings)
        if embedder.model_id != bench.space.model:
            raise ProjectionError(
                said(
                    "guest.voices",
                    "The voices of this map are vectors of {model!r}, but what is at hand is {this!r}: compute the "
                    "voices of these clips anew.",
                    model=bench.space.model, this=embedder.model_id,
                )
            )  # fmt: skip
        return embedder.embed(heard.result().waveform)
    if bench.space.name == "acoustic":
        from core.acoustics.features import acoustic_features

        return acoustic_features(heard.result().waveform)
    listening = listener.listen(heard, checkpoint, Shelf())
    wait_for([listening], LISTENING_S)
    analysis = listening.analysis
    if analysis is None:
        raise EmoScopeError(listening.error or said("guest.unheard", "The clip could not be listened to; try again."))
    if model_of(analysis.checkpoint) != bench.space.model:
        raise ProjectionError(
            said(
                "guest.checkpoint",
                "This map is of {model!r}, but the chosen checkpoint is {this}: choose that of the map on the clip "
                "page.",
                model=bench.space.model, this=model_of(analysis.checkpoint),
            )
        )  # fmt: skip
    if bench.space.name == "scores":
        return np.array(list(analysis.scores.values()), np.float32)
    return np.asarray(analysis.embedding, np.float32)


def _told(job: Job) -> Callable[[str, float], None]:
    return lambda step, share: job.progress(share, detail=step)


def _counted(job: Job) -> Callable[[int, int], None]:
    return lambda done, total: job.progress(done / max(1, total), detail="vectors")


def _uncancelled(make: Callable[[], Made]) -> Made:
    """What was stopped because somebody asked for it did not fail."""
    try:
        return make()
    except MappingCancelled:
        raise Cancelled from None
