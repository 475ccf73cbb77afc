"""A long file never lies in memory twice."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.results import SAMPLE_RATE_HZ
from tests import sounds

MINUTES = 20

PROGRAM = """
import resource, sys
from core import audio
audio.decode(sys.argv[1])  # everything that is loaded once
before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
waveform = audio.decode(sys.argv[2])
after_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(waveform.num_samples, (after_kb - before_kb) * 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in other units elsewhere, and realloc may copy")
@pytest.mark.parametrize("kind", ["flac", "wav-stereo"])
def test_twenty_minutes_take_little_more_than_their_samples(kind: str, tmp_path: Path, voice_path: Path) -> None:
    container, codec, rate_hz, layout = sounds.KINDS[kind]
    path = tmp_path / f"long.{container}"
    sounds.write_long(path, container, codec, rate_hz, layout, minutes=MINUTES)
    command = [sys.executable, "-c", PROGRAM, str(voice_path), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    num_samples, growth_bytes = map(int, done.stdout.split())
    assert num_samples == MINUTES * 60 * SAMPLE_RATE_HZ
    assert growth_bytes < 1.25 * num_samples * 4
