"""The mathematics of emotion curves: pure, arrays and analyses in, figures out."""

from core.curves.agreement import Agreement, agreement, boundary_f1
from core.curves.circumplex import PLACES, circumplex
from core.curves.evidence import Moment, contributions, frames_within, moment, region, top_moments
from core.curves.moments import Peak, strongest
from core.curves.paths import best_path
from core.curves.smoothing import METHODS, averaged, smooth, smooth_probabilities
from core.curves.structure import Structure, change_point, segments_of, structure_of, structure_within, volatility

__all__ = [
    "METHODS",
    "PLACES",
    "Agreement",
    "Moment",
    "Peak",
    "Structure",
    "agreement",
    "averaged",
    "best_path",
    "boundary_f1",
    "change_point",
    "circumplex",
    "contributions",
    "frames_within",
    "moment",
    "region",
    "segments_of",
    "smooth",
    "smooth_probabilities",
    "strongest",
    "structure_of",
    "structure_within",
    "top_moments",
    "volatility",
]
