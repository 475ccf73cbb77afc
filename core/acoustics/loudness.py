"""How loud a clip is to people: integrated loudness after ITU-R BS.1770-4, and what brings clips to the same."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.results import SAMPLE_RATE_HZ, Array, Waveform

BLOCK_S, HOP_S = 0.4, 0.1
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
OFFSET_LU = -0.691
HEADROOM_DB = 1.0  # kept below full scale
# The analogue prototypes behind the standard's 48 kHz coefficients (De Man 2018, "Evaluation of implementations of the
# EBU R128 loudness measurement", AES Convention e-Brief 425): a shelf for the head, a high-pass for the ear.
_SHELF_HZ, _SHELF_DB, _SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
_PASS_HZ, _PASS_Q = 38.13547087602444, 0.5003270373238773


@dataclass(frozen=True, slots=True)
class Loudness:
    """One clip's.

    Attributes:
        lufs: integrated loudness; None where nothing is above the absolute gate.
        peak_db: the loudest sample, in decibels of full scale.
    """

    lufs: float | None
    peak_db: float


def loudness(waveform: Waveform) -> Loudness:
    """Integrated loudness of a mono clip: K-weighted mean power of blocks of 0.4 s that pass both gates, in LUFS.

    A clip shorter than a block is one block. A sine of 997 Hz at full scale has −3.01 LUFS (BS.1770-4, annex 1).
    """
    samples = np.asarray(waveform.samples, np.float64)
    if not samples.size:
        return Loudness(None, -np.inf)
    peak = float(np.abs(samples).max())
    powers = _block_powers(_weighted(samples))
    heard = powers[_lufs(powers) > ABSOLUTE_GATE_LUFS]
    if len(heard):
        heard = heard[_lufs(heard) > _lufs(heard.mean()) + RELATIVE_GATE_LU]
    return Loudness(
        float(_lufs(heard.mean())) if len(heard) else None, float(20 * np.log10(peak)) if peak > 0 else -np.inf
    )


def matching_gains(found: Sequence[Loudness]) -> tuple[float, ...]:
    """The factor for each clip after which all are equally loud, and none louder than it was or near full scale.

    The quietest sets the level, so that nothing is turned up; a clip without loudness is left as it is.
    """
    levels = [each.lufs for each in found if each.lufs is not None]
    if not levels:
        return tuple(1.0 for _ in found)
    target = min(levels)
    return tuple(1.0 if each.lufs is None else float(10 ** ((target - each.lufs) / 20)) for each in found)


def _lufs(power: Array | float) -> Array:
    level: Array = OFFSET_LU + 10 * np.log10(np.maximum(power, 1e-20))
    return level


def _block_powers(weighted: Array) -> Array:
    """(num_blocks,) mean squares of blocks that overlap by three quarters."""
    block, hop = round(BLOCK_S * SAMPLE_RATE_HZ), round(HOP_S * SAMPLE_RATE_HZ)
    sums = np.concatenate([[0.0], np.cumsum(np.square(weighted))])
    starts = np.arange(0, max(1, len(weighted) - block + 1), hop)
    ends = np.minimum(starts + block, len(weighted))
    powers: Array = (sums[ends] - sums[starts]) / (ends - starts)
    return powers


def _weighted(samples: Array) -> Array:
    from scipy.signal import lfilter

    for numerator, denominator in (_shelf(), _high_pass()):
        samples = lfilter(numerator, denominator, samples)
    return samples


def _shelf() -> tuple[list[float], list[float]]:
    k, high = np.tan(np.pi * _SHELF_HZ / SAMPLE_RATE_HZ), 10 ** (_SHELF_DB / 20)
    band = high**0.4996667741545416
    whole = 1 + k / _SHELF_Q + k * k
    numerator = [high + band * k / _SHELF_Q + k * k, 2 * (k * k - high), high - band * k / _SHELF_Q + k * k]
    return [each / whole for each in numerator], [1.0, 2 * (k * k - 1) / whole, (1 - k / _SHELF_Q + k * k) / whole]


def _high_pass() -> tuple[list[float], list[float]]:
    k = np.tan(np.pi * _PASS_HZ / SAMPLE_RATE_HZ)
    whole = 1 + k / _PASS_Q + k * k
    return [1.0, -2.0, 1.0], [1.0, 2 * (k * k - 1) / whole, (1 - k / _PASS_Q + k * k) / whole]
