"""A batch that is killed, again and again, ends with every clip there once."""

import random
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from core.analysis import analyze
from core.batch.lanes import BATCH_S
from core.batch.writing import WRITE_CLIPS
from core.library import Library
from core.model.native import NativeEngine
from core.results import SAMPLE_RATE_HZ
from tests import sounds
from tests.core.batch.conftest import entries_of

KILLS = 20
READY_AHEAD = 3  # processes that get ready while another one runs
NUM_CLIPS = 1200
MOST_HEARD = 160  # by one process, before it is killed
SHORTEST_SAMPLES, STEP_SAMPLES = 3200, 3


@contextmanager
def ready(command: list[str]) -> Iterator["deque[subprocess.Popen[str]]"]:
    """Processes that wait for their line; whatever becomes of the test, none is left."""
    waiting: deque[subprocess.Popen[str]] = deque()
    for _ in range(READY_AHEAD):
        waiting.append(_started(command))
    try:
        yield waiting
    finally:
        for process in waiting:
            process.kill()
            process.communicate()


def _started(command: list[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _killed(process: "subprocess.Popen[str]", log: Path, rng: random.Random) -> bool:
    """Kill a batch after it heard so many clips, and a moment later; whether it was still at it.

    Moments are counted in clips, so that the test is the same on a machine of any speed.
    """
    more, before = rng.randrange(MOST_HEARD), _num_heard(log)
    while _num_heard(log) - before < more and process.poll() is None:
        time.sleep(0.005)
    time.sleep(rng.uniform(0, 0.05))
    was_running = process.poll() is None
    process.kill()
    process.communicate()
    return was_running


def _num_heard(log: Path) -> int:
    return log.read_bytes().count(b"\n") if log.exists() else 0


def write_clips(folder: Path) -> dict[int, str]:
    """Clips of different lengths; their names by their number of samples."""
    folder.mkdir()
    voice = sounds.voice(1.0)
    lengths = [SHORTEST_SAMPLES + STEP_SAMPLES * number for number in range(NUM_CLIPS)]
    names = {length: f"{length}.wav" for length in lengths}
    for length, name in names.items():
        (folder / name).write_bytes(sounds.wav(voice[:length]))
    return names


def test_killed_at_twenty_moments_every_clip_is_there_once_and_hardly_one_is_heard_twice(
    tmp_path: Path, engine: NativeEngine
) -> None:
    names = write_clips(tmp_path / "clips")
    log, location = tmp_path / "heard", tmp_path / "library"
    command = [sys.executable, "-m", "tests.core.batch.killed", *map(str, (tmp_path / "clips", location, log))]
    rng, counts = random.Random(0), [0]
    killed_midway = 0
    with ready(command) as waiting:
        for _ in range(KILLS):
            process = waiting.popleft()
            waiting.append(_started(command))
            assert process.stdin is not None and process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            process.stdin.write("go\n")
            process.stdin.flush()
            killed_midway += _killed(process, log, rng)
            counts.append(Library.open(location).count())
        output, _ = waiting.popleft().communicate("go\n", timeout=120)
    done, present = map(int, output.split()[1:])
    assert killed_midway >= KILLS // 2 and counts == sorted(counts)
    assert len(set(counts)) > KILLS // 4, "many were killed with some of their clips written and some not"
    assert done + present == NUM_CLIPS and present == counts[-1]

    library = Library.open(location)
    entries = entries_of(library)
    assert set(entries) == set(names.values())
    for length in sorted(names)[:: NUM_CLIPS // 10]:
        alone = analyze(tmp_path / "clips" / names[length], engine)
        assert np.abs(entries[names[length]].analysis.frame_logits - alone.frame_logits).max() < 1e-4
    assert all(np.isfinite(entry.analysis.frame_logits).all() for entry in entries.values())

    heard = Counter(int(line) for line in log.read_text().splitlines())
    assert set(heard) == set(names)
    in_flight = 2 * WRITE_CLIPS + 2 * BATCH_S * SAMPLE_RATE_HZ / SHORTEST_SAMPLES
    assert sum(heard.values()) - NUM_CLIPS <= KILLS * in_flight
    assert max(heard.values()) <= KILLS
