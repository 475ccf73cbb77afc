"""The confusion matrix as it is drawn, and the tables beside it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.library import Library, Query
from core.truth import CHECKED, GroundTruth, Judgements, LabelError, TruthOptions, ground_truth, judgements_of
from dashboard import truth_edits, truth_findings
from dashboard.language import texts_in
from dashboard.truth_charts import cell_in, confusion_chart
from dashboard.truth_findings import findings_of
from dashboard.truth_tables import cell_table, clips_in, emotion_table, error_table, speaker_table
from tests.core.library.conftest import entry, key
from tests.core.test_truth import judged

PAIRS = [("angry", "angry")] * 6 + [("angry", "sad")] * 2 + [("sad", "sad")] + [("sad", "happy")]
ENGLISH = texts_in("en")


def judgements() -> Judgements:
    return judged(PAIRS, ["Ann"] * 5 + ["<b>Bo"] * 5, unsure=[False] * 6 + [True] + [False] * 3)


def truth() -> GroundTruth:
    return ground_truth(judgements())


def test_each_cell_says_its_count_and_share_of_the_row_which_is_its_colour() -> None:
    heat, cells = confusion_chart(truth(), ENGLISH).data
    assert list(heat.y) == list(heat.x) == ["😠 Angry", "😄 Happy", "😢 Sad"]
    assert heat.text[0][0] == "<b>6</b><br>75.0 %" and heat.text[0][1] == "" and list(heat.z[0]) == [0.75, 0.0, 0.25]
    assert list(heat.z[1]) == [0.0, 0.0, 0.0], "a row without clips"
    assert cells.hovertext[2] == "Reference 😠 Angry, verdict 😢 Sad: 2 clips, 25.0 % of the row"
    assert [list(each) for each in cells.customdata[:4]] == [[0, 0], [0, 1], [0, 2], [1, 0]]
    assert cells.y[2] == "😠 Angry" and cells.x[2] == "😢 Sad", "references down, verdicts across"
    assert cells.marker.opacity == 0 and cells.selected.marker.opacity == 1 and cells.unselected.marker.opacity == 0
    assert "参考" in confusion_chart(truth(), texts_in("zh")).data[1].hovertext[0]


def test_a_click_is_a_reference_and_a_verdict_and_nothing_else_is() -> None:
    assert cell_in({"points": [{"customdata": [0, 2]}]}, truth()) == ("angry", "sad")
    for nothing in ({"points": []}, {}, {"points": [{}]}, {"points": [{"customdata": [0, 3]}]},
                    {"points": [{"customdata": [0]}]}, {"points": [{"customdata": ["0", -1]}]}):  # fmt: skip
        assert cell_in(nothing, truth()) is None


def test_the_clips_of_a_cell_come_the_most_confident_first_with_their_sounds() -> None:
    held = judgements()
    scores = held.scores.copy()
    scores[7, 6] = 0.95
    held = replace(held, scores=scores)
    assert clips_in(held, truth(), ("angry", "sad")) == [7, 6]
    assert clips_in(held, ground_truth(held, TruthOptions(leave_out_unsure=True)), ("angry", "sad")) == [7]
    table = cell_table(held, [7, 6])
    assert list(table["source"]) == ["clip7.wav", "clip6.wav"] and list(table["speaker"]) == ["<b>Bo"] * 2
    assert list(table["confidence"]) == [0.95, 0.8]
    assert table["sound"][0] == f"/api/v1/library/sounds/{key(7)}.ogg"
    assert len(cell_table(held, [])) == 0


def test_emotions_and_speakers_are_tables_with_what_is_undefined_left_empty() -> None:
    emotions = emotion_table(truth(), ENGLISH)
    assert list(emotions["emotion"]) == ["😠 Angry", "😄 Happy", "😢 Sad"] and list(emotions["clips"]) == [8, 0, 2]
    assert emotions["recall"][0] == 0.75 and pd.isna(emotions["recall"][1]) and emotions["precision"][1] == 0
    speakers = speaker_table(truth(), ENGLISH)
    assert list(speakers["speaker"]) == ["<b>Bo", "Ann"] and list(speakers["uar"]) == pytest.approx([5 / 12, 1.0])
    nobody = speaker_table(ground_truth(judged(PAIRS)), ENGLISH)
    assert list(nobody["speaker"]) == ["(nobody named)"]


@pytest.fixture
def library(tmp_path: object) -> Library:
    return Library.open(f"{tmp_path}/library")


def test_findings_are_made_once_until_somebody_changes_a_clip(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.put([entry(n, reference="sad") for n in range(6)])
    made: list[Query] = []

    def counted(*given: object) -> Judgements:
        made.append(given[1])  # type: ignore[arg-type]
        return judgements_of(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(truth_findings, "judgements_of", counted)
    first = findings_of(library, Query(order="source"))
    assert findings_of(library, Query(descending=True)) is first and len(made) == 1
    assert findings_of(library, Query(text="clip1")).truth != first.truth
    library.update([key(1)], reference="happy")
    again = findings_of(library, Query())
    assert again is not first and again.truth is not None
    assert dict(zip(*np.unique(again.judgements.references.astype(str), return_counts=True), strict=True))["happy"] == 1
    nothing = findings_of(library, Query(text="nowhere"))
    assert nothing.truth is None and "None of these clips has a reference" in nothing.why_none


def test_a_decision_sets_or_keeps_references_and_can_be_undone(library: Library) -> None:
    library.put([entry(n, reference="sad", tags=("mine",)) for n in range(3)])
    errors = [LabelError(key(n), f"clip{n}", "", "sad", name, 0.1, 0.8) for n, name in ((0, "happy"), (1, "angry"))]
    assert truth_edits.accept(library, errors) == 2
    assert [library.get(key(n)).reference for n in range(3)] == ["happy", "angry", "sad"]
    assert library.get(key(0)).tags == ("mine", CHECKED)
    assert truth_edits.undo(library, errors) == 2
    assert library.get(key(0)).reference == "sad" and library.get(key(0)).tags == ("mine",)
    assert truth_edits.keep(library, errors[:1]) == 1
    assert library.get(key(0)).reference == "sad" and library.get(key(0)).tags == ("mine", CHECKED)
    table = error_table(errors, ENGLISH)
    assert list(table["suggested"]) == ["😄 Happy", "😠 Angry"] and list(table["reference_score"]) == [0.1, 0.1]
