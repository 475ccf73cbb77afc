"""A library keeps every clip once, gives it back without loss, and survives other writers and sudden ends."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from core.errors import LibraryError
from core.library import Failure, Library, Query, repair, verify
from core.library.migration import STEPS
from tests.core.library.conftest import LABELS, entry, key

ROOT = Path(__file__).parents[3]


def test_a_clip_comes_back_without_loss(library: Library) -> None:
    vector = np.linspace(-1, 1, 5, dtype=np.float32)
    given = entry(3, speaker="Åsa 张", reference="sad", tags=("a", "b'c"), metadata={"ro\"om": "it's\n<b>"},
                  speaker_embedding=vector, speaker_model="model", sound=b"OggS\0\xff")  # fmt: skip
    assert library.put([given]) == 1
    found = Library.open(library.location, create=False).get(key(3))
    assert np.array_equal(found.analysis.frame_logits, given.analysis.frame_logits)
    assert np.array_equal(found.analysis.embedding, given.analysis.embedding)
    assert found.analysis.to_dict() == given.analysis.to_dict()
    assert found.speaker_embedding is not None and np.array_equal(found.speaker_embedding, vector)
    plain = {"analysis": given.analysis, "speaker_embedding": None}
    assert replace(found, **plain) == replace(given, **plain)


def test_the_same_clip_is_kept_once_and_keeps_what_was_said_of_it(library: Library) -> None:
    assert library.put([entry(1), entry(1), entry(2)]) == 2
    library.update([key(1)], speaker="A", add_tags=["good"])
    assert library.put([entry(1), entry(3)]) == 1
    assert library.count() == 3 and library.get(key(1)).speaker == "A" and library.get(key(1)).tags == ("good",)


def test_files_are_known_by_their_fingerprints_as_long_as_their_clip_is_there(library: Library) -> None:
    library.put([entry(1), entry(2), entry(2)], ["one", "two", "two again"])
    assert library.sources_done(["one", "two", "two again", "' OR 1=1 --"]) == {"one", "two", "two again"}
    library.delete([key(2)])
    assert library.sources_done(["one", "two"]) == {"one"} and library.has([key(1), key(2)]) == {key(1)}


def test_a_deleted_clip_is_out_of_sight_and_can_be_taken_back(library: Library) -> None:
    library.put([entry(n) for n in range(4)])
    assert library.delete([key(1), key(2)]) == 2 and library.count() == 2
    assert library.count(Query(deleted=True)) == 2
    assert library.undelete([key(1)]) == 1 and library.count() == 3
    assert library.put([entry(2)]) == 0 and library.count() == 4  # brought again, it is there again
    library.delete([key(0)])
    assert library.compact() == 2 and library.count() == 3  # the clip and its frames
    with pytest.raises(LibraryError, match="has no clip"):
        library.get(key(0))


def test_failures_hold_the_latest_word_and_go_when_the_file_is_heard(library: Library) -> None:
    library.put_failures(
        [Failure("bad.wav", "first"), Failure("bad.wav", "second"), Failure("worse.wav", "x", {"a": "b"})]
    )
    assert library.failures() == [Failure("bad.wav", "second"), Failure("worse.wav", "x", {"a": "b"})]
    library.put([entry(1, source="bad.wav")])
    assert [failure.source for failure in library.failures()] == ["worse.wav"]


HOSTILE = ["'", "''; DROP TABLE clips; --", "\\", "%_%", "line\nbreak", "\u2028", "张伟", "🙂", '"', "a\0b", "<script>"]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_outside_is_only_text(library: Library, text: str) -> None:
    stored = text.replace("\0", "")
    library.put([entry(1, source=stored, speaker=stored, reference=stored, tags=(stored,), metadata={stored: stored})])
    library.put([entry(2)])
    for query in (
        Query(text=text),
        Query(speakers=(text,)),
        Query(references=(text,)),
        Query(tags=(text,)),
        Query(metadata=((stored, stored),)),
    ):
        assert library.rows(query, columns=["key"]).column("key").to_pylist() == [key(1)], query
    assert library.count(Query(labels=(text,))) == 0


def test_rows_are_filtered_sorted_and_paged(library: Library) -> None:
    library.put([entry(n, speaker=f"s{n % 3}" if n % 4 else None, reference="sad") for n in range(40)])
    everything = library.rows().to_pylist()
    assert len(everything) == 40 and "embedding" not in everything[0] and "analysis" not in everything[0]
    pages = [
        library.rows(Query(order="confidence", descending=True), limit=15, offset=o).to_pylist() for o in (0, 15, 30)
    ]
    paged = [row["key"] for page in pages for row in page]
    assert paged == [row["key"] for row in sorted(everything, key=lambda row: (-row["confidence"], row["key"]))]
    some = Query(speakers=("s1", ""), duration_s=(1.0, 3.0), labels=("sad", "happy"), unsure=True)
    expected = {
        row["key"] for row in everything
        if row["speaker"] in ("s1", None) and 1 <= row["duration_s"] <= 3 and row["label"] in ("sad", "happy")
        and row["unsure"]
    }  # fmt: skip
    assert {row["key"] for row in library.rows(some).to_pylist()} == expected and library.count(some) == len(
        expected
    ) > 0
    right = [row for row in everything if row["label"] == "sad"]
    assert library.count(Query(right=True)) == len(right) == 40 - library.count(Query(right=False))
    assert library.count(Query(text="CLIP1.")) == 1
    counts = library.facets()
    assert counts["speaker"][""] == 10 and sum(counts["label"].values()) == 40 and counts["reference"] == {"sad": 40}


def test_an_order_or_a_key_that_is_none_is_refused(library: Library) -> None:
    with pytest.raises(LibraryError, match="cannot be ordered by 'key; drop'"):
        Query(order="key; drop")
    with pytest.raises(LibraryError, match="is no clip's key"):
        library.get("' OR 1=1")
    with pytest.raises(LibraryError, match="A clip's label cannot be changed"):
        library.update([key(1)], label="sad")


def test_vectors_come_as_a_matrix_of_one_space(library: Library) -> None:
    library.put([entry(n) for n in range(5)])
    found = library.matrix()
    assert found.values.shape == (5, 8) and found.without == 0
    position = found.keys.index(key(2))
    assert np.array_equal(found.values[position], entry(2).analysis.embedding)
    scores = library.matrix(space="scores")
    assert scores.values.shape == (5, 9) and scores.values.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert library.matrix(space="speaker").without == 5
    assert library.put_speaker_vectors({key(1): np.ones(4, np.float32)}, "voices") == 1
    speakers = library.matrix(space="speaker")
    assert speakers.keys == (key(1),) and speakers.values.tolist() == [[1, 1, 1, 1]] and speakers.without == 4
    library.put([entry(9, dim=3)])
    with pytest.raises(LibraryError, match="3 and 8 dimensions"):
        library.matrix()


def test_further_vectors_are_kept_by_model_and_go_with_their_clip(library: Library) -> None:
    library.put([entry(n) for n in range(4)])
    one, other = {key(n): np.full(3, n, np.float32) for n in (2, 0, 9)}, {key(0): np.ones(5, np.float32)}
    assert library.put_vectors("a'b", one) == 2 and library.put_vectors("other", other) == 1  # there is no ninth clip
    assert library.put_vectors("a'b", {key(2): np.full(3, 7, np.float32)}) == 0
    found = library.vectors("a'b", [key(n) for n in range(4)])
    assert found.keys == (key(0), key(2)) and found.values.tolist() == [[0] * 3, [7] * 3] and found.without == 2
    assert library.vectors("a'b", [key(0)]).values.shape == (1, 3) and library.vectors("none", [key(0)]).keys == ()
    library._tables["clips"].delete(f"key = '{key(0)}'")
    assert verify(library).orphans == 2  # the clip in its frames, and in its vectors
    library.delete([key(2)])
    library.compact()
    assert verify(library).is_sound and library._latest("vectors").count_rows() == 0


def test_a_library_of_the_first_version_gains_the_table_of_further_vectors(library: Library) -> None:
    import lancedb

    library.put([entry(1)])
    lancedb.connect(library.location).drop_table("vectors")
    library._tables["about"].update(where="name = 'version'", values={"value": "1"})
    again = Library.open(library.location, create=False)
    assert again.count() == 1 and again.put_vectors("m", {key(1): np.ones(2, np.float32)}) == 1
    assert again._select("about", "true", None).to_pylist()[0]["value"] == "2"
    assert Library.open(library.location, create=False).vectors("m", [key(1)]).keys == (key(1),)


def test_damage_is_found_and_mended(library: Library) -> None:
    library.put([entry(n, sound=b"x") for n in range(6)], [str(n) for n in range(6)])
    assert verify(library).is_sound
    frames = library._tables["frames"]
    frames.delete(f"key = '{key(1)}'")
    frames.update(where=f"key = '{key(2)}'", values={"logits": b"no zlib"})
    library._tables["clips"].delete(f"key = '{key(3)}'")
    library._tables["clips"].update(
        where=f"key = '{key(4)}'", values={"label": "angry" if entry(4).analysis.label != "angry" else "sad"}
    )
    report = verify(library)
    assert (
        set(report.damaged) == {key(1), key(2), key(4)} and report.orphans == 3
    )  # frames, sound and note of the third
    with pytest.raises(LibraryError, match="is damaged"):
        library.get(key(1))
    repair(library)
    assert verify(library).is_sound and library.has([key(n) for n in range(6)]) == {key(0), key(5)}
    assert library.sources_done(["1", "5"]) == {"5"}


def test_a_missing_file_is_one_sentence(library: Library) -> None:
    library.put([entry(n) for n in range(3)])
    for path in Path(library.location).glob("clips.lance/data/*"):
        path.unlink()
    with pytest.raises(LibraryError, match="cannot be read"):
        verify(Library.open(library.location))


def test_a_library_that_is_not_there_and_one_of_a_newer_version_are_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="There is no library"):
        Library.open(tmp_path / "nowhere", create=False)
    assert not (tmp_path / "nowhere").exists(), "asking makes no folder"
    row = pa.table({"name": ["version"], "value": ["999"]})
    library._tables["about"].merge_insert("name").when_matched_update_all().execute(row)
    with pytest.raises(LibraryError, match="is of version 999; this EmoScope reads up to 2"):
        Library.open(library.location)


def test_every_older_version_has_a_step_and_steps_may_be_done_again(library: Library) -> None:
    from core.library.tables import VERSION

    assert sorted(STEPS) == list(range(VERSION))
    library.put([entry(1)])
    library._tables["about"].delete("true")  # as a kill right after the tables were made would leave it
    again = Library.open(library.location)
    assert again.count() == 1 and again._select("about", "true", None).to_pylist()[0]["value"] == str(VERSION)


def test_many_small_writes_stay_few_files(library: Library) -> None:
    for number in range(70):
        library.put([entry(number)], [str(number)])
    assert library.count() == 70
    assert len(list(Path(library.location).glob("clips.lance/data/*"))) > 0
    assert library._latest("clips").stats()["fragment_stats"]["num_fragments"] < 70


WRITER = """
import sys
from core.library import Library
from tests.core.library.conftest import entry
library = Library.open(sys.argv[1])
print("open", flush=True)
first, last = int(sys.argv[2]), int(sys.argv[3])
for begin in range(first, last, 5):
    numbers = range(begin, min(begin + 5, last))
    library.put([entry(n, sound=b"x" * 500) for n in numbers], [str(n) for n in numbers])
"""


def writer(location: Path, first: int, last: int) -> "subprocess.Popen[str]":
    arguments = [sys.executable, "-c", WRITER, str(location), str(first), str(last)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)


def test_two_processes_write_at_once_and_all_is_there(tmp_path: Path) -> None:
    writers = [writer(tmp_path / "library", first, first + 60) for first in (0, 40)]  # twenty clips are in both
    for each in writers:
        each.communicate(timeout=120)
    assert [each.returncode for each in writers] == [0, 0]
    library = Library.open(tmp_path / "library", create=False)
    assert library.count() == 100 and verify(library).is_sound
    assert library.sources_done([str(n) for n in range(100)]) == {str(n) for n in range(100)}


def test_a_kill_leaves_whole_clips_and_nothing_that_lies(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    kept = 0
    for _ in range(4):
        process = writer(tmp_path / "library", 0, 4000)
        assert process.stdout is not None and process.stdout.readline() == "open\n"
        time.sleep(float(rng.uniform(0.2, 0.8)))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        library = Library.open(tmp_path / "library", create=False)
        report = verify(library)
        assert not report.damaged and report.clips == library.count() >= kept
        kept = report.clips
    assert kept > 0 and set(LABELS) >= set(library.facets()["label"])
    repair(library)
    assert verify(library).is_sound and library.count() == kept


def test_every_question_sees_what_another_process_wrote_meanwhile(library: Library) -> None:
    library.put([entry(1, reference="sad")])
    other = Library.open(library.location, create=False)
    assert other.rows(limit=9).num_rows == 1 and other.facets()["reference"] == {"sad": 1}
    other.facets()["reference"]["sad"] = 7  # what was handed out is the caller's own
    assert other.facets()["reference"] == {"sad": 1}
    library.put([entry(2)])
    library.update([key(1)], reference="happy")
    assert other.rows(limit=9).num_rows == 2 and other.count() == 2
    assert other.facets()["reference"] == {"happy": 1, "": 1}
    assert other.facets(Query(references=("happy",)))["reference"] == {"happy": 1}


def test_a_question_is_read_once_as_long_as_nobody_writes(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.put([entry(1)])
    asked: list[int] = []
    ask = library._asked
    monkeypatch.setattr(library, "_asked", lambda question: asked.append(1) or ask(question))
    first, count = library.rows(limit=9), library.count()
    asked.clear()
    assert library.rows(limit=9) is first and library.count() == count == 1
    assert len(asked) == 2  # no more than which version there is
    library.update([key(1)], speaker="anna")
    assert library.rows(limit=9).column("speaker").to_pylist() == ["anna"]


def test_vectors_keep_the_order_of_the_clips_and_say_how_many_have_none(library: Library) -> None:
    vectors = {key(n): np.full(4, n, np.float32) for n in (3, 1)}
    library.put([entry(n) for n in range(4)])
    library.put_speaker_vectors(vectors, "voices")
    found = library.matrix(Query(order="key", descending=True), "speaker")
    assert found.keys == (key(3), key(1)) and found.without == 2
    assert found.values.tolist() == [[3.0] * 4, [1.0] * 4]
    emotions = library.matrix(Query(order="key"))
    assert all(np.array_equal(row, entry(n).analysis.embedding) for n, row in enumerate(emotions.values))
    assert library.matrix(Query(text="nowhere")).values.shape == (0, 0)
