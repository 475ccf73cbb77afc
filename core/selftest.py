"""Whether a loaded model does what it should, on this machine, now: a few seconds of checks with real sound."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from core.analysis import AnalysisOptions, analyze
from core.checkpoints.verifying import Check
from core.errors import EmoScopeError
from core.model.engine import Engine
from core.results import SAMPLE_RATE_HZ, Analysis, Waveform, num_frames_of

TOLERANCES = {"float32": 1e-3, "bfloat16": 0.15}  # of a logit
LOUDNESS_TOLERANCE = 0.1  # layer normalisation adds 1e-5 to the variance, which a soft sound feels
SOUND_S = 3.0
WINDOW_S = 6.0


def self_test(engine: Engine) -> tuple[Check, ...]:
    """Let `engine` hear a made-up voice, whole, twice, softer, and in windows; no outcome raises.

    Returns:
        A `Check` each for: frames (count and finite values), the verdict as the mean of the frames, repeatability,
        loudness, a long recording in windows, and speed.
    """
    tolerance = TOLERANCES.get(engine.info.precision, TOLERANCES["bfloat16"])
    voice = Waveform(made_up_voice(SOUND_S), "self-test")
    begun = time.perf_counter()
    try:
        first = analyze(voice, engine)
    except EmoScopeError as error:
        return (Check("frames", False, str(error)),)
    first_s = time.perf_counter() - begun

    def repeats() -> tuple[bool, str]:
        return _close(first, analyze(voice, engine), tolerance)

    def softer() -> tuple[bool, str]:
        return _close(
            first,
            analyze(replace(voice, samples=voice.samples * np.float32(0.5)), engine),
            max(tolerance, LOUDNESS_TOLERANCE),
        )

    return (
        _frames(first),
        _mean(first),
        _checked("repeatable", repeats),
        _checked("loudness", softer),
        _checked("windows", lambda: _in_windows(engine)),
        Check("speed", True, f"{SOUND_S:g} s of sound in {first_s:.3f} s, {SOUND_S / first_s:.1f} × real time"),
    )


def made_up_voice(seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """(num_samples,) float32: harmonics of a gliding pitch that come and go four times a second, and a little noise."""
    times_s = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    phase = 2 * np.pi * np.cumsum(160 + 40 * np.sin(2 * np.pi * 0.7 * times_s)) / SAMPLE_RATE_HZ
    harmonics = sum(np.sin(k * phase) / k for k in range(1, 12))
    envelope = 0.55 - 0.45 * np.cos(2 * np.pi * 4 * times_s)
    noise = np.random.default_rng(0).standard_normal(len(times_s))
    voice: np.ndarray[tuple[int], np.dtype[np.float32]] = (0.3 * envelope * harmonics + 0.003 * noise).astype(
        np.float32
    )
    return voice


def _checked(name: str, look: Callable[[], tuple[bool, str]]) -> Check:
    try:
        return Check(name, *look())
    except EmoScopeError as error:
        return Check(name, False, str(error))


def _frames(analysis: Analysis) -> Check:
    expected = num_frames_of(int(SOUND_S * SAMPLE_RATE_HZ))
    count, finite = analysis.frame_logits.shape[0], bool(np.isfinite(analysis.frame_logits).all())
    detail = f"{count} of {expected} frames, {'all' if finite else 'not all'} finite"
    return Check("frames", count == expected and finite, detail)


def _mean(analysis: Analysis) -> Check:
    mean = analysis.frame_logits.mean(axis=0, dtype=np.float64)
    away = float(np.abs(mean - analysis.logits).max())
    total = sum(analysis.scores.values())
    return Check("verdict", away < 1e-4 and abs(total - 1) < 1e-6, f"mean of frames within {away:.0e}; sum {total:.6f}")


def _close(first: Analysis, second: Analysis, tolerance: float) -> tuple[bool, str]:
    away = float(np.abs(first.frame_logits - second.frame_logits).max())
    return away < tolerance, f"frame logits within {away:.1e} (tolerance {tolerance:g})"


def _in_windows(engine: Engine) -> tuple[bool, str]:
    """Two windows must be stitched to one gapless curve with the frames a whole recording has."""
    long = Waveform(made_up_voice(1.6 * WINDOW_S), "self-test")
    stitched = analyze(long, engine, AnalysisOptions(window_s=WINDOW_S, margin_s=1.0))
    expected = num_frames_of(long.num_samples)
    count = stitched.frame_logits.shape[0]
    return count == expected and stitched.num_windows > 1, f"{count} of {expected} frames from {stitched.num_windows}"
