"""Ground truth: figures that can be worked out by hand, honest intervals, and references that are likely wrong."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from core.emotions import EMOTION_KEYS
from core.errors import LibraryError
from core.library import Library, Query
from core.results import Calibration, CheckpointIdentity
from core.truth import (
    CHECKED,
    Judgements,
    TruthOptions,
    accuracy,
    ground_truth,
    intervals,
    judgements_of,
    label_errors,
    unweighted_average_recall,
)
from core.truth.metrics import intervals_over_clips
from tests.core.library.conftest import entry, key


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path / "library")


def judged(
    pairs: list[tuple[str, str]], speakers: list[str] | None = None, unsure: list[bool] | None = None
) -> Judgements:
    """Clips as (reference, verdict), their verdict 0.8 probable."""
    count = len(pairs)
    scores = np.full((count, 9), 0.025)
    for row, (_, said) in enumerate(pairs):
        scores[row, EMOTION_KEYS.index(said)] = 0.8
    return Judgements(
        tuple(key(n) for n in range(count)),
        tuple(f"clip{n}.wav" for n in range(count)),
        np.array([reference for reference, _ in pairs], object),
        np.array([said for _, said in pairs], object),
        np.array(speakers or [""] * count, object),
        np.array(unsure or [False] * count, bool),
        np.zeros(count, bool),
        scores,
        ("made up",),
        ("angry", "happy", "sad"),
        {},
        0,
    )


PAIRS = [("angry", "angry")] * 6 + [("angry", "sad")] * 2 + [("sad", "sad")] * 1 + [("sad", "happy")] * 1


def test_confusion_recall_precision_and_f1_are_those_worked_out_by_hand() -> None:
    truth = ground_truth(judged(PAIRS))
    assert truth.labels == ("angry", "happy", "sad")
    assert truth.confusion.tolist() == [[6, 0, 2], [0, 0, 0], [0, 1, 1]]
    assert truth.shares[0].tolist() == [0.75, 0, 0.25] and np.isnan(truth.shares[1]).all()
    assert truth.uar == pytest.approx((0.75 + 0.5) / 2) and truth.accuracy == pytest.approx(0.7)
    angry, happy, sad = truth.by_emotion
    assert (angry.clips, angry.said, angry.recall, angry.precision) == (8, 6, 0.75, 1.0)
    assert angry.f1 == pytest.approx(2 * 0.75 / 1.75)
    assert (happy.clips, happy.said, happy.recall, happy.precision) == (0, 1, None, 0.0)
    assert (sad.recall, sad.precision, sad.f1) == (0.5, pytest.approx(1 / 3), pytest.approx(0.4))
    assert truth.coverage == 1 and truth.resampled == "clips" and truth.num_speakers == 0


def test_one_emotion_alone_and_one_clip_alone_have_figures() -> None:
    alone = ground_truth(judged([("sad", "sad")]))
    assert (alone.uar, alone.accuracy, alone.labels) == (1.0, 1.0, ("sad",))
    assert (alone.uar_interval.low, alone.uar_interval.high) == (1.0, 1.0)
    wrong = ground_truth(judged([("sad", "angry")] * 3))
    assert wrong.uar == 0 and wrong.confusion.tolist() == [[0, 0], [3, 0]]


def test_uar_is_scikit_learns_balanced_accuracy() -> None:
    rng = np.random.default_rng(0)
    said, truth = (rng.choice(["a", "b", "c"], 200).tolist() for _ in range(2))
    assert unweighted_average_recall(truth, said) == pytest.approx(balanced_accuracy_score(truth, said))
    assert accuracy(truth, said) == np.mean([a == b for a, b in zip(truth, said, strict=True)])
    assert unweighted_average_recall(["a", "a"], ["z", "a"]) == 0.5  # a verdict that is nobody's reference


def test_intervals_draw_speakers_where_all_have_one_and_clips_elsewhere() -> None:
    pairs = [("sad", "sad"), ("angry", "angry")] * 60 + [("sad", "angry"), ("angry", "sad")] * 60
    speakers = [f"s{n // 40}" for n in range(240)]  # three are always right, three never
    over_speakers = ground_truth(judged(pairs, speakers))
    assert over_speakers.resampled == "speakers" and over_speakers.num_speakers == 6 and over_speakers.uar == 0.5
    assert over_speakers.uar_interval.low <= 1 / 6 + 1e-9 and over_speakers.uar_interval.high >= 5 / 6 - 1e-9
    over_clips = ground_truth(judged(pairs, [*speakers[:-1], ""]))  # one nobody named
    assert over_clips.resampled == "clips" and over_clips.num_speakers == 6
    assert 0.4 < over_clips.uar_interval.low < 0.5 < over_clips.uar_interval.high < 0.6
    assert [(each.speaker, each.clips, each.uar) for each in over_clips.by_speaker][:2] == [("", 1, 0.0), ("s0", 40, 1)]
    assert ground_truth(judged(pairs, ["only"] * 240)).resampled == "clips"


def test_the_intervals_are_those_of_drawing_each_unit_by_itself() -> None:
    """A plain bootstrap, one draw after the other, as the definition has it."""
    rng = np.random.default_rng(3)
    total = rng.integers(1, 9, (30, 3)).astype(float)
    right = np.floor(total * rng.random((30, 3)))
    strata = np.repeat([0, 1, 2], 10)
    drawn = [np.concatenate([rng.choice(np.flatnonzero(strata == s), 10) for s in range(3)]) for _ in range(4000)]
    uars = [(right[d].sum(axis=0) / total[d].sum(axis=0)).mean() for d in drawn]
    uar, weighted = intervals(right, total, strata)
    assert (uar.low, uar.high) == pytest.approx(np.quantile(uars, [0.025, 0.975]), abs=0.01)
    narrow, _ = intervals(right, total, strata, share=0.5)
    assert uar.low < narrow.low < narrow.high < uar.high
    shares = right.sum() / total.sum()
    assert weighted.low < shares < weighted.high
    confusion = np.array([[40, 10], [5, 45]])
    _, by_clips = intervals_over_clips(confusion)
    half = 1.96 * np.sqrt(0.85 * 0.15 / 100)  # the normal approximation
    assert (by_clips.low, by_clips.high) == pytest.approx((0.85 - half, 0.85 + half), abs=0.015)


def test_unsure_verdicts_count_as_their_best_label_or_are_left_out_with_the_coverage_told() -> None:
    unsure = [False] * 6 + [True] * 2 + [False, True]
    judgements = judged(PAIRS, unsure=unsure)
    assert (ground_truth(judgements).unsure, ground_truth(judgements).counted) == (3, 10)
    sure = ground_truth(judgements, TruthOptions(leave_out_unsure=True))
    assert (sure.counted, sure.judged, sure.unsure, sure.coverage) == (7, 10, 3, 0.7)
    assert sure.accuracy == 1.0 and sure.uar == 1.0
    with pytest.raises(LibraryError, match=r"All 10 verdicts .* unsure"):
        ground_truth(judged(PAIRS, unsure=[True] * 10), TruthOptions(leave_out_unsure=True))


def test_a_likely_label_error_is_found_and_the_likeliest_comes_first() -> None:
    pairs = [("angry", "angry")] * 20 + [("sad", "sad")] * 20 + [("sad", "angry")] * 2 + [("happy", "happy")] * 5
    judgements = judged(pairs, [f"s{n}" for n in range(47)])
    angry, sad, happy = (EMOTION_KEYS.index(name) for name in ("angry", "sad", "happy"))
    scores = judgements.scores.copy()
    scores[40, angry], scores[40, sad] = 0.85, 0.01
    scores[41, angry], scores[41, sad] = 0.9, 0.05
    scores[3, happy], scores[3, angry] = 0.3, 0.35  # not sure of its reference, nor of anything else
    found = label_errors(replace(judgements, scores=scores))
    assert [(each.key, each.reference, each.suggested) for each in found] == [
        (key(41), "sad", "angry"), (key(40), "sad", "angry"),
    ]  # fmt: skip
    assert found[0].margin == pytest.approx(-0.85) and found[0].reference_score == pytest.approx(0.05)
    kept = np.arange(47) == 41  # a person listened to it and keeps the reference
    assert [each.key for each in label_errors(replace(judgements, scores=scores, checked=kept))] == [key(40)]
    assert label_errors(judged(PAIRS[:6])) == () and label_errors(judged([])) == ()


def test_label_errors_planted_at_random_are_found_among_the_first() -> None:
    rng = np.random.default_rng(1)
    names = ["angry", "happy", "neutral", "sad"]
    true = rng.choice(names, 800)
    logits = np.array([[4.0 * (name == each) for each in EMOTION_KEYS] for name in true]) + rng.normal(size=(800, 9))
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    wrong = set(rng.choice(800, 40, replace=False).tolist())
    given = [names[(names.index(name) + 1) % 4] if row in wrong else name for row, name in enumerate(true)]
    said = [EMOTION_KEYS[column] for column in scores.argmax(axis=1)]
    found = label_errors(replace(judged(list(zip(given, said, strict=True))), scores=scores))
    first = [int(each.key, 16) for each in found[:30]]
    assert len(wrong & set(first)) >= 27, "nine in ten of the likeliest are the planted ones"
    assert all(each.suggested == true[int(each.key, 16)] for each in found if int(each.key, 16) in wrong)


def test_judgements_come_from_the_clips_that_are_meant(library: Library) -> None:
    library.put(
        [entry(n, reference="sad" if n % 2 else None, speaker=f"s{n % 3}" if n > 1 else None) for n in range(9)]
    )
    library.update([key(3)], reference="disgusted")  # a label that this checkpoint cannot say
    library.update([key(5)], reference="<b>bored")
    library.delete([key(7)])
    library.update([key(1)], add_tags=[CHECKED, "loud"])
    judgements = judgements_of(library)
    assert judgements.checked.tolist() == [True]
    assert judgements.keys == (key(1),) and judgements.unsayable == {"disgusted": 1, "<b>bored": 1}
    assert judgements.without == 5 and judgements.sayable == ("angry", "happy", "sad")
    analysis = entry(1).analysis
    assert (judgements.labels[0], judgements.speakers[0], bool(judgements.unsure[0])) == (
        analysis.label, "", analysis.unsure,
    )  # fmt: skip
    assert judgements.scores[0] == pytest.approx([analysis.scores[name] for name in EMOTION_KEYS])
    assert judgements.checkpoints == ("made up r1",)
    assert len(judgements_of(library, Query(speakers=("s2",)))) == 0
    for query, said in ((Query(speakers=("s2",)), "'<b>bored'.* no labels"), (Query(text="clip4"), "has a reference")):
        with pytest.raises(LibraryError, match=said):
            ground_truth(judgements_of(library, query))


def test_each_checkpoint_is_asked_for_its_own_labels(library: Library) -> None:
    """What one checkpoint can say is no label of another's."""
    first, second = entry(1, reference="angry"), entry(2, reference="angry")
    other = CheckpointIdentity("another", "r2", Calibration(1.0, 0.4))
    analysis = replace(second.analysis, checkpoint=other, labels=("fearful", "happy", "sad"))
    library.put([first, replace(second, analysis=analysis)])
    library.update([key(1)], add_tags=[CHECKED, "loud"])
    judgements = judgements_of(library)
    assert judgements.checked.tolist() == [True]
    assert judgements.keys == (key(1),) and judgements.unsayable == {"angry": 1}


def test_a_library_without_clips_has_no_ground_truth(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="None of these clips has a reference"):
        ground_truth(judgements_of(Library.open(tmp_path / "empty")))
