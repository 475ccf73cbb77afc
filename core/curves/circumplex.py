"""Valence and arousal of a curve: where its probabilities lie on Russell's circumplex of affect.

Russell 1980, "A circumplex model of affect", Journal of Personality and Social Psychology 39(6), 1161–1178. Each
emotion lies at its mean rating of pleasure and arousal in Russell & Mehrabian 1977, "Evidence for a three-factor
theory of emotions", Journal of Research in Personality 11(3), 273–294. The values were taken from later papers that
reprint them, not from the article itself. Neutral is the origin by definition.

The path is a projection of the nine scores, not a second measurement: what no score says, it does not know.
"""

from collections.abc import Sequence

import numpy as np

from core.results import Array

# Emotion → (valence, arousal), each from −1 to 1.
PLACES: dict[str, tuple[float, float]] = {
    "angry": (-0.51, 0.59),
    "disgusted": (-0.60, 0.35),
    "fearful": (-0.64, 0.60),
    "happy": (0.81, 0.51),
    "neutral": (0.0, 0.0),
    "sad": (-0.63, -0.27),
    "surprised": (0.40, 0.67),
}


def circumplex(probabilities: Array, labels: Sequence[str]) -> Array:
    """(num_steps, 2) valence and arousal of (num_steps, num_labels) probabilities.

    The mean of the places, weighted by probability: Σ_e p_e · place_e / Σ_e p_e over the emotions that have a place
    (`other` and `unknown` have none). NaN where none of them has any probability.

    Raises `ValueError` where no label has a place.
    """
    columns = [column for column, label in enumerate(labels) if label in PLACES]
    if not columns:
        raise ValueError(f"none of {', '.join(labels)} has a place on the circumplex")
    weights = np.asarray(probabilities, dtype=np.float64)[:, columns]
    total = weights.sum(axis=1, keepdims=True)
    places = np.array([PLACES[labels[column]] for column in columns])
    path: Array = np.divide(weights @ places, total, out=np.full((len(weights), 2), np.nan), where=total > 0)
    return path
