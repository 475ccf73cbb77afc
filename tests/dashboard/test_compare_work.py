"""What takes long in a comparison is done once, outside the page: pairs, voices, noise."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from core.model import Engine, open_engine
from core.settings import Settings
from core.speakers.embedding import VoiceEmbedder
from dashboard.compare_bench import CompareBench
from dashboard.compare_work import CompareWork, Voices, hear_noise, measured
from dashboard.jobs import Jobs
from tests.dashboard.comparisons import side

PATIENCE_S = 60.0


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    found = Jobs()
    yield found
    found.shutdown()


class Host:
    """A model host that has one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def borrowed(self, checkpoint: str, cancelled: threading.Event) -> Iterator[Engine]:
        yield self.engine


def test_pairs_and_voices_are_measured_once_and_another_order_or_fewer_clips_measure_nothing(jobs: Jobs) -> None:
    sides = (side(0, "happy", 1.5), side(1, "sad", 1.5), side(2, "happy", 1.2))
    work = CompareWork(voices=Voices(VoiceEmbedder.open(projected=False)))
    bench = measured(work, CompareBench(sides, 0), jobs, "pairs", PATIENCE_S)
    assert bench.comparison is not None and len(jobs.all()) == 1
    cosine = bench.comparison.pairs[0][1].speaker_cosine
    assert cosine is not None and -1 <= cosine <= 1
    turned = tuple(replace(each, at=at) for at, each in enumerate(reversed(sides)))
    again = measured(work, CompareBench(turned, 1), jobs, "pairs", PATIENCE_S)
    fewer = measured(work, CompareBench(turned[:2], 0), jobs, "pairs", PATIENCE_S)
    assert len(jobs.all()) == 1 and again.comparison is not None and fewer.comparison is not None
    assert again.comparison.reference == 1 and again.comparison.pairs[2][1].speaker_cosine == cosine
    assert len(fewer.comparison.clips) == 2


def test_a_voice_that_cannot_be_heard_is_none_and_stops_nothing() -> None:
    voices = Voices(VoiceEmbedder.open(projected=False))
    silent = replace(side(0, "happy", 1.0).bench.waveform, samples=side(0, "happy", 1.0).bench.waveform.samples * 0)
    assert voices.of("0" * 64, silent) == (None, "")


def test_noise_is_heard_once_a_clip_and_tells_whether_a_difference_is_one(
    jobs: Jobs, checkpoint: Path, settings: Settings
) -> None:
    engine = open_engine(str(checkpoint), settings)
    sides = (side(0, "happy", 1.2), side(1, "sad", 1.2))
    work = CompareWork(voices=Voices(VoiceEmbedder.open(projected=False)))
    hear_noise(work, sides, "tiny", Host(engine), jobs, "noise")  # type: ignore[arg-type]  # all that is asked of one
    hear_noise(work, sides, "tiny", Host(engine), jobs, "noise")  # type: ignore[arg-type]
    assert len(jobs.all()) == 1 and work.noise_job is not None
    assert work.noise_job.wait(PATIENCE_S) and work.noise_job.error is None and len(work.floors) == 2
    bench = measured(work, CompareBench(sides, 0), jobs, "pairs", PATIENCE_S)
    assert bench.comparison is not None
    pair = bench.comparison.pairs[0][1]
    assert pair.noise_level == max(floor.level for floor in work.floors.values())
    assert pair.is_different is (pair.js_distance > pair.noise_level)
