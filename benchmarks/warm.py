"""`python -m benchmarks.warm --size large --seconds 1 3 10 30`: seconds a clip once warm, against FunASR in one run.

Both engines load one random checkpoint in the hubs' format, hear the same samples turn by turn (A B A B …), and the
medians are compared; the differences of their scores and embeddings stand beside the speed.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.random_checkpoint import SIZES, write_checkpoint
from core import windows
from core.model.engine import Engine
from core.model.funasr_engine import load_funasr
from core.model.loading import load_native
from core.results import SAMPLE_RATE_HZ, Array, softmax
from core.settings import Settings


def voice_like(seconds: float, seed: int = 0) -> Array:
    """(num_samples,) float32: a gliding, syllable-gated harmonic tone with breath noise; not speech, but as varied."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    pitch_hz = 180 + 60 * np.sin(2 * np.pi * 0.4 * time_s) + 20 * np.sin(2 * np.pi * 2.3 * time_s)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE_HZ
    tone = sum(np.sin(k * phase) / k for k in range(1, 12))
    gate = 0.55 + 0.45 * np.sin(2 * np.pi * 3.7 * time_s)
    samples: Array = (0.1 * gate * tone + 0.01 * rng.standard_normal(time_s.shape)).astype(np.float32)
    return samples


def measure(engines: dict[str, Engine], seconds: float, rounds: int) -> dict[str, Any]:
    """Median seconds by engine, and the largest |Δscore| against FunASR."""
    parts = windows.split(voice_like(seconds))
    taken: dict[str, list[float]] = {name: [] for name in engines}
    scores: dict[str, Array] = {}
    pooled: dict[str, Array] = {}
    for turn in range(rounds + 1):
        for name, engine in engines.items():
            begun = time.perf_counter()
            result = engine.score(parts)[0]
            if turn:  # the first round warms the caches for this length
                taken[name].append(time.perf_counter() - begun)
            scores[name] = softmax(result.logits.mean(axis=0))
            pooled[name] = result.pooled.astype(np.float64)
    medians = {name: statistics.median(values) for name, values in taken.items()}
    return {
        "seconds": seconds,
        "median_s": {name: round(value, 4) for name, value in medians.items()},
        "times_funasr": {name: round(medians["funasr"] / value, 2) for name, value in medians.items()},
        "max_score_difference": {name: float(abs(value - scores["funasr"]).max()) for name, value in scores.items()},
        "embedding_cosine": {name: round(_cosine(value, pooled["funasr"]), 8) for name, value in pooled.items()},
    }


def _cosine(a: Array, b: Array) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=sorted(SIZES), default="large")
    parser.add_argument("--seconds", type=float, nargs="+", default=[1, 3, 10, 30])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--checkpoint", type=Path, help="a hub folder; by default a random one is made")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.checkpoint or write_checkpoint(Path(scratch), options.size, optimizer_state=False)
        engines: dict[str, Engine] = {"funasr": load_funasr(folder, options.size, Settings())}
        for precision in ("float32", "bfloat16"):
            native = load_native(folder, options.size, Settings(precision=precision))
            native.optimise()
            engines[precision] = native
        for seconds in options.seconds:
            json.dump(measure(engines, seconds, options.rounds), sys.stdout)
            print(flush=True)


if __name__ == "__main__":
    main()
