"""What leads at each moment, small enough to be sent to a browser. Knows no Streamlit."""

from dataclasses import dataclass

import numpy as np

from core.acoustics import SpeechActivity
from core.curves import averaged
from core.results import FRAME_RATE_HZ, Analysis, Array

NO_SPEECH = 255
MAX_STEPS = 100_000  # 33 minutes at 50 Hz, then longer steps


@dataclass(frozen=True)
class PlayerCurve:
    """What leads at each step, for the words beside the playhead.

    Attributes:
        step_s: between steps, from 0.
        labels: keys that `index` counts in.
        index: (num_steps,) uint8, NO_SPEECH where nobody speaks.
        percent: (num_steps,) uint8, the label's probability.
    """

    step_s: float
    labels: tuple[str, ...]
    index: Array
    percent: Array


def curve_of(analysis: Analysis, speech: SpeechActivity | None = None, max_steps: int = MAX_STEPS) -> PlayerCurve:
    """The leading label of every frame, or of the mean over so many frames that there are at most `max_steps`."""
    frames = max(1, -(-len(analysis.frame_probabilities) // max_steps))
    times_s, probabilities = averaged(analysis.frame_times_s, analysis.frame_probabilities, frames)
    index = probabilities.argmax(axis=1)
    percent = np.rint(100 * probabilities[np.arange(len(index)), index]).astype(np.uint8)
    if speech is not None:
        index[~speech.mask(times_s)] = NO_SPEECH
    return PlayerCurve(frames / FRAME_RATE_HZ, analysis.labels, index.astype(np.uint8), percent)
