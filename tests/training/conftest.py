"""Made-up voices to learn from: tones for emotions."""

import csv
from pathlib import Path

import numpy as np
import pytest

from core.audio import write_wav
from core.results import Waveform
from training import train

EMOTIONS = {"happy": 400.0, "sad": 120.0, "angry": 1500.0}
SIZE = "--embed-dim 16 --num-blocks 1 --stem-channels 4 --batch-size 8 --crop-min-s 0.5 --crop-max-s 0.8 --threads 2"


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten speakers, three "emotions" that are tones apart, two clips each; and one file that is no audio."""
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    rows = []
    for speaker in range(10):
        for emotion, pitch_hz in EMOTIONS.items():
            for take in range(2):
                time_s = np.arange(16_000) / 16_000
                tone = np.sin(2 * np.pi * pitch_hz * (1 + 0.03 * speaker) * time_s)
                samples = (0.3 * tone + 0.02 * rng.standard_normal(16_000)).astype(np.float32)
                name = f"s{speaker}_{emotion}_{take}.wav"
                write_wav(Waveform(samples), folder / name)
                rows.append([name, "tones", f"s{speaker}", "female" if speaker % 2 else "male", "xx", emotion, "1.0"])
    (folder / "broken.wav").write_text("no audio")
    rows.append(["broken.wav", "tones", "s0", "male", "xx", "sad", "1.0"])
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "corpus", "speaker", "gender", "language", "emotion", "duration_s"])
        writer.writerows(rows)
    return folder


def run_training(data: Path, out: Path, *more: str) -> None:
    train.main(["--data", str(data), "--out", str(out), "--cache", str(data / "cache"), *SIZE.split(), *more])
