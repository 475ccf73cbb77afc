"""The embedding explorer's core: spaces, maps that can be trusted, groups, neighbours, confounds, probes."""

from core.projection.caching import cached_map
from core.projection.cards import ClusterCard, Distinction, describe
from core.projection.cataloguing import add_acoustic_vectors
from core.projection.clusters import ClusterOptions, Clusters, cluster, silhouette
from core.projection.confounds import Confound, confounds, one_sentence
from core.projection.heads import heads, heads_home, heads_of, load_head, remove_head, save_head
from core.projection.mapping import Map, MapOptions, MappingCancelled, make_map, place
from core.projection.neighbours import METRICS, Neighbours, nearest
from core.projection.oddities import DuplicatePair, near_duplicates, outliers
from core.projection.probes import (
    HeadedEngine,
    HeadScores,
    Probe,
    apply,
    check_fits,
    fit_probe,
    model_of,
    scores_of,
    tag_classes,
)
from core.projection.spaces import SPACES, Space, SpaceOptions, load_space
from core.projection.tables import clip_table
from core.projection.trust import Agreement, Stability, Trust, agreement, stability, trust_of

__all__ = [
    "METRICS",
    "SPACES",
    "Agreement",
    "ClusterCard",
    "ClusterOptions",
    "Clusters",
    "Confound",
    "Distinction",
    "DuplicatePair",
    "HeadScores",
    "HeadedEngine",
    "Map",
    "MapOptions",
    "MappingCancelled",
    "Neighbours",
    "Probe",
    "Space",
    "SpaceOptions",
    "Stability",
    "Trust",
    "add_acoustic_vectors",
    "agreement",
    "apply",
    "cached_map",
    "check_fits",
    "clip_table",
    "cluster",
    "confounds",
    "describe",
    "fit_probe",
    "heads",
    "heads_home",
    "heads_of",
    "load_head",
    "load_space",
    "make_map",
    "model_of",
    "near_duplicates",
    "nearest",
    "one_sentence",
    "outliers",
    "place",
    "remove_head",
    "save_head",
    "scores_of",
    "silhouette",
    "stability",
    "tag_classes",
    "trust_of",
]
