"""`python -m benchmarks.compare`: eight takes of a minute held against each other, against librosa's DTW of each pair.

The takes are made from the examples' synthetic speech: the same sentences, each said faster or slower by up to 15 %,
with pauses of other lengths, so that which moment of one is which of another is known. They are analysed first, with
the bundled checkpoint; what is timed is the comparison: all 28 pairs measured and aligned, pitch, level and rate found.
The baseline aligns the same features with `librosa.sequence.dtw`, searched whole. Ratios are within the same run.
"""

import argparse
import time
from collections.abc import Sequence
from itertools import combinations, cycle
from pathlib import Path

import numpy as np

from core.analysis import analyze
from core.audio import decode
from core.comparison import Compared, CompareOptions, Comparison, compare, warm_up
from core.comparison.align import features_of
from core.comparison.voice import voice_of
from core.model import open_engine
from core.results import SAMPLE_RATE_HZ, Array, Waveform
from core.settings import Settings

EXAMPLES = Path(__file__).parents[1] / "dashboard" / "examples"
CHECKED_EVERY_S = 0.25


def take(sentences: Sequence[Array], duration_s: float, seed: int) -> tuple[Waveform, Array]:
    """One reading, and where each of its sentences lies: (num_sentences, 2) seconds; the last is cut at the end."""
    import librosa

    rng = np.random.default_rng(seed)
    parts: list[Array] = []
    spans, at = [], 0
    for sentence in cycle(sentences):
        pause = np.zeros(int(rng.uniform(0.2, 0.8) * SAMPLE_RATE_HZ), np.float32)
        said = librosa.effects.time_stretch(sentence, rate=rng.uniform(0.87, 1.15), n_fft=512).astype(np.float32)
        spans.append(((at + len(pause)) / SAMPLE_RATE_HZ, (at + len(pause) + len(said)) / SAMPLE_RATE_HZ))
        parts += [pause, said]
        at += len(pause) + len(said)
        if at >= duration_s * SAMPLE_RATE_HZ:
            break
    samples = np.concatenate(parts)[: round(duration_s * SAMPLE_RATE_HZ)]
    return Waveform(samples, f"take {seed + 1}"), np.array(spans)


def misplaced_s(comparison: Comparison, spans: Sequence[Array]) -> Array:
    """(n,) seconds by which moments of sentences that both takes hold whole are laid elsewhere than where they are."""
    found = []
    for (i, j), alignment in comparison.alignments.items():
        whole = min(len(spans[i]), len(spans[j])) - 1
        for (start, end), (there_from, there_to) in zip(spans[i][:whole], spans[j][:whole], strict=True):
            times_s = np.arange(start, end, CHECKED_EVERY_S)
            truth = there_from + (times_s - start) / (end - start) * (there_to - there_from)
            found.append(np.abs(alignment.warp(times_s) - truth))
    return np.concatenate(found)


def parts_timed(clips: Sequence[Compared]) -> tuple[dict[str, float], Comparison]:
    """Seconds by part, and of the whole as a person waits for it."""
    timings: dict[str, float] = {}
    waveforms = [clip.waveform for clip in clips if clip.waveform is not None]
    begun = time.perf_counter()
    for waveform in waveforms:
        voice_of(waveform)
    timings["pitch, level, rate"] = time.perf_counter() - begun
    begun = time.perf_counter()
    for waveform in waveforms:
        features_of(waveform)
    timings["features"] = time.perf_counter() - begun
    begun = time.perf_counter()
    compare(clips, options=CompareOptions(align=False, voice=False))
    timings["measures without alignment"] = time.perf_counter() - begun
    begun = time.perf_counter()
    comparison = compare(clips)
    timings["all, aligned"] = time.perf_counter() - begun
    return timings, comparison


def baseline(clips: Sequence[Compared]) -> tuple[float, list[float]]:
    """Seconds that librosa takes for all pairs, and the costs of its paths, the least there are."""
    import librosa

    values = [features_of(clip.waveform).values.T.astype(np.float64) for clip in clips if clip.waveform is not None]
    begun, costs = time.perf_counter(), []
    for first, second in combinations(values, 2):
        summed, path = librosa.sequence.dtw(first, second)
        costs.append(float(summed[-1, -1]) / len(path))
    return time.perf_counter() - begun, costs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    sentences = [decode(path).samples for path in sorted(EXAMPLES.glob("*.opus"))]
    takes = [take(sentences, options.seconds, seed) for seed in range(options.clips)]
    engine = open_engine("bundled", Settings())
    clips = [Compared(analyze(waveform, engine), waveform) for waveform, _ in takes]
    begun = time.perf_counter()
    warm_up()
    warm_s = time.perf_counter() - begun
    print(f"{options.clips} clips of {options.seconds:g} s; imports and compiled code {warm_s:.2f} s, once")
    timings, comparison = parts_timed(clips)
    for name, seconds in timings.items():
        print(f"{name:32s} {seconds:7.3f} s")
    full_s, least = baseline(clips)
    ours_s = timings["all, aligned"] - timings["pitch, level, rate"] - timings["measures without alignment"]
    own = [alignment.cost for alignment in comparison.alignments.values()]
    off_s = misplaced_s(comparison, [spans for _, spans in takes])
    print(f"{'librosa, whole, DTW alone':32s} {full_s:7.3f} s   {full_s / ours_s:.1f}x the time of our alignment "
          f"with its features, {full_s / timings['all, aligned']:.1f}x that of the whole comparison")  # fmt: skip
    print(f"cost of our paths over the least: {np.mean(own) / np.mean(least):.4f}, at most "
          f"{max(a / b for a, b in zip(own, least, strict=True)):.4f}")  # fmt: skip
    print(f"moments laid elsewhere than they are by: median {1000 * np.median(off_s):.0f} ms, 95 % below "
          f"{1000 * np.quantile(off_s, 0.95):.0f} ms")  # fmt: skip


if __name__ == "__main__":
    main()
