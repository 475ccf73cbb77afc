"""The model's own noise: how far scores move when a clip is changed in ways that change no emotion.

A clip is heard again louder and softer, with a little noise, a little faster and slower, and with its windows shifted
by less than a frame; the distances of those scores from the clip's own are what "no difference" looks like. A pair
differs only where its distance is larger than that of both its clips.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.analysis import AnalysisOptions, analyze
from core.comparison.distances import curve_distance_normalised, js_distance
from core.emotions import EMOTION_KEYS
from core.model.engine import Engine
from core.results import SAMPLE_RATE_HZ, Analysis, Array, Waveform, num_frames_of

KINDS = ("gain", "noise", "tempo", "shift")
# The largest of a few distances is not the largest there can be: what the level is multiplied by so that of copies
# changed in other ways 5 % at most pass for a difference (training/evaluate_comparison.py).
HEADROOM = 1.25


@dataclass(frozen=True, slots=True)
class Perturbation:
    """One change: decibels of gain, decibels of signal over noise, per cent of tempo, or milliseconds of shift."""

    kind: str
    amount: float
    seed: int = 0


@dataclass(frozen=True, slots=True)
class NoiseOptions:
    """What is tried.

    Attributes:
        max_s: of longer clips a stretch of this length from the middle is heard; see `NoiseFloor.measured_s`.
    """

    perturbations: tuple[Perturbation, ...] = (
        Perturbation("gain", -6.0),
        Perturbation("gain", 6.0),
        Perturbation("noise", 20.0, seed=1),
        Perturbation("noise", 20.0, seed=2),
        Perturbation("noise", 20.0, seed=3),
        Perturbation("tempo", -2.0),
        Perturbation("tempo", 2.0),
        Perturbation("shift", 5.0),
        Perturbation("shift", 10.0),
        Perturbation("shift", 15.0),
    )
    max_s: float = 30.0


@dataclass(frozen=True)
class NoiseFloor:
    """How far one clip's results move by themselves.

    Attributes:
        perturbations: what was tried.
        js: (k,) float64, the Jensen–Shannon distance of the scores of each from the clip's own.
        curve: (k,) float64, the mean distance of its curve at the same share of the duration.
        measured_s: how much of the clip was heard.
    """

    perturbations: tuple[Perturbation, ...]
    js: Array
    curve: Array
    measured_s: float

    @property
    def level(self) -> float:
        """The distance of scores up to which nothing is a difference: the largest that was found, with headroom."""
        return min(1.0, HEADROOM * float(self.js.max(initial=0.0)))

    @property
    def curve_level(self) -> float:
        """The same of curves at the same share of the duration."""
        return min(1.0, HEADROOM * float(self.curve.max(initial=0.0)))


def noise_floor(
    clip: Waveform,
    engine: Engine,
    options: NoiseOptions = NoiseOptions(),
    left_out: Sequence[str] = (),
    on_progress: Callable[[int, int], None] | None = None,
) -> NoiseFloor:
    """Hear a clip again and again, each time changed a little.

    Args:
        left_out: labels left out of the analyses that are compared.
        on_progress: called as on_progress(done, perturbations in all).

    Raises:
        EngineError: the engine cannot run.
    """
    heard = middle_of(clip, options.max_s)
    original = _analyzed(heard, engine, left_out)
    js, curve = [], []
    for done, each in enumerate(options.perturbations):
        if on_progress is not None:
            on_progress(done, len(options.perturbations))
        other = _analyzed(perturbed(heard, each), engine, left_out)
        js.append(js_distance(_scores(original), _scores(other)))
        curve.append(curve_distance_normalised(original.frame_probabilities, other.frame_probabilities))
    if on_progress is not None:
        on_progress(len(options.perturbations), len(options.perturbations))
    return NoiseFloor(options.perturbations, np.array(js), np.array(curve), heard.duration_s)


def pair_level(first: NoiseFloor | None, second: NoiseFloor | None) -> float | None:
    """The level of two clips: that of the noisier; None where one was not measured."""
    return None if first is None or second is None else max(first.level, second.level)


def middle_of(clip: Waveform, most_s: float) -> Waveform:
    """The clip, or `most_s` seconds around its middle."""
    most = round(most_s * SAMPLE_RATE_HZ)
    first = max(0, (clip.num_samples - most) // 2)
    return replace(clip, samples=clip.samples[first : first + most]) if clip.num_samples > most else clip


def perturbed(clip: Waveform, change: Perturbation) -> Waveform:
    """The clip changed so; `ValueError` for a kind that is none of `KINDS`.

    Noise is white and Gaussian, its power that of the whole clip less `amount` decibels. Tempo is changed by
    resampling, as a tape that runs faster: 2 % is a third of a semitone. A shift leaves out the first milliseconds,
    so that every frame hears a little later; a clip too short for that stays as it is.
    """
    samples = np.asarray(clip.samples, np.float32)
    return replace(clip, samples=_changed(samples, change))


def _changed(samples: Array, change: Perturbation) -> Array:
    if change.kind == "gain":
        return samples * np.float32(10 ** (change.amount / 20))
    if change.kind == "noise":
        rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) * 10 ** (-change.amount / 20)
        noise = np.random.default_rng(change.seed).standard_normal(len(samples), dtype=np.float32)
        noisy: Array = samples + np.float32(rms) * noise
        return noisy
    if change.kind == "tempo":
        import soxr  # type: ignore[import-untyped]

        faster: Array = soxr.resample(samples, SAMPLE_RATE_HZ * (1 + change.amount / 100), SAMPLE_RATE_HZ)
        return faster if num_frames_of(len(faster)) else samples
    if change.kind == "shift":
        later = samples[round(change.amount * SAMPLE_RATE_HZ / 1000) :]
        return later if num_frames_of(len(later)) else samples
    raise ValueError(f"{change.kind!r} is no perturbation; there are {', '.join(KINDS)}")


def _analyzed(clip: Waveform, engine: Engine, left_out: Sequence[str]) -> Analysis:
    return analyze(clip, engine, AnalysisOptions()).without(left_out)


def _scores(analysis: Analysis) -> Array:
    return np.array([analysis.scores[key] for key in EMOTION_KEYS])
