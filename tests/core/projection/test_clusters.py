"""Groups are found where they are, and each is told by what sets it apart."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score, silhouette_score

from core.errors import ProjectionError
from core.projection import ClusterOptions, cluster, clusters, describe, near_duplicates, outliers, silhouette
from core.projection.cards import Distinction
from tests.core.library.conftest import key
from tests.core.projection.conftest import balls, space_of

SIZES = (50, 40, 30, 20)
TRUTH = np.repeat(np.arange(4), SIZES)
FOUR = space_of(balls(4, 50, radius=0.8)[np.concatenate([np.arange(n) + 50 * at for at, n in enumerate(SIZES)])])


@pytest.mark.parametrize("method", ["kmeans", "agglomerative", "gmm", "hdbscan"])
def test_the_number_of_groups_is_found(method: str) -> None:
    found = cluster(FOUR, ClusterOptions(method))
    kept = found.labels >= 0
    assert found.k == 4 and adjusted_rand_score(TRUTH[kept], found.labels[kept]) == 1 and kept.mean() > 0.8
    if method != "hdbscan":
        assert found.labels.tolist() == TRUTH.tolist()  # numbered by falling size
        assert max(found.tried, key=lambda each: each[1])[0] == 4
    assert found.silhouette == pytest.approx(silhouette_score(FOUR.prepared[kept], found.labels[kept]), abs=1e-6)


def test_agglomerative_groups_are_those_of_scikit_learn() -> None:
    space = space_of(np.random.default_rng(0).normal(size=(80, 6)).astype(np.float32))
    expected = AgglomerativeClustering(5).fit_predict(space.prepared.astype(np.float64))
    assert adjusted_rand_score(expected, cluster(space, ClusterOptions("agglomerative", 5)).labels) == 1


@pytest.mark.parametrize("method", ["agglomerative", "hdbscan"])
def test_of_too_many_clips_a_part_is_grouped_and_the_others_join(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(clusters.MOST, method, 90)
    found = cluster(FOUR, ClusterOptions(method, None if method == "hdbscan" else 4))
    kept = found.labels >= 0
    assert found.note == "Grouped on 90 of 140 clips; the others joined the group that is nearest."
    assert adjusted_rand_score(TRUTH[kept], found.labels[kept]) == 1 and kept.mean() > 0.7


def test_a_map_can_be_grouped_instead_of_its_space() -> None:
    positions = np.repeat(np.array([[0, 0], [9, 9]], np.float32), 70, axis=0) + np.float32(0.1)
    found = cluster(FOUR, ClusterOptions("kmeans", 2), positions + np.random.default_rng(0).normal(size=(140, 2)))
    assert found.labels[:70].tolist() == [found.labels[0]] * 70 and found.k == 2


@pytest.mark.parametrize("method", ["kmeans", "agglomerative", "gmm", "hdbscan"])
def test_clips_that_are_all_the_same_are_no_groups(method: str) -> None:
    found = cluster(space_of(np.ones((30, 4), np.float32)), ClusterOptions(method))
    assert len(found.labels) == 30 and found.k <= 2


def test_what_cannot_be_grouped_is_refused() -> None:
    with pytest.raises(ProjectionError, match="2 clips cannot be grouped into 2"):
        cluster(space_of(balls(1, 2)))
    for options, said in (({"method": "x"}, "no method 'x'"), ({"k": 1}, "1 groups"), ({"min_size": 1}, "not 1")):
        with pytest.raises(ProjectionError, match=said):
            ClusterOptions(**options)  # type: ignore[arg-type]
    assert silhouette(FOUR.prepared, np.zeros(140)) is None


def table(**columns: object) -> pd.DataFrame:
    plain = {"label": ["sad"] * 140, "reference": [None] * 140, "speaker": [None] * 140, "duration_s": [1.0] * 140}
    return pd.DataFrame(plain | columns).astype(dict.fromkeys(("label", "reference", "speaker"), object))


def test_a_group_is_named_by_what_it_has_more_of() -> None:
    rng = np.random.default_rng(0)
    labels = np.where(TRUTH == 1, "angry", rng.choice(["sad", "happy"], 140))
    speakers = np.where(TRUTH == 2, "<b>Zoë</b>", rng.choice(["A", "B", "C"], 140))
    pitch = np.where(TRUTH == 3, 300.0, 150.0) + rng.normal(scale=20, size=140)
    cards = describe(
        cluster(FOUR, ClusterOptions("kmeans", 4)),
        FOUR,
        table(label=labels, speaker=speakers, **{"acoustic.pitch_hz": pitch, "metadata.licence": labels}),
    )
    assert [card.name for card in cards] == ["Cluster 1", "angry", "<b>Zoë</b>", "high pitch"]
    assert [card.size for card in cards] == list(SIZES)
    assert (cards[1].emotion, cards[1].emotion_share) == ("angry", 1.0) and cards[2].speaker == "<b>Zoë</b>"
    (why,) = cards[1].distinctions
    assert why == Distinction("label", "angry", 1.0, 40 / 140, 3.5, why.p) and why.p < 1e-10
    assert cards[3].distinctions[0].share == pytest.approx(pitch[TRUTH == 3].mean())


def test_chance_names_nothing() -> None:
    rng = np.random.default_rng(3)
    noise = {"speaker": rng.choice(list("ABCDEFGH"), 140), "metadata.room": rng.choice(["x", "y"], 140)}
    cards = describe(cluster(FOUR, ClusterOptions("kmeans", 4)), FOUR, table(**noise))
    assert [card.name for card in cards] == ["Cluster 1", "Cluster 2", "Cluster 3", "Cluster 4"]


def test_the_first_medoid_is_nearest_to_all_others_of_its_group() -> None:
    (card, *_) = describe(cluster(FOUR, ClusterOptions("kmeans", 4)), FOUR, table())
    members = FOUR.prepared[:50].astype(np.float64)
    means = np.linalg.norm(members[:, None] - members[None], axis=2).mean(axis=1)
    assert card.medoids == tuple(key(int(at)) for at in means.argsort()[:3])


def test_groups_of_one_name_are_told_apart_by_a_number() -> None:
    labels = np.where(TRUTH < 2, "angry", "sad")
    cards = describe(cluster(FOUR, ClusterOptions("kmeans", 4)), FOUR, table(label=labels))
    assert [card.name for card in cards] == ["angry (1)", "angry (2)", "sad (1)", "sad (2)"]


def test_clips_alike_and_clips_of_the_same_sound_are_pairs() -> None:
    values = np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32)
    values[41] = values[3] + 1e-4
    values[50] = values[7]
    sounds = [str(n) for n in range(60)]
    sounds[20] = sounds[30] = "same"
    pairs = near_duplicates(space_of(values), sounds)
    assert [(pair.first, pair.second) for pair in pairs] == [(7, 50), (3, 41), (20, 30)]
    assert pairs[0].distance == 0 and 0 < pairs[1].distance < 0.01 and pairs[2].distance > 0.5
    assert [pair.same_sound for pair in pairs] == [False, False, True]
    assert near_duplicates(space_of(np.zeros((3, 4), np.float32)), None)[0].distance == 0


def test_who_lies_alone_is_an_outlier() -> None:
    values = balls(2, 40, radius=0.5)
    values[11] += 9
    values[60] += 7
    assert outliers(space_of(values)).tolist() == [11, 60]
    found = cluster(space_of(values), ClusterOptions("hdbscan"))
    assert set(outliers(space_of(values), found).tolist()) == set(np.flatnonzero(found.labels < 0).tolist()) >= {11, 60}
