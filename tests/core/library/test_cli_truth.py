"""`emoscope library truth`: the figures on a terminal, and as JSON."""

import json
from dataclasses import replace

import pytest

from core.cli.main import main
from core.library import Entry, Library
from tests.core.library.conftest import entry


def surer(given: Entry) -> Entry:
    """The same clip, its best label three logits better."""
    logits = given.analysis.frame_logits.copy()
    logits[:, given.analysis.labels.index(given.analysis.label)] += 3
    return replace(given, analysis=replace(given.analysis, frame_logits=logits))


def test_truth_prints_confusion_figures_and_what_was_left_out(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = [surer(entry(n, speaker=f"s\x1b[2J{n % 3}")) if n % 2 else entry(n, speaker="s0") for n in range(12)]
    library.put([replace(each, reference=each.analysis.label) for each in entries])
    library.put([entry(20, reference="disgusted"), entry(21)])
    assert main(["library", "truth", "--library", library.location]) == 0
    said = capsys.readouterr().out
    assert "clips counted: 12 of 12 with a reference; without one: 1\n" in said
    assert "cannot say it: reference 'disgusted', clips: 1\n" in said and "\x1b" not in said
    assert "UAR                100.0%  (100.0% to 100.0%)" in said and "drawing speakers" in said
    assert main(["library", "truth", "--library", library.location, "--json", "--without-unsure"]) == 0
    record = json.loads(capsys.readouterr().out)
    sure = [e for e in entries if not e.analysis.unsure]
    assert record["counted"] == len(sure) < record["judged"] == 12 and record["uar"] == 1.0
    assert sum(map(sum, record["confusion"])) == len(sure) and record["label_errors"] == []
    assert {each["speaker"] for each in record["by_speaker"]} >= {f"s\x1b[2J{n}" for n in range(3)}


def test_truth_names_the_references_that_are_likely_wrong(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    entries = [entry(n) for n in range(40)]
    surest = max(range(40), key=lambda n: entries[n].analysis.confidence)
    other = next(label for label in ("angry", "happy", "sad") if label != entries[surest].analysis.label)
    given = [other if n == surest else e.analysis.label for n, e in enumerate(entries)]
    library.put([entry(n, reference=label) for n, label in enumerate(given)])
    assert main(["library", "truth", "--library", library.location]) == 0
    said = capsys.readouterr().out
    assert "references that are likely wrong: 1;" in said
    assert f"{other} → {entries[surest].analysis.label}" in said and f"folder/clip{surest}.wav" in said


def test_without_references_one_sentence_says_so(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    library.put([entry(1)])
    assert main(["library", "truth", "--library", library.location]) == 1
    assert "None of these clips has a reference" in capsys.readouterr().err
