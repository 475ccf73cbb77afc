"""A view of the explorer goes through a link and comes back the same; what a link cannot mean is left out."""

import base64

import numpy as np
import pytest

from core.projection import MapOptions
from dashboard.components.explorer_map import rows_of_bits
from dashboard.explorer_view import DEFAULT, ExplorerView, from_parameters, to_parameters
from dashboard.explorer_work import cluster_options, map_options

CHANGED = ExplorerView(
    space="speaker", method="pca", dimensions=3, neighbours=40, min_dist=0.25, metric="cosine", seed=7,
    keeps_density=True, colour="metadata.a b", shape="speaker", grouping="gmm", num_clusters=8,
)  # fmt: skip


def test_a_view_comes_back_from_its_link_and_the_default_needs_none() -> None:
    assert from_parameters(to_parameters(CHANGED)) == CHANGED
    assert to_parameters(DEFAULT) == {} and from_parameters({}) == DEFAULT


@pytest.mark.parametrize(
    "given",
    [
        {"space": "nowhere"},
        {"dims": "4"},
        {"near": "1"},
        {"near": "9" * 30},
        {"near": "²"},
        {"dist": "nan"},
        {"dist": "2"},
        {"seed": "-1"},
        {"k": "1"},
        {"density": "maybe"},
    ],
)
def test_what_a_link_cannot_mean_is_as_by_default(given: dict[str, str]) -> None:
    assert from_parameters(given) == DEFAULT


def test_looks_and_groups_draw_no_other_map() -> None:
    assert CHANGED.made_by.space == "speaker" and CHANGED.made_by.colour == DEFAULT.colour
    assert ExplorerView(colour="speaker", grouping="gmm").made_by == DEFAULT


def test_core_takes_every_view() -> None:
    assert map_options(CHANGED) == MapOptions("pca", 3, 40, 0.25, "cosine", 7, True)
    assert cluster_options(CHANGED).k == 8 and cluster_options(DEFAULT).k is None


def bits(*numbers: int) -> str:
    return base64.b64encode(bytes(numbers)).decode()


@pytest.mark.parametrize(
    ("sent", "rows"), [(bits(0b101, 0b1), [0, 2, 8]), (bits(0, 0), []), (bits(0xFF, 0xFF), list(range(10)))]
)
def test_a_selection_is_a_bit_a_row(sent: str, rows: list[int]) -> None:
    np.testing.assert_array_equal(rows_of_bits(sent, 10), rows)


@pytest.mark.parametrize("sent", [None, 3, "", "###", bits(1), bits(1, 2, 3), ["a"]])
def test_what_is_no_selection_is_none(sent: object) -> None:
    assert rows_of_bits(sent, 10) is None
