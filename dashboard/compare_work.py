"""What of a comparison takes long: aligning all pairs, and the model's own noise. Jobs of the process; no Streamlit."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from core.acoustics.loudness import Loudness, loudness
from core.errors import SpeakerError
from core.results import SAMPLE_RATE_HZ, Array, Waveform
from dashboard.compare_bench import CompareBench, Side, reordered, with_noise
from dashboard.jobs import Job, Jobs, Work
from dashboard.model_host import ModelHost

if TYPE_CHECKING:
    from core.comparison import Comparison, NoiseFloor
    from core.speakers.embedding import VoiceEmbedder

logger = logging.getLogger(__name__)

PAIRS, NOISE = "comparison", "noise"  # kinds of jobs
LOUDNESS_S = 600.0  # of a longer recording its middle says how loud it is
NoiseKey = tuple[str, str, tuple[str, ...]]  # SHA-256, checkpoint, labels


class Voices:
    """Vectors of voices, each worked out once. Used by one job at a time."""

    def __init__(self, embedder: "VoiceEmbedder | None" = None) -> None:
        self._embedder = embedder
        self._found: dict[str, tuple[Array | None, str]] = {}  # by SHA-256

    def of(self, sha256: str, waveform: Waveform) -> tuple[Array | None, str]:
        """The vector of a clip's voice and the model that made it; None where there is no voice, or no model."""
        from core.speakers.embedding import VoiceEmbedder

        if sha256 not in self._found:
            try:
                self._embedder = self._embedder or VoiceEmbedder.open()
                self._found[sha256] = self._embedder.embed(waveform), self._embedder.model_id
            except SpeakerError as error:
                logger.info("No voice of a clip: %s", error)
                self._found[sha256] = None, ""
        return self._found[sha256]


@dataclass
class CompareWork:
    """What one tab had measured, kept so that another order or reference measures nothing anew.

    Attributes:
        ids: the clips of `comparison`, in its order; `settings`: checkpoint and labels they were heard with.
        floors: the noise of each clip, as it becomes known.
    """

    ids: tuple[str, ...] = ()
    settings: tuple[object, ...] = ()
    comparison: "Comparison | None" = None
    floors: "dict[NoiseKey, NoiseFloor]" = field(default_factory=dict)
    loudness: dict[str, Loudness] = field(default_factory=dict)  # by SHA-256
    voices: Voices = field(default_factory=Voices)
    pairs_job: Job | None = None
    pairs_for: tuple[object, ...] = ()
    noise_job: Job | None = None
    noise_for: frozenset[NoiseKey] = frozenset()


_warming = threading.Lock()  # taken by the first who warms, and kept


def warm() -> None:
    """Begin to import and compile what an alignment needs, once in the process, while somebody chooses clips."""
    if _warming.acquire(blocking=False):
        threading.Thread(target=_warm, name="emoscope-align", daemon=True).start()


def _warm() -> None:
    from core.comparison import warm_up

    warm_up()


def loudness_of(work: CompareWork, sha256: str, waveform: Waveform) -> Loudness:
    if sha256 not in work.loudness:
        longest = round(LOUDNESS_S * SAMPLE_RATE_HZ)
        first = max(0, (waveform.num_samples - longest) // 2)
        stretch = replace(waveform, samples=waveform.samples[first : first + longest])
        work.loudness[sha256] = loudness(stretch)
    return work.loudness[sha256]


def measured(work: CompareWork, bench: CompareBench, jobs: Jobs, title: str, patience_s: float) -> CompareBench:
    """The bench with its comparison, where that is there or comes within `patience_s`; else it is being made."""
    ids, settings = tuple(side.id for side in bench.sides), _settings(bench)
    if len(ids) < 2:
        return bench
    if not (work.comparison is not None and set(ids) <= set(work.ids) and work.settings == settings):
        if work.pairs_for != (ids, settings):
            _stop(jobs, work.pairs_job)
            work.pairs_for, work.pairs_job = (
                (ids, settings),
                jobs.submit(PAIRS, title, _pairs_of(bench.sides, work.voices)),
            )
        job = work.pairs_job
        if job is None or not job.wait(patience_s) or job.result is None:
            return bench
        work.ids, work.settings, work.comparison = ids, settings, job.result
    order = [work.ids.index(each) for each in ids]
    assert work.comparison is not None
    found = reordered(work.comparison, order, bench.reference)
    floors = {
        side.analysis.sha256: work.floors[key] for side in bench.sides if (key := _noise_key(side)) in work.floors
    }
    return replace(bench, comparison=with_noise(found, floors))


def hear_noise(
    work: CompareWork, sides: Sequence[Side], checkpoint: str, host: ModelHost, jobs: Jobs, title: str
) -> None:
    """Begin to measure the noise of every side whose noise is not known; does nothing where that is under way."""
    missing = {_noise_key(side): side for side in sides if _noise_key(side) not in work.floors}
    if not missing or work.noise_for == frozenset(missing):
        return
    if work.noise_job is not None and not work.noise_job.is_over and work.noise_for >= frozenset(missing):
        return
    _stop(jobs, work.noise_job)
    work.noise_for = frozenset(missing)
    work.noise_job = jobs.submit(NOISE, title, _noise_of(work.floors, missing, checkpoint, host))


def _pairs_of(sides: Sequence[Side], voices: "Voices") -> Work:
    from core.comparison import Compared, compare

    def work(job: Job) -> "Comparison":
        clips = []
        for side in sides:
            job.check()
            vector, model = voices.of(side.analysis.sha256, side.bench.waveform)
            clips.append(Compared(side.analysis, side.bench.waveform, vector, model))

        def advance(done: int, total: int) -> None:
            job.check()
            job.progress(done / max(1, total))

        return compare(clips, on_progress=advance)

    return work


def _noise_of(
    floors: "dict[NoiseKey, NoiseFloor]", missing: dict[NoiseKey, Side], checkpoint: str, host: ModelHost
) -> Work:
    from core.comparison import noise_floor

    def work(job: Job) -> None:
        with host.borrowed(checkpoint, job.cancelled) as engine:
            for position, (key, side) in enumerate(missing.items()):

                def advance(done: int, total: int, position: int = position) -> None:
                    job.check()
                    job.progress((position + done / max(1, total)) / len(missing))

                job.check()
                assert engine is not None  # else the job is cancelled
                heard, left_out = side.bench.waveform, side.analysis.left_out
                floors[key] = noise_floor(heard, engine, left_out=left_out, on_progress=advance)

    return work


def _stop(jobs: Jobs, job: Job | None) -> None:
    if job is not None:
        jobs.cancel(job.id)


def _settings(bench: CompareBench) -> tuple[object, ...]:
    first = bench.against.analysis
    return first.checkpoint.id, first.checkpoint.revision, first.labels


def _noise_key(side: Side) -> NoiseKey:
    return side.analysis.sha256, side.analysis.checkpoint.id, side.analysis.labels
