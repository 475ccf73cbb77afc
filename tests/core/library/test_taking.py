"""What leaves a library is all there, harmless where it is opened, and comes back without loss."""

import csv
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.cli import main
from core.errors import LibraryError
from core.library import FORMATS, Library, Query, export_library, import_library, verify, write_selection
from tests.core.library.conftest import entry, key

HOSTILE = ("../../x.wav", "=1+1", "<script>alert(1)</script>", 'a "quoted",\nline 张 😄')


def filled(library: Library) -> Library:
    library.put(
        [
            entry(number, source=source, speaker=f"S{number % 2}", reference="sad", tags=("a", "b"),
                  metadata={"room": f"=R{number}"}, sound=b"OggS" + bytes([number]))
            for number, source in enumerate(HOSTILE)
        ]
    )  # fmt: skip
    return library


def written(library: Library, form: str, query: Query = Query(), **options: str) -> bytes:
    file = io.BytesIO()
    write_selection(library, query, form, file, **options)
    return file.getvalue()


def test_a_csv_holds_every_clip_and_no_formula(library: Library) -> None:
    rows = list(
        csv.DictReader(io.StringIO(written(filled(library), "csv", Query(order="sha256")).decode(), newline=""))
    )
    assert [row["source"] for row in rows] == ["../../x.wav", "'=1+1", HOSTILE[2], HOSTILE[3]]
    assert [row["metadata.room"] for row in rows] == [f"'=R{number}" for number in range(4)]
    assert rows[1]["tags"] == "a;b" and float(rows[1]["confidence"]) == pytest.approx(
        library.get(key(1)).analysis.confidence, abs=1e-6
    )


def test_json_lines_keep_names_tags_and_metadata_as_they_are(library: Library) -> None:
    query = Query(speakers=("S1",), order="sha256", descending=True)
    rows = [json.loads(line) for line in written(filled(library), "jsonl", query).decode().splitlines()]
    assert [row["source"] for row in rows] == [HOSTILE[3], HOSTILE[1]]
    assert rows[0]["metadata"] == {"room": "=R3"} and rows[0]["tags"] == ["a", "b"]


def test_parquet_has_the_vectors_too(library: Library) -> None:
    table = pq.read_table(io.BytesIO(written(filled(library), "parquet", Query(order="sha256"))))
    assert table.column("key").to_pylist() == [key(number) for number in range(4)]
    assert np.array_equal(table.column("embedding")[2].as_py(), library.get(key(2)).analysis.embedding)


def test_a_matrix_comes_with_the_clip_of_each_row(library: Library) -> None:
    with zipfile.ZipFile(io.BytesIO(written(filled(library), "npy", space="emotion"))) as archive:
        matrix = np.load(io.BytesIO(archive.read("vectors.npy")), allow_pickle=False)
        rows = list(csv.DictReader(io.StringIO(archive.read("keys.csv").decode(), newline="")))
    assert matrix.shape == (4, 8) and matrix.dtype == np.float32
    assert all(np.array_equal(matrix[at], library.get(row["key"]).analysis.embedding) for at, row in enumerate(rows))
    with pytest.raises(LibraryError, match="None of these clips has a vector"):
        written(library, "npy", space="speaker")


def test_an_audiofolder_names_its_sounds_by_their_keys(library: Library) -> None:
    with zipfile.ZipFile(io.BytesIO(written(filled(library), "audiofolder"))) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("metadata.csv").decode(), newline="")))
        assert set(archive.namelist()) == {"metadata.csv", *(f"data/{key(number)}.ogg" for number in range(4))}
        assert all(archive.read(row["file_name"]) == library.sound(row["key"]) for row in rows)
    assert next(iter(rows[0])) == "file_name" and len(rows) == 4


def test_a_form_that_is_none_and_clips_without_sound_are_refused(library: Library) -> None:
    with pytest.raises(LibraryError, match="there are csv"):
        written(library, "xls")
    library.put([entry(1)])
    with pytest.raises(LibraryError, match="kept no sound"):
        written(library, "audiofolder")
    assert set(FORMATS) == {"csv", "parquet", "jsonl", "npy", "audiofolder"}


def test_a_whole_library_comes_back_without_loss_and_only_once(library: Library, tmp_path: Path) -> None:
    library.put([entry(9)], ["its file"])
    assert export_library(filled(library), tmp_path / "moved") == 5
    other = Library.open(tmp_path / "other")
    other.put([entry(1)])
    other.update([key(1)], speaker="known here")
    assert import_library(other, tmp_path / "moved") == 4 and import_library(other, tmp_path / "moved") == 0
    assert other.count() == 5 and verify(other).is_sound and other.sources_done(["its file"]) == {"its file"}
    assert other.get(key(1)).speaker == "known here"
    here, there = library.get(key(3)), other.get(key(3))
    assert here.analysis.to_dict() == there.analysis.to_dict() and here.sound == there.sound
    assert np.array_equal(here.analysis.frame_logits, there.analysis.frame_logits)
    with pytest.raises(LibraryError, match="is there already"):
        export_library(library, tmp_path / "moved")


def test_further_vectors_move_along_and_a_folder_of_the_first_version_has_none(
    library: Library, tmp_path: Path
) -> None:
    filled(library).put_vectors("m", {key(2): np.arange(3, dtype=np.float32)})
    export_library(library, tmp_path / "moved")
    other = Library.open(tmp_path / "other")
    assert import_library(other, tmp_path / "moved") == 4
    assert other.vectors("m", [key(2), key(3)]).values.tolist() == [[0, 1, 2]]
    (tmp_path / "moved" / "vectors.parquet").unlink()
    (tmp_path / "moved" / "about.json").write_text(json.dumps({"emoscope_library": 1, "clips": 4}))
    older = Library.open(tmp_path / "older")
    assert import_library(older, tmp_path / "moved") == 4 and older.vectors("m", [key(2)]).keys == ()
    (tmp_path / "moved" / "about.json").write_text(json.dumps({"emoscope_library": 3, "clips": 4}))
    with pytest.raises(LibraryError, match="version 3; this EmoScope reads up to 2"):
        import_library(older, tmp_path / "moved")


@pytest.mark.parametrize("part", ["clips.parquet", "frames.parquet", "sounds.parquet", "vectors.parquet", "about.json"])
def test_a_damaged_folder_is_refused_and_nothing_of_it_taken(library: Library, tmp_path: Path, part: str) -> None:
    filled(library).put_vectors("m", {key(2): np.ones(3, np.float32)})
    export_library(library, tmp_path / "moved")
    damaged = tmp_path / "moved" / part
    content = bytearray(damaged.read_bytes())
    content[8] ^= 0xFF
    damaged.write_bytes(bytes(content) if part != "about.json" else b"{}")
    other = Library.open(tmp_path / "other")
    with pytest.raises(LibraryError, match="no whole library"):
        import_library(other, tmp_path / "moved")
    assert other.count() == 0 and verify(other).orphans == 0


def test_the_command_line_takes_a_selection_away_and_a_library_in(library: Library, tmp_path: Path) -> None:
    filled(library)
    place, out = ["--library", library.location], tmp_path / "some.csv"
    assert main(["library", "export", str(out), *place, "--speaker", "S1", "--tag", "a"]) == 0
    rows = list(csv.DictReader(io.StringIO(out.read_bytes().decode(), newline="")))
    assert {row["speaker"] for row in rows} == {"S1"} and len(rows) == 2
    before = out.read_bytes()
    assert main(["library", "export", str(out), *place, "--format", "jsonl"]) == 1 and out.read_bytes() == before
    assert main(["library", "export", str(out), *place, "--format", "jsonl", "--force"]) == 0
    assert len(out.read_text().splitlines()) == 4
    assert main(["library", "export", str(tmp_path / "no.zip"), *place, "--format", "npy", "--space", "speaker"]) == 1
    assert not (tmp_path / "no.zip").exists()
    moved = ["library", "export", str(tmp_path / "moved"), *place, "--format", "library"]
    assert main([*moved, "--speaker", "S1"]) == 1 and main(moved) == 0
    assert main(["library", "import", str(tmp_path / "moved"), "--library", str(tmp_path / "new")]) == 0
    assert Library.open(tmp_path / "new", create=False).count() == 4
    assert main(["library", "import", str(tmp_path), *place]) == 1
    assert not [left for left in tmp_path.iterdir() if left.name.startswith(".emoscope")]


def test_a_folder_whose_keys_are_none_is_refused(library: Library, tmp_path: Path) -> None:
    export_library(filled(library), tmp_path / "moved")
    file = tmp_path / "moved" / "clips.parquet"
    table = pq.read_table(file)
    keys = ["' OR 1=1 --", *table.column("key").to_pylist()[1:]]
    pq.write_table(table.set_column(0, table.schema.field("key"), [keys]), file)
    other = Library.open(tmp_path / "other")
    with pytest.raises(LibraryError, match="no clip's key"):
        import_library(other, tmp_path / "moved")
    assert other.count() == 0
