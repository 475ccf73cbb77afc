"""`python -m benchmarks.timeline`: the timeline's figure of a long recording, against one that draws every point.

The recording is made up: noise for its sound, logits of a seeded process that changes every few seconds; what is timed
is the dashboard's own way from an analysis to what is sent to the browser. Ratios are within the same run.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
import plotly.io

from core.acoustics import SpeechActivity
from core.results import FRAME_RATE_HZ, Analysis, CheckpointIdentity, Waveform
from dashboard import timeline_charts
from dashboard.language import texts_in
from dashboard.pictures import picture_of
from dashboard.timeline_charts import timeline
from dashboard.timeline_view import TimelineView
from dashboard.workbench import Workbench

LABELS = ("angry", "disgusted", "fearful", "happy", "neutral", "sad", "surprised")


def made_up(hours: float) -> Workbench:
    """A recording of that many hours: a change of emotion about every four seconds, speech four fifths of the time."""
    rng = np.random.default_rng(0)
    num_frames = int(hours * 3600 * FRAME_RATE_HZ)
    stretches = np.repeat(3 * rng.normal(size=(num_frames // 200 + 1, len(LABELS))), 200, axis=0)[:num_frames]
    logits = (stretches + rng.normal(size=stretches.shape)).astype(np.float32)
    waveform = Waveform(0.1 * rng.standard_normal(num_frames * 320 + 80, dtype=np.float32))
    spans_s = tuple((k * 4.0, k * 4.0 + 3.2) for k in range(num_frames // 200))
    analysis = Analysis(
        "made up", "0" * 64, waveform.duration_s, CheckpointIdentity("none", "none"), "native", "cpu", "float32",
        LABELS, logits, np.zeros(4, np.float32),
    )  # fmt: skip
    return Workbench(analysis, waveform, SpeechActivity(spans_s, waveform.duration_s, "energy"))


def timed(make: Callable[[], Any]) -> tuple[float, str]:
    """Seconds, and the figure as it is sent."""
    begun = time.perf_counter()
    sent: str = plotly.io.to_json(make())
    return time.perf_counter() - begun, sent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=3.0)
    options = parser.parse_args()
    bench, texts = made_up(options.hours), texts_in("en")
    picture, whole = picture_of(bench.waveform), TimelineView(smoothing="none")
    middle_s = bench.analysis.duration_s / 2
    short = replace(whole, view_s=(middle_s, middle_s + 2.0))
    begun = time.perf_counter()
    segments = len(bench.structure(whole).segments)
    print(f"{options.hours:g} h · {len(bench.analysis.frame_logits):,} frames · {segments:,} segments, found in "
          f"{time.perf_counter() - begun:.2f} s")  # fmt: skip
    rows = [("whole, decimated", *timed(lambda: timeline(bench, picture, whole, texts)))]
    rows.append(("whole again", *timed(lambda: timeline(bench, picture, whole, texts))))
    rows.append(("2 s in the middle, every frame", *timed(lambda: timeline(bench, picture, short, texts))))
    with patch.object(timeline_charts, "PIXELS", len(bench.analysis.frame_logits)):
        rows.append(("whole, every point", *timed(lambda: timeline(bench, picture, whole, texts))))
    slowest_s, largest = rows[-1][1], len(rows[-1][2])
    for name, seconds, sent in rows:
        print(f"{name:32s} {seconds:7.3f} s {len(sent) / 1e6:8.2f} MB", end="   ")
        print(f"every point: {slowest_s / seconds:6.1f}x the time, {largest / len(sent):7.1f}x the bytes")


if __name__ == "__main__":
    main()
