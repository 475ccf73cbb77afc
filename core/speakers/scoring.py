"""How well turns are found: the diarisation error rate."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.results import Array, SpeakerTurn


@dataclass(frozen=True, slots=True)
class DiarisationError:
    """Seconds of a recording that went wrong, and of speech in all.

    Attributes:
        missed_s: speech that was not found.
        false_alarm_s: where somebody was heard who does not speak.
        confused_s: speech that was given to another.
        speech_s: of the reference, a second in which two speak counted twice.
    """

    missed_s: float
    false_alarm_s: float
    confused_s: float
    speech_s: float

    @property
    def rate(self) -> float:
        """The three together as a share of the speech; may exceed 1. 0 where there is neither speech nor error."""
        wrong_s = self.missed_s + self.false_alarm_s + self.confused_s
        return wrong_s / self.speech_s if self.speech_s else (0.0 if not wrong_s else float("inf"))

    def __add__(self, other: "DiarisationError") -> "DiarisationError":
        return DiarisationError(
            self.missed_s + other.missed_s,
            self.false_alarm_s + other.false_alarm_s,
            self.confused_s + other.confused_s,
            self.speech_s + other.speech_s,
        )


def diarisation_error(
    reference: Sequence[SpeakerTurn], found: Sequence[SpeakerTurn], collar_s: float = 0.0
) -> DiarisationError:
    """Hold turns that were found against the true ones, whatever either calls the speakers.

    The measure of NIST's Rich Transcription evaluations (RT-09 evaluation plan, § 6; `md-eval`): speakers are matched
    one to one such that they share the most time; in each stretch with R true and H found speakers, C of them matched,
    max(0, R − H) is missed, max(0, H − R) false alarm and min(R, H) − C confused.

    Args:
        collar_s: this much on each side of every edge of the reference is left out of account.
    """
    edges = {0.0, *(edge for turn in (*reference, *found) for edge in (turn.start_s, turn.end_s))}
    true_edges = sorted({edge for turn in reference for edge in (turn.start_s, turn.end_s)})
    if collar_s:
        edges |= {edge + side for edge in true_edges for side in (-collar_s, collar_s)}
    bounds = np.array(sorted(edges))
    lengths, middles = np.diff(bounds), (bounds[1:] + bounds[:-1]) / 2
    if collar_s and true_edges:
        near = np.abs(middles[:, None] - np.array(true_edges)[None, :]).min(axis=1) < collar_s
        lengths = np.where(near, 0.0, lengths)
    spoken, heard = _presence(reference, middles), _presence(found, middles)
    matched = _matched(spoken, heard, lengths)
    true_count, found_count = spoken.sum(axis=0), heard.sum(axis=0)
    return DiarisationError(
        float((np.maximum(true_count - found_count, 0) * lengths).sum()),
        float((np.maximum(found_count - true_count, 0) * lengths).sum()),
        float(((np.minimum(true_count, found_count) - matched) * lengths).sum()),
        float((true_count * lengths).sum()),
    )


def _presence(turns: Sequence[SpeakerTurn], times_s: Array) -> Array:
    """(num_speakers, n) int: who speaks when; a speaker is there once, however many of their turns overlap."""
    speakers = sorted({turn.speaker for turn in turns})
    present = np.zeros((len(speakers), len(times_s)), dtype=np.int64)
    for turn in turns:
        present[speakers.index(turn.speaker), (times_s >= turn.start_s) & (times_s < turn.end_s)] = 1
    return present


def _matched(spoken: Array, heard: Array, lengths: Array) -> Array:
    """(n,) int: how many speakers of a stretch are rightly found under the best matching."""
    from scipy.optimize import linear_sum_assignment

    pairs = zip(*linear_sum_assignment((spoken * lengths) @ heard.T, maximize=True), strict=True)
    found = np.zeros(len(lengths), dtype=np.int64)
    for one, other in pairs:
        found += spoken[one] * heard[other]
    return found
