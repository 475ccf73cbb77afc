"""What an arrangement is made of is measured on speakers the probe never saw, beside what chance gives, and said."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.projection import ClusterOptions, cluster, confounds, one_sentence
from tests.core.projection.conftest import space_of

RNG = np.random.default_rng(0)
SPEAKER = np.repeat(np.arange(12), 25)
GENDER = np.where(SPEAKER % 2, "female", "male")
VALUES = RNG.normal(size=(300, 8)).astype(np.float32)
VALUES[:, 0] += np.where(SPEAKER % 2, 6, -6)  # two groups: the gender
VALUES[:, 1:5] += RNG.normal(size=(12, 4))[SPEAKER]
SPACE = space_of(VALUES)
TABLE = pd.DataFrame(
    {
        "label": RNG.choice(["angry", "sad", "happy"], 300),
        "reference": [None] * 300,
        "speaker": [f"s{n}" for n in SPEAKER],
        "metadata.gender": GENDER,
        "metadata.language": ["en"] * 300,
        "duration_s": RNG.uniform(1, 4, 300),
    }
).astype({"reference": object})


def test_the_figures_tell_what_is_there_and_what_is_not() -> None:
    found = {each.attribute: each for each in confounds(SPACE.prepared, TABLE, cluster(SPACE, ClusterOptions(k=2)))}
    assert set(found) == {"label", "speaker", "metadata.gender", "duration_s"}  # no reference, one language alone
    gender, label, speaker = found["metadata.gender"], found["label"], found["speaker"]
    assert gender.nmi == pytest.approx(1) and gender.probe_uar == pytest.approx(1) and gender.grouped
    assert gender.chance == pytest.approx(0.5, abs=0.1) and gender.explained == pytest.approx(1, abs=0.01)
    assert label.nmi == pytest.approx(0, abs=0.02) and label.probe_uar == pytest.approx(1 / 3, abs=0.12)
    assert label.chance == pytest.approx(1 / 3, abs=0.12) and label.classes == 3 and label.n == 300
    assert speaker.probe_uar is not None and speaker.probe_uar > 0.5 and not speaker.grouped and speaker.classes == 12
    assert found["duration_s"].classes == 3 and found["duration_s"].probe_uar == pytest.approx(1 / 3, abs=0.12)


def test_one_sentence_says_it() -> None:
    found = confounds(SPACE.prepared, TABLE, cluster(SPACE, ClusterOptions(k=2)))
    said = one_sentence(found)
    assert said.startswith("The groups are made mostly of gender (1.00), then of the speaker (0.4")
    assert "hardly of the emotion heard (0.0" in said and said.endswith("normalised mutual information, 1 at most.")
    of_space = one_sentence([replace(each, nmi=None, nmi_chance=None) for each in found])
    assert of_space.startswith("The space is made mostly of gender (100%")
    assert "clips the probe never saw" in of_space
    assert one_sentence([]) == "Nothing is known of these clips that could be compared."
    nothing = [replace(each, nmi=0.01, nmi_chance=0.01) for each in found]
    assert one_sentence(nothing).startswith("The groups are made of nothing that is known of these clips")


def test_attributes_that_are_one_by_two_names_are_said_once() -> None:
    table = TABLE.assign(**{"metadata.corpus": np.where(GENDER == "male", "x", "y")})
    clusters = cluster(SPACE, ClusterOptions(k=2))
    said = one_sentence(confounds(SPACE.prepared, table, clusters, ("metadata.gender", "metadata.corpus", "label")))
    assert said.startswith("The groups are made mostly of gender or corpus (1.00)")


def test_positions_on_a_map_are_probed_by_their_neighbours() -> None:
    angle = RNG.uniform(0, 2 * np.pi, 300)
    radius = np.where(SPEAKER % 2, 1.0, 3.0)  # no straight line parts a ring from what is in it
    positions = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    (found,) = confounds(positions, TABLE, attributes=("metadata.gender",))
    assert found.probe_uar is not None and found.probe_uar > 0.95 and found.nmi is None and found.shared is None


def test_a_value_of_one_speaker_alone_says_nothing_and_that_is_told() -> None:
    table = TABLE.assign(**{"metadata.room": np.where(SPEAKER == 3, "studio", "hall")})
    (found,) = confounds(SPACE.prepared, table, attributes=("metadata.room",))
    assert found.probe_uar is None and "Fewer than two values have clips enough" in found.note
    without = table.assign(speaker=None).astype({"speaker": object})
    (again,) = confounds(SPACE.prepared, without, attributes=("metadata.room",))
    assert again.probe_uar is not None and not again.grouped


def test_a_sample_is_said() -> None:
    (found,) = confounds(SPACE.prepared, TABLE, attributes=("metadata.gender",), sample=120)
    assert found.n == 120
