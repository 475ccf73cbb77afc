"""What a batch is made of: every clip of a folder, a zip, a list, a CSV or uploads; names are never paths."""

import csv
import os
import re
import zipfile
from pathlib import Path

import pytest

from core.audio.openers import RATIO_MATTERS_BYTES, BytesOpener, FileOpener, from_record, to_record
from core.batch import Item, Items, Known, Manifest, UploadItems, described, items_of
from core.errors import AudioError, EngineError, SettingsError
from core.settings import Settings


def named(items: Items) -> dict[str, Item]:
    found = list(items)
    assert len({item.name for item in found}) == len(found) == items.count()
    return {item.name: item for item in found}


def content(item: Item) -> bytes:
    with item.opener.open(item.name) as file:
        return file.read()


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def write_csv(path: Path, *rows: tuple[str, ...], delimiter: str = ",") -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def test_a_folder_gives_every_file_in_it_and_counts_what_lies_beside_the_clips(tmp_path: Path) -> None:
    write(tmp_path, "a.wav", "deep/er/b.MP3", "声音.opus", "noextension", "manifest.csv", "notes.TXT", ".DS_Store")
    items = items_of(tmp_path)
    assert list(named(items)) == ["a.wav", "deep/er/b.MP3", "noextension", "声音.opus"]
    assert content(named(items)["deep/er/b.MP3"]) == b"deep/er/b.MP3"
    assert items.ignored == 3


def test_a_link_that_leads_out_of_the_folder_is_a_failure_and_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "outside/secret.wav", "clips/real/a.wav")
    clips = tmp_path / "clips"
    (clips / "out.wav").symlink_to(tmp_path / "outside" / "secret.wav")
    (clips / "out").symlink_to(tmp_path / "outside")
    (clips / "in.wav").symlink_to(clips / "real" / "a.wav")
    (clips / "real" / "loop").symlink_to(clips)
    found = named(items_of(clips))
    assert list(found) == ["in.wav", "out", "out.wav", "real/a.wav"]
    assert content(found["in.wav"]) == b"clips/real/a.wav"
    for name in ("out", "out.wav"):
        with pytest.raises(AudioError, match="leads out of the folder"):
            content(found[name])


def test_a_pipe_is_a_failure_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(AudioError, match="pipe or a device"):
        content(named(items_of(tmp_path))["pipe.wav"])


def test_names_are_one_printable_line_and_stay_apart(tmp_path: Path) -> None:
    write(tmp_path, "a\nb.wav", "a b.wav", "\u202egnp.wav", "<script>.wav", "x" * 250 + ".wav")
    (tmp_path / os.fsdecode(b"\xff.wav")).write_bytes(b"no text")
    found = named(items_of(tmp_path))
    assert all(name.isprintable() for name in found) and len(found) == 6
    assert {"a\\nb.wav", "<script>.wav", "\\u202egnp.wav", "\\udcff.wav"} <= set(found)
    assert content(found["\\udcff.wav"]) == b"no text"


def test_a_zip_is_read_in_place_whatever_its_names_say(tmp_path: Path) -> None:
    path = tmp_path / "clips.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("../../escape.wav", "/etc/passwd.wav", "a/b.wav", "__MACOSX/._b.wav", "a/notes.txt"):
            archive.writestr(name, name.encode())
        archive.mkdir("a/folder")
    items = items_of(path)
    assert set(named(items)) == {"../../escape.wav", "/etc/passwd.wav", "a/b.wav"} and items.ignored == 2
    assert all(content(item) == name.encode() for name, item in named(items).items())
    assert [each.name for each in tmp_path.iterdir()] == ["clips.zip"]


def test_an_entry_that_unpacks_to_more_than_it_may_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.wav", bytes(RATIO_MATTERS_BYTES + 1))
        archive.writestr("large.wav", os.urandom((1 << 20) + 1))
        archive.writestr("good.wav", b"good")
    found = named(items_of(path, Settings(max_upload_mb=1)))
    with pytest.raises(AudioError, match=r"'large\.wav' unpacks to more than 1 MB"):
        content(found["large.wav"])
    with pytest.raises(AudioError, match="zip bomb"):
        content(named(items_of(path))["bomb.wav"])
    assert content(found["good.wav"]) == b"good"


def test_an_entry_that_is_larger_than_it_declares_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "liar.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("liar.wav", bytes(RATIO_MATTERS_BYTES + 1))
    data = bytearray(path.read_bytes())
    directory = data.rindex(b"PK\1\2")
    data[directory + 24 : directory + 28] = (1000).to_bytes(4, "little")  # APPNOTE 4.3.12: uncompressed size
    path.write_bytes(data)
    with pytest.raises(AudioError, match="cannot be unpacked"):
        content(named(items_of(path))["liar.wav"])


@pytest.mark.parametrize("kind", ["encrypted", "damaged"])
def test_an_entry_that_cannot_be_unpacked_says_so(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "clips.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.wav", os.urandom(1000) * 5)
    data = bytearray(path.read_bytes())
    if kind == "encrypted":
        data[6] |= 1
        data[data.rindex(b"PK\1\2") + 8] |= 1
    else:
        data[60:90] = bytes(30)
    path.write_bytes(data)
    with pytest.raises(AudioError, match="password" if kind == "encrypted" else r"unpacked|damaged"):
        content(named(items_of(path))["a.wav"])


def test_an_object_store_is_listed_and_read_by_its_address(tmp_path: Path) -> None:
    """`file://` is one of the stores that pyarrow knows, beside s3 and gs."""
    write(tmp_path, "clips/a b.wav", "clips/deep/声音.wav", "clips/m.csv", "secret.wav")
    items = items_of((tmp_path / "clips").as_uri())
    assert list(named(items)) == ["a b.wav", "deep/声音.wav"] and items.ignored == 1
    for item in items:
        assert content(item) == f"clips/{item.name}".encode()
        with from_record(to_record(item.opener)).open(item.name) as file:
            assert file.seek(6) == 6 and file.read() == item.name.encode()
    (tmp_path / "clips" / "a b.wav").unlink()
    with pytest.raises(AudioError, match="cannot be fetched"):
        content(named(items)["a b.wav"])
    for address in ("file:///nowhere/at all", "what://ever"):
        with pytest.raises(SettingsError, match="cannot be listed"):
            items_of(address)


def test_a_list_names_files_from_its_own_folder(tmp_path: Path) -> None:
    write(tmp_path, "clips/a.wav", "b.wav")
    (tmp_path / "clips.txt").write_text(f"clips/a.wav\r\n\n{tmp_path}/b.wav\nnone.wav\n", encoding="utf-8")
    found = named(items_of(tmp_path / "clips.txt"))
    assert [content(item) for item in list(found.values())[:2]] == [b"clips/a.wav", b"b.wav"]
    with pytest.raises(AudioError, match=r"'none\.wav' does not exist"):
        content(found["none.wav"])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_is_its_rows_with_what_they_say(tmp_path: Path, delimiter: str) -> None:
    write(tmp_path, "a.wav", "b.wav")
    rows = (("Path", "speaker", "emotion", "take"), ("a.wav", "Ann", "Anger", "1"), ("b.wav", "", "bored", ""))
    items = items_of(write_csv(tmp_path / "m.csv", *rows, delimiter=delimiter))
    found = named(items)
    assert found["a.wav"].known == Known("Ann", "angry", {"take": "1"})
    assert found["b.wav"].known == Known(None, None, {"emotion": "bored"})
    (note,) = items.notes()
    assert "'bored' (1)" in note and "none of the nine emotions" in note


def test_uploads_are_clips_and_what_is_in_their_zips(tmp_path: Path) -> None:
    write(tmp_path, "spooled")
    with zipfile.ZipFile(tmp_path / "up.zip", "w") as archive:
        archive.writestr("in.wav", b"in")
    uploads = [("a.wav", b"a"), ("b.wav", tmp_path / "spooled"), ("up.zip", (tmp_path / "up.zip").read_bytes())]
    found = named(UploadItems(uploads, 10))
    assert {name: content(item) for name, item in found.items()} == {
        "a.wav": b"a",
        "b.wav": b"spooled",
        "up.zip/in.wav": b"in",
    }


def test_a_manifest_is_joined_by_path_or_by_a_name_that_only_one_row_has(tmp_path: Path) -> None:
    write(tmp_path, "x/a.wav", "y/a.wav", "deep/b.wav", "c.wav")
    rows = (
        ("file", "speaker", "label", "licence"),
        ("./x/a.wav", "Ann", "happiness", "CC0"),
        ("y\\a.wav", "Bob", "难过", ""),
        ("elsewhere/b.wav", "Cy", "neutral", ""),
        ("gone.wav", "Di", "calm", ""),
    )
    write_csv(tmp_path / "manifest.csv", *rows)
    items = items_of(tmp_path, metadata="manifest.csv", speaker_from=r"^(?P<speaker>[^/.]+)")
    found = named(items)
    assert found["x/a.wav"].known == Known("Ann", "happy", {"licence": "CC0"})
    assert found["y/a.wav"].known == Known("Bob", "sad", {})
    assert found["deep/b.wav"].known == Known("Cy", "neutral", {})
    assert found["c.wav"].known == Known("c", None, {}), "the pattern where the manifest says nothing"
    assert any("1 row of manifest.csv named no clip" in note for note in items.notes())


def test_a_name_that_several_rows_have_is_not_guessed(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "m.csv", ("file", "speaker"), ("x/a.wav", "Ann"), ("y/a.wav", "Bob"))
    assert Manifest(path).known("z/a.wav") == Known()
    assert Manifest(path).known("y/a.wav").speaker == "Bob"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"speaker,emotion\nAnn,happy\n", "no column for the clips' files"),
        (b"", "no column for the clips' files"),
        (b"file\n\xff\xfe\n", "UTF-8|read on"),
        (b"file,a\nx," + b"y" * 200_000 + b"\n", "read on after line"),
    ],
)
def test_a_csv_that_cannot_be_used_is_one_sentence(tmp_path: Path, text: bytes, message: str) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(text)
    with pytest.raises(SettingsError, match=message):
        Manifest(path)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "not a regular expression"),
        (r"(\w+)", "no group named speaker"),
        ("(?P<speaker>a){1,99999999}", "too large"),
        ("(?P<speaker>((a{99}){99}){99})", "too large"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_one_sentence(tmp_path: Path, pattern: str, message: str) -> None:
    write(tmp_path, "a.wav")
    with pytest.raises(SettingsError, match=message):
        list(items_of(tmp_path, speaker_from=pattern))


def test_a_pattern_of_exponential_time_ends_in_an_error_and_not_in_a_hang(tmp_path: Path) -> None:
    write(tmp_path, "a" * 200 + ".wav")
    with pytest.raises(SettingsError, match="takes too long"):
        list(items_of(tmp_path, speaker_from=r"^(?P<speaker>(a|aa|a?)+)+$"))


@pytest.mark.parametrize("name", ["none", "bad.zip", "none.csv"])
def test_a_source_that_is_not_there_or_not_what_it_is_called_is_one_sentence(tmp_path: Path, name: str) -> None:
    write(tmp_path, "bad.zip")
    with pytest.raises(SettingsError, match=re.escape(name)):
        list(items_of(tmp_path / name))


def test_an_opener_travels_as_plain_values(tmp_path: Path) -> None:
    write(tmp_path, "a.wav")
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("b.wav", b"b.wav")
    for source in (tmp_path, tmp_path / "z.zip"):
        item = next(iter(items_of(source)))
        with from_record(to_record(item.opener)).open(item.name) as file:
            assert file.read() == item.name.encode()
    with pytest.raises(EngineError, match="in memory"):
        to_record(BytesOpener(b""))


def test_what_was_said_of_an_item_before_stays(tmp_path: Path) -> None:
    class Two(Items):
        def __iter__(self):  # type: ignore[no-untyped-def]
            return iter([Item("s1_a.wav", FileOpener("x"), Known("Ann", "sad", {"a": "1"}))])

    (item,) = described(Two(), None, "(?P<speaker>s1)")
    assert item.known == Known("Ann", "sad", {"a": "1"})
