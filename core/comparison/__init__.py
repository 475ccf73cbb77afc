"""Clips side by side: what differs, where, by how much, and whether by more than the model's own noise."""

from core.comparison.align import Alignment, AlignmentOptions, align, warm_up
from core.comparison.clustering import Tree, tree_of
from core.comparison.comparing import MEASURES, Compared, CompareOptions, Comparison, Pair, compare
from core.comparison.distances import (
    aligned_distance,
    correlations,
    cosine,
    curve_distance,
    curve_distance_normalised,
    js_distance,
    js_distances,
    warped,
)
from core.comparison.groups import Group, GroupComparison, GroupOptions, GroupTest, compare_groups
from core.comparison.noise import NoiseFloor, NoiseOptions, noise_floor
from core.comparison.tables import clips_table, curves_table, groups_table, pairs_table, paths_table
from core.comparison.voice import Voice, voice_of

__all__ = [
    "MEASURES",
    "Alignment",
    "AlignmentOptions",
    "CompareOptions",
    "Compared",
    "Comparison",
    "Group",
    "GroupComparison",
    "GroupOptions",
    "GroupTest",
    "NoiseFloor",
    "NoiseOptions",
    "Pair",
    "Tree",
    "Voice",
    "align",
    "aligned_distance",
    "clips_table",
    "compare",
    "compare_groups",
    "correlations",
    "cosine",
    "curve_distance",
    "curve_distance_normalised",
    "curves_table",
    "groups_table",
    "js_distance",
    "js_distances",
    "noise_floor",
    "pairs_table",
    "paths_table",
    "tree_of",
    "voice_of",
    "warm_up",
    "warped",
]
