"""Comparisons for the dashboard's tests: synthetic voices with curves that are known."""

import numpy as np

from core.acoustics import SpeechActivity
from core.acoustics.loudness import loudness
from core.comparison import Compared, compare
from core.results import Analysis, CheckpointIdentity, Waveform, num_frames_of
from dashboard.compare_bench import CompareBench, Side
from dashboard.pictures import picture_of
from dashboard.workbench import Workbench
from tests import sounds

LABELS = ("angry", "happy", "neutral", "sad")


def side(at: int, leading: str, duration_s: float = 3.0, name: str = "", tempo: float = 1.0) -> Side:
    """A clip in which one emotion leads from beginning to end; `tempo` plays the same voice faster."""
    voice = sounds.voice(duration_s, pitch_hz=120.0 + 10 * at)
    samples = np.interp(np.arange(0, len(voice), tempo), np.arange(len(voice)), voice).astype(np.float32)
    waveform = Waveform(samples, name=name or f"take {at + 1}.wav")
    frames = num_frames_of(waveform.num_samples)
    logits = np.zeros((frames, len(LABELS)), np.float32)
    logits[:, LABELS.index(leading)] = 2.0 + np.sin(np.arange(frames) / frames * 9)
    analysis = Analysis(
        waveform.name, waveform.sha256, waveform.duration_s, CheckpointIdentity("b", "r"), "native", "cpu", "float32",
        LABELS, logits, np.eye(4, dtype=np.float32)[at % 4],
    )  # fmt: skip
    speech = SpeechActivity(((0.0, waveform.duration_s),), waveform.duration_s, "energy")
    bench = Workbench(analysis, waveform, speech)
    return Side(f"{at:032x}", at, waveform.name, bench, picture_of(waveform), loudness(waveform))


def bench_of(*sides: Side, reference: int = 0) -> CompareBench:
    """The sides compared."""
    clips = [Compared(each.analysis, each.bench.waveform) for each in sides]
    return CompareBench(tuple(sides), reference, compare(clips, reference))
