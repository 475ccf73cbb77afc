"""`emoscope batch`, run as a person runs it."""

import json
import os
import pty
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from core.batch import Progress, Result
from core.cli.batch import progress_line, summary
from core.library import Library
from tests import sounds
from tests.core.batch.conftest import entries_of, write_voices
from tests.core.test_cli import COMMAND, emoscope, lines
from tests.core.test_cli_streams import read_terminal


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Six voices, a table of them, and nothing else."""
    names = write_voices(tmp_path / "clips", 6)
    rows = [f"{name},{'anger' if number % 2 else 'bored'}" for number, name in enumerate(names)]
    (tmp_path / "clips" / "manifest.csv").write_text("\n".join(["file,emotion", *rows]), encoding="utf-8")
    return tmp_path / "clips"


def test_a_folder_goes_into_a_library_with_what_its_manifest_says(clips: Path, tmp_path: Path) -> None:
    arguments = ("batch", clips, "--library", tmp_path / "lib", "--metadata", "manifest.csv")
    result = emoscope(*arguments, "--speaker-from", r"(?P<speaker>clip\d+)_")
    assert result.returncode == 0
    assert re.match(r"6 clips analysed \([\d.]+ s of sound\), 1 other files left out; .* clips/s, \d+× real time\.\n",
                    result.stdout.decode())  # fmt: skip
    (note,) = result.stderr.decode().splitlines()
    assert "'bored' (3)" in note
    entries = entries_of(Library.open(tmp_path / "lib"))
    assert {entry.reference for entry in entries.values()} == {"angry", None}
    assert {entry.speaker for entry in entries.values()} == {"clip0"} and all(e.sound for e in entries.values())
    again = emoscope(*arguments)
    assert b"0 clips analysed" in again.stdout and b"6 were there already" in again.stdout


def test_some_that_failed_are_a_line_each_and_exit_code_1(clips: Path, tmp_path: Path) -> None:
    (clips / "bad\x1b[31m\n.wav").write_text("text")
    (clips / "empty.wav").write_bytes(b"")
    result = emoscope("batch", clips, "--library", tmp_path / "lib", "--json", "--no-sound")
    errors = result.stderr.decode().splitlines()
    assert result.returncode == 1 and len(errors) == 2 and all(line.isprintable() for line in errors)
    assert any("empty.wav: 'empty.wav' is empty" in line for line in errors)
    (told,) = lines(result)
    assert (told["done"], told["failed"], told["present"], told["total"]) == (6, 2, 0, 8)
    assert told["clips_per_s"] > 0 and told["times_real_time"] > 0 and not told["cancelled"]
    assert all(entry.sound == b"" for entry in entries_of(Library.open(tmp_path / "lib")).values())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--metadata", "none.csv"), "'none.csv' cannot be read"),
        (("--speaker-from", "("), "not a regular expression"),
        (("--workers", "-1"), "--workers is -1"),
        (("--checkpoint", "none"), "There is no checkpoint 'none'"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(
    clips: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = emoscope("batch", clips, "--library", tmp_path / "lib", *arguments)
    assert result.returncode == 1 and result.stdout == b""
    assert message in result.stderr.decode() and result.stderr.count(b"\n") == 1


def test_a_source_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    result = emoscope("batch", tmp_path / "none", "--library", tmp_path / "lib")
    assert result.returncode == 1 and b"name a folder, a zip, a list or a CSV" in result.stderr


def test_a_terminal_sees_one_moving_line_and_then_the_summary(clips: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with open(ours, "rb", buffering=0) as terminal:  # noqa: PTH123  # a descriptor
        process = subprocess.Popen(
            [*COMMAND, "batch", str(clips), "--library", str(tmp_path / "lib")], stdout=subprocess.PIPE, stderr=theirs
        )
        os.close(theirs)
        shown = b""
        while piece := read_terminal(terminal.fileno()):
            shown += piece
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and output.startswith(b"6 clips analysed")
    assert "6 of 6 clips · ".encode() in shown and b"\n" not in shown
    assert shown.endswith(b"\r\x1b[2K"), "the moving line is taken away again"


def test_ctrl_c_keeps_what_was_heard_and_a_second_run_hears_the_rest(tmp_path: Path) -> None:
    write_voices(tmp_path / "clips", 400)
    command = [*COMMAND, "batch", str(tmp_path / "clips"), "--library", str(tmp_path / "lib"), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not (tmp_path / "lib").exists() or Library.open(tmp_path / "lib").count() == 0:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and errors == b"emoscope: stopping; what was heard is kept.\n"
    first = json.loads(output)
    assert first["cancelled"] and 0 < first["done"] < 400
    (second,) = lines(emoscope(*command[3:]))
    assert (second["present"], second["done"]) == (first["done"], 400 - first["done"])


def test_progress_is_told_in_words() -> None:
    progress = Progress(6302, 1200, 30, 4, 2, 3000.0, 3400.0, 15.0, 64.2)
    assert progress_line(progress) == (
        "1,234 of 6,302 clips · 30 there already · 4 failed · 80.0 clips/s · 227× real time · 64 s left"
    )
    assert progress_line(Progress()).startswith("0 clips · 0.0 clips/s")
    told = summary(Result(progress, (), cancelled=True))
    assert told.startswith("Stopped: 1,200 clips analysed (50 min of sound), 30 were there already, 4 failed, 2 other")


def test_a_log_gets_a_line_now_and_then(
    clips: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.cli import batch

    for every_s, expected in ((0.0, ["1 of 6", "2 of 6"]), (3600.0, [])):
        monkeypatch.setattr(batch, "PLAIN_EVERY_S", every_s)
        report = batch._Report()
        for done in (1, 2):
            report.on_progress(Progress(6, done))
        told = capsys.readouterr().err.splitlines()
        assert [line.split(" clips")[0] for line in told] == expected


def test_one_file_is_a_source_too(tmp_path: Path) -> None:
    (tmp_path / "one.flac").write_bytes(sounds.encode_kind("flac"))
    (told,) = lines(emoscope("batch", tmp_path / "one.flac", "--library", tmp_path / "lib", "--json"))
    assert (told["done"], told["total"]) == (1, 1)
