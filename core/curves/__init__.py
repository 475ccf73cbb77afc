"""The mathematics of emotion curves: pure, arrays and analyses in, figures out."""

from core.curves.agreement import Agreement, agreement, boundary_f1
from core.curves.evidence import Moment, contributions, frames_within, moment, region, top_moments
from core.curves.paths import best_path
from core.curves.smoothing import METHODS, averaged, smooth, smooth_probabilities
from core.curves.structure import Structure, change_point, segments_of, structure_of, structure_within, volatility

__all__ = [
    "METHODS",
    "Agreement",
    "Moment",
    "Structure",
    "agreement",
    "averaged",
    "best_path",
    "boundary_f1",
    "change_point",
    "contributions",
    "frames_within",
    "moment",
    "region",
    "segments_of",
    "smooth",
    "smooth_probabilities",
    "structure_of",
    "structure_within",
    "top_moments",
    "volatility",
]
