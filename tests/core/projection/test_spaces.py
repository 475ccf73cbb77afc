"""A space holds the vectors of one model, made comparable, and says who is left out."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from core.acoustics.features import FEATURES, MODEL
from core.errors import ProjectionError
from core.library import Library, Query
from core.projection import SPACES, SpaceOptions, clip_table, load_space
from tests.core.library.conftest import entry, key
from tests.core.projection.conftest import space_of


def test_emotion_is_standardised_and_reduced_as_scikit_learn_does_it(library: Library) -> None:
    library.put([entry(n) for n in range(30)])
    space = load_space(library, Query(order="confidence", descending=True), options=SpaceOptions(pca=3))
    assert space.keys == tuple(key(n) for n in range(30)) and space.model == "made up@r1" and not space.note
    expected = PCA(3).fit_transform(StandardScaler().fit_transform(space.values.astype(np.float64)))
    assert np.allclose(np.abs(space.prepared), np.abs(expected), atol=1e-4)
    assert np.allclose(space.prepare(space.values[4]), space.prepared[4], atol=1e-5)
    assert np.array_equal(space.values[7], entry(7).analysis.embedding) and space.index(key(7)) == 7
    with pytest.raises(ProjectionError, match="A vector of 3 dimensions is not of this space, which has 8"):
        space.prepare(np.zeros(3))
    with pytest.raises(ProjectionError, match="has no vector in this selection"):
        space.index(key(99))


def test_within_speakers_each_clip_is_what_sets_it_apart_from_its_speakers_mean(library: Library) -> None:
    speakers = ["A", "A", "A", "B", "B", "C", None]
    library.put([entry(n, speaker=who) for n, who in enumerate(speakers)])
    space = load_space(library, Query(), "within_speaker")
    assert space.keys == tuple(key(n) for n in range(5)) and space.without == 2
    assert space.note.endswith("Left out: 1 clips have no speaker and 1 are their speaker's only one.")
    assert space.values[:3].mean(axis=0) == pytest.approx(0, abs=1e-6)
    assert np.allclose(space.prepare(entry(3).analysis.embedding, "B"), space.prepared[3], atol=1e-5)
    with pytest.raises(ProjectionError, match="The speaker is 'C'"):
        space.prepare(entry(3).analysis.embedding, "C")
    library.update([key(n) for n in range(7)], speaker=None)
    with pytest.raises(ProjectionError, match="say who speaks in them first"):
        load_space(library, Query(), "within_speaker")


def test_scores_are_log_ratios_which_are_the_centred_logits(library: Library) -> None:
    library.put([entry(n) for n in range(6)])
    space = load_space(library, Query(), "scores")
    logits = np.stack([entry(n).analysis.logits / 1.5 for n in range(6)])  # three emotions, temperature 1.5
    centred = logits - logits.mean(axis=1, keepdims=True)
    assert space.values.shape == (6, 9) and space.prepared.shape == (6, 3)
    assert np.allclose(space.prepared, centred - centred.mean(axis=0), atol=1e-4)


def test_voices_have_length_one_and_none_is_a_sentence_that_says_what_to_run(library: Library) -> None:
    library.put([entry(n) for n in range(5)])
    with pytest.raises(ProjectionError, match="None of these 5 clips has a vector of its voice yet: run `emoscope map"):
        load_space(library, Query(), "speaker")
    library.put_speaker_vectors({key(n): np.array([n + 1, 2, 0], np.float32) for n in (1, 3)}, "voices")
    space = load_space(library, Query(), "speaker")
    assert space.keys == (key(1), key(3)) and space.without == 3 and space.model == "voices"
    assert space.note == "3 of 5 clips have no vector in this space."
    lengths = np.linalg.norm(space.prepared + space.preparation.mean, axis=1)
    assert lengths == pytest.approx(1, abs=1e-5)


def test_acoustic_vectors_are_those_of_this_version_and_only_whole_ones(library: Library) -> None:
    library.put([entry(n) for n in range(5)])
    with pytest.raises(ProjectionError, match="has acoustic features yet: run"):
        load_space(library, Query(), "acoustic")
    vectors = {key(n): np.arange(len(FEATURES), dtype=np.float32) * (n + 1) for n in range(4)}
    vectors[key(2)][0] = np.nan  # no voice, no pitch
    library.put_vectors(MODEL, vectors)
    library.put_vectors("acoustics-0", {key(4): np.ones(3, np.float32)})
    space = load_space(library, Query(), "acoustic")
    assert space.keys == (key(0), key(1), key(3)) and space.without == 2 and space.model == MODEL
    table = clip_table(library, space.keys[::-1])
    assert table["acoustic.pitch_sd_st"].tolist() == [4, 2, 1] and table["key"].tolist() == list(space.keys[::-1])


def test_clips_of_two_checkpoints_are_refused_in_one_sentence(library: Library) -> None:
    other = entry(2)
    checkpoint = replace(other.analysis.checkpoint, revision="r2")
    library.put([entry(1), replace(other, analysis=replace(other.analysis, checkpoint=checkpoint))])
    for name in ("emotion", "within_speaker", "scores"):
        with pytest.raises(ProjectionError, match=r"of 2 checkpoints \('made up@r1', 'made up@r2'\).*choose the clips"):
            load_space(library, Query(), name)
    assert len(load_space(library, Query(keys=(key(1),)))) == 1


def test_a_space_that_is_none_and_no_clips_are_refused(library: Library) -> None:
    with pytest.raises(ProjectionError, match="there are emotion, within_speaker"):
        load_space(library, Query(), "mood")
    with pytest.raises(ProjectionError, match="No clips are meant"):
        load_space(library, Query())
    assert set(SPACES) == {"emotion", "within_speaker", "speaker", "scores", "acoustic"}


def test_a_dimension_that_never_changes_and_a_single_clip_do_no_harm() -> None:
    values = np.random.default_rng(0).normal(size=(20, 5)).astype(np.float32)
    values[:, 2] = 7
    assert np.isfinite(space_of(values, standardise=True).prepared).all()
    assert space_of(values[:1], standardise=True).prepared.tolist() == [[0] * 5]


def test_the_table_has_metadata_apart_from_what_is_ours(library: Library) -> None:
    library.put([entry(1, metadata={"speaker": "imitation", "room": "<b>1</b>"}), entry(2, speaker="S")])
    table = clip_table(library, [key(2), key(1)])
    assert table["speaker"].tolist() == ["S", None] and table["metadata.speaker"].tolist() == [None, "imitation"]
    assert table["metadata.room"].tolist() == [None, "<b>1</b>"]
    with pytest.raises(ProjectionError, match="1 of the clips are no longer in the library"):
        clip_table(library, [key(1), key(5)])
