"""The `emoscope` command among pipes, terminals and signals: results alone on standard output, and nothing steers."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.cli.terminal import json_line, plain
from tests.core.checkpoints.hub_server import Hub, serve_hub
from tests.core.test_cli import COMMAND, emoscope, lines
from tests.serving import Server, free_port

# Each ends a line somewhere or means something to a terminal: BEL, ESC, DEL, NEL, CSI, line separator, right-to-left.
NASTY = "a\a\x1b[31m\x7f\x85\x9b\u2028\u202e\n.wav"
NO_HUBS = {"EMOSCOPE_HF_ENDPOINT": "http://127.0.0.1:9", "EMOSCOPE_MODELSCOPE_ENDPOINT": "http://127.0.0.1:9"}


@pytest.fixture
def nasty_path(tmp_path: Path, voice_wav: bytes) -> Path:
    path = tmp_path / NASTY
    path.write_bytes(voice_wav)
    return path


@pytest.fixture
def hub(tiny_checkpoint: Path) -> Iterator[Hub]:
    with serve_hub(tiny_checkpoint) as hub:
        yield hub


def start(*arguments: object, **options: object) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([*COMMAND, *map(str, arguments)], stderr=subprocess.PIPE, **options)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("as_json", [True, False])
def test_no_character_of_a_name_ends_a_line_or_reaches_the_terminal(nasty_path: Path, as_json: bool) -> None:
    result = emoscope("analyze", nasty_path, *(["--json"] if as_json else []))
    text = result.stdout.decode()
    assert result.returncode == 0 and all(line.isprintable() for line in text.split("\n"))
    if as_json:
        assert len(text.splitlines()) == 1 and text.endswith("}\n")
        assert json.loads(text)["label"]


def test_a_bad_name_is_one_printable_line_of_an_error(tmp_path: Path) -> None:
    result = emoscope("analyze", tmp_path / NASTY, "--checkpoint", NASTY)
    errors = result.stderr.decode().split("\n")
    assert result.returncode == 1 and result.stdout == b"" and len(errors) == 2
    assert errors[0].startswith("emoscope: There is no checkpoint") and errors[0].isprintable()
    usage = emoscope("analyze", tmp_path, f"--{NASTY}").stderr.decode()
    assert "unrecognized arguments" in usage and all(line.isprintable() for line in usage.split("\n"))


def test_a_name_that_is_no_text_is_analysed_like_any_other(tmp_path: Path, voice_wav: bytes) -> None:
    path = os.fsencode(tmp_path) + b"/\xff\xfe.wav"
    with open(path, "wb") as file:  # noqa: PTH123  # a path of bytes
        file.write(voice_wav)
    result = subprocess.run([*COMMAND, "analyze", "--json", path], capture_output=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["label"]


def test_json_line_changes_no_value() -> None:
    value = {"clip": "naïve 声音 😀 " + NASTY + "\U000e0001 \ud800"}
    text = json_line(json.dumps(value, ensure_ascii=False))
    assert text.isprintable() and json.loads(text) == value
    assert "声音 😀" in text
    assert plain("声音 \x1b[2J") == "声音 \\x1b[2J"


def test_what_a_library_writes_to_the_descriptor_is_not_among_the_results(voice_path: Path) -> None:
    code = (
        "import os, sys, core.model\nfrom core.cli import main\nopen_engine = core.model.open_engine\n"
        "def noisy(*a, **k):\n    os.write(1, b'from C++\\n')\n    print('from Python')\n"
        "    return open_engine(*a, **k)\n"
        "core.model.open_engine = noisy\nsys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "analyze", "--json", str(voice_path)]
    result = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert [record["clip"] for record in lines(result)] == ["voice.wav"]
    assert result.stderr.split(b"\n")[:2] == [b"from C++", b"from Python"]


def test_progress_is_shown_to_a_terminal_and_taken_away_again(voice_path: Path) -> None:
    ours, theirs = pty.openpty()
    with open(ours, "rb", buffering=0) as terminal:  # noqa: PTH123  # a descriptor
        process = subprocess.Popen(
            [*COMMAND, "analyze", str(voice_path), "none.wav"], stdout=subprocess.PIPE, stderr=theirs
        )
        os.close(theirs)
        shown = b""
        while piece := read_terminal(terminal.fileno()):
            shown += piece
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 1 and output.startswith(b"voice.wav")
    assert b"voice.wav: window 1 of 1" in shown
    *moving, last = shown.decode().split("\r\x1b[2K")
    assert moving and last.startswith("emoscope: 'none.wav' does not exist") and last.endswith("\n")


def read_terminal(descriptor: int) -> bytes:
    """What is on the terminal; nothing once the other side has closed it, which Linux tells as EIO."""
    try:
        return os.read(descriptor, 4096)
    except OSError:
        return b""


def test_a_reader_that_has_enough_is_no_error(voice_path: Path) -> None:
    process = start("analyze", "--json", "--granularity", "frame", *[voice_path] * 3, stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.read(10) == b'{"clip": "'
    process.stdout.close()
    assert process.stderr.read() == b"" and process.wait(timeout=60) == 0
    process.stderr.close()


@pytest.mark.parametrize("arguments", [("analyze", "--json"), ("analyze",), ("models", "list")])
def test_a_full_disk_behind_standard_output_is_one_sentence(voice_path: Path, arguments: tuple[str, ...]) -> None:
    clips = [voice_path, voice_path] if arguments[0] == "analyze" else []
    with Path("/dev/full").open("wb") as full:
        process = start(*arguments, *clips, stdout=full)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors == b"emoscope: the results cannot be written (No space left on device).\n"


def test_without_any_standard_stream_a_clip_is_still_written_out(voice_path: Path, tmp_path: Path) -> None:
    script = f"exec {sys.executable} -m core.cli analyze {voice_path} --out {tmp_path}/out <&- >&- 2>&-"
    assert subprocess.run(["sh", "-c", script], timeout=60, check=False).returncode == 0
    (folder,) = (tmp_path / "out").iterdir()
    assert json.loads((folder / "result.json").read_text())["clip"] == "voice.wav"


def test_letters_the_terminal_does_not_have_are_shown_as_escapes(voice_path: Path) -> None:
    result = emoscope("analyze", voice_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert result.returncode == 0 and b"\\u" in result.stdout and result.stdout.isascii()
    assert lines(emoscope("analyze", "--json", voice_path, PYTHONIOENCODING="ascii"))[0]["clip"] == "voice.wav"


def test_ctrl_c_ends_the_command_with_130_and_no_traceback(tmp_path: Path) -> None:
    process = start("analyze", "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while "libtorch" not in Path(f"/proc/{process.pid}/maps").read_text():  # it is well under way
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (130, b"", b"emoscope: stopped.\n")


def test_the_time_of_decoding_is_in_the_timings(voice_path: Path) -> None:
    (record,) = lines(emoscope("analyze", voice_path, "--json"))
    timings = record["timings_s"]
    assert timings["decode"] > 0  # type: ignore[index]
    assert timings["total"] == pytest.approx(sum(timings[step] for step in timings if step != "total"), abs=1e-3)  # type: ignore[index, attr-defined, union-attr]


def test_pull_prints_the_folder_and_a_second_pull_fetches_nothing(hub: Hub, tmp_path: Path) -> None:
    here = {"EMOSCOPE_HF_ENDPOINT": hub.url, "EMOSCOPE_MODELSCOPE_ENDPOINT": hub.url}
    here["EMOSCOPE_MODELS_DIR"] = str(tmp_path)
    for expected in (4, 0):
        hub.asked.clear()
        result = emoscope("models", "pull", "emotion2vec_plus_seed", **here)
        assert (result.returncode, result.stderr) == (0, b"")
        assert result.stdout.decode() == f"{tmp_path / 'emotion2vec_plus_seed'}\n"
        assert len(hub.asked) == expected
    assert b"as fetched from modelscope" in emoscope("models", "verify", "emotion2vec_plus_seed", **here).stderr


def test_an_interrupted_pull_goes_on_from_where_it_was(hub: Hub, tmp_path: Path) -> None:
    here = {"EMOSCOPE_MODELSCOPE_ENDPOINT": hub.url, "EMOSCOPE_MODELS_DIR": str(tmp_path)}
    arguments = ("models", "pull", "emotion2vec_plus_seed", "--source", "modelscope")
    hub.pause_s = 0.1
    process = start(*arguments, stdout=subprocess.PIPE, env=os.environ | here)
    kept = tmp_path / ".emotion2vec_plus_seed.partial"
    deadline = time.monotonic() + 30
    while not sum(path.stat().st_size > 200_000 for path in kept.glob("model.pt.*")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, b"emoscope: stopped.\n")
    hub.pause_s = 0.0
    assert emoscope(*arguments, **here).returncode == 0
    assert int(hub.asked[-1].removeprefix("model.pt:")) > 200_000


def test_without_a_network_pull_is_one_sentence_within_seconds(tmp_path: Path) -> None:
    begun = time.monotonic()
    result = emoscope("models", "pull", "emotion2vec_plus_large", EMOSCOPE_MODELS_DIR=str(tmp_path), **NO_HUBS)
    assert time.monotonic() - begun < 10
    assert result.returncode == 1 and result.stdout == b"" and result.stderr.count(b"\n") == 1
    assert b"cannot be fetched from modelscope (no connection) and huggingface (no connection)" in result.stderr


def test_serve_starts_the_dashboard_from_any_folder_and_stops_with_it(tmp_path: Path, tiny_checkpoint: Path) -> None:
    """Relative paths mean those of the folder it was called in."""
    port = free_port()
    (tmp_path / "mine").symlink_to(tiny_checkpoint)
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(port)],
            cwd=tmp_path,
            env=os.environ | {"EMOSCOPE_CHECKPOINT": "mine"},
            stdout=log,
            stderr=log,
        )
    try:
        server = Server(f"http://localhost:{port}", tmp_path / "server.log")
        assert server.wait_until_loaded()["state"] == "ready"
    finally:
        process.terminate()
        process.wait(timeout=30)
    with pytest.raises(OSError, match="refused"):
        server.get("/healthz")


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_that_is_none_is_wrong_usage(port: str) -> None:
    result = emoscope("serve", "--port", port)
    assert result.returncode == 2 and f"invalid port value: '{port}'".encode() in result.stderr


def test_the_version_is_the_packages() -> None:
    assert emoscope("--version").stdout == b"emoscope 0.1.0\n"
