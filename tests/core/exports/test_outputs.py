"""The outputs folder is written whole or not at all, whatever the clip is called."""

import io
import json
import os
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from core import audio
from core.errors import ExportError
from core.exports import outputs
from core.exports.outputs import write_outputs, zip_outputs
from core.exports.records import record
from core.results import Analysis, Waveform
from tests import sounds

AT = datetime(2026, 11, 23, 19, 0, 5)
FILES = {"processed_audio.wav", "result.json", "embedding.npy"}


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


class TestFolder:
    """`<YYYYMMDD_HHMMSS>_<name>/`."""

    @pytest.mark.parametrize(("granularity", "files"), [("utterance", FILES), ("frame", FILES | {"frames.csv"})])
    def test_it_holds_these_files(
        self, analysis: Analysis, waveform: Waveform, tmp_path: Path, granularity: str, files: set[str]
    ) -> None:
        folder = write_outputs(analysis, waveform, tmp_path, granularity=granularity, at=AT)
        assert folder == tmp_path / "20261123_190005_voice"
        assert names_in(folder) == files
        assert names_in(tmp_path) == {folder.name}

    def test_each_file_holds_what_its_name_says(self, analysis: Analysis, waveform: Waveform, tmp_path: Path) -> None:
        folder = write_outputs(analysis, waveform, tmp_path, granularity="frame", at=AT)
        heard = audio.decode(folder / "processed_audio.wav")
        assert np.abs(heard.samples - waveform.samples).max() < 1 / 32768
        result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        assert result == record(analysis, granularity="frame", at=AT)
        embedding = np.load(folder / "embedding.npy", allow_pickle=False)
        assert embedding.dtype == np.float32
        assert np.array_equal(embedding, analysis.embedding)
        lines = (folder / "frames.csv").read_text().splitlines()
        assert len(lines) == 1 + analysis.frame_logits.shape[0]

    def test_the_stamp_is_now_by_default(self, analysis: Analysis, waveform: Waveform, tmp_path: Path) -> None:
        before = datetime.now().replace(microsecond=0)
        folder = write_outputs(analysis, waveform, tmp_path / "new" / "folder", granularity="utterance")
        stamp = datetime.strptime(folder.name.removesuffix("_voice"), "%Y%m%d_%H%M%S")
        assert before <= stamp <= datetime.now()

    def test_others_may_read_it_as_far_as_the_umask_allows(
        self, analysis: Analysis, waveform: Waveform, tmp_path: Path
    ) -> None:
        (tmp_path / "plain").mkdir()
        folder = write_outputs(analysis, waveform, tmp_path, granularity="utterance")
        assert folder.stat().st_mode == (tmp_path / "plain").stat().st_mode

    @pytest.mark.parametrize(
        "name",
        [
            "../../x",
            "/etc/passwd",
            "<script>.wav",
            "a\nb.wav",
            "n" * 300,
            "🎙🎙🎙",
            "声音.wav",
            "..",
            "con",
            "x\udcff.wav",
            "-rf",
        ],
        ids=ascii,
    )
    def test_a_hostile_name_stays_inside_the_parent(
        self, analysis: Analysis, waveform: Waveform, tmp_path: Path, name: str
    ) -> None:
        parent = tmp_path / "outputs"
        folder = write_outputs(replace(analysis, name=name), waveform, parent, granularity="utterance", at=AT)
        assert folder.parent == parent
        assert names_in(parent) == {folder.name}
        assert names_in(tmp_path) == {"outputs"}
        assert folder.name.startswith("20261123_190005_")
        assert json.loads((folder / "result.json").read_text(encoding="utf-8"))["clip"] == name


class TestCollisions:
    """A name that is taken gets a suffix; nothing is overwritten."""

    def test_the_same_second_and_name(self, analysis: Analysis, waveform: Waveform, tmp_path: Path) -> None:
        names = [write_outputs(analysis, waveform, tmp_path, granularity="utterance", at=AT).name for _ in range(3)]
        assert names == [f"20261123_190005_voice{suffix}" for suffix in ("", "_2", "_3")]

    def test_a_file_of_that_name_is_left_alone(self, analysis: Analysis, waveform: Waveform, tmp_path: Path) -> None:
        (tmp_path / "20261123_190005_voice").write_text("mine")
        folder = write_outputs(analysis, waveform, tmp_path, granularity="utterance", at=AT)
        assert folder.name == "20261123_190005_voice_2"
        assert (tmp_path / "20261123_190005_voice").read_text() == "mine"

    def test_a_link_of_that_name_is_not_followed(self, analysis: Analysis, waveform: Waveform, tmp_path: Path) -> None:
        elsewhere, parent = tmp_path / "elsewhere", tmp_path / "outputs"
        elsewhere.mkdir()
        parent.mkdir()
        (parent / "20261123_190005_voice").symlink_to(elsewhere, target_is_directory=True)
        folder = write_outputs(analysis, waveform, parent, granularity="utterance", at=AT)
        assert folder.name == "20261123_190005_voice_2"
        assert names_in(elsewhere) == set()

    def test_threads_at_once(self, analysis: Analysis, waveform: Waveform, tmp_path: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            jobs = [
                pool.submit(write_outputs, analysis, waveform, tmp_path, granularity="utterance", at=AT)
                for _ in range(24)
            ]
        folders = {job.result() for job in jobs}
        assert len(folders) == 24
        assert all(names_in(folder) == FILES for folder in folders)
        assert names_in(tmp_path) == {folder.name for folder in folders}

    def test_processes_at_once(self, analysis: Analysis, waveform: Waveform, tmp_path: Path) -> None:
        context = get_context("spawn")
        processes = [context.Process(target=_write_ten, args=(analysis, waveform, tmp_path)) for _ in range(2)]
        for process in processes:
            process.start()
        for process in processes:
            process.join(60)
        assert [process.exitcode for process in processes] == [0, 0]
        assert len(names_in(tmp_path)) == 20
        assert all(names_in(folder) == FILES for folder in tmp_path.iterdir())


def _write_ten(analysis: Analysis, waveform: Waveform, parent: Path) -> None:
    for _ in range(10):
        write_outputs(analysis, waveform, parent, granularity="utterance", at=AT)


class TestFailures:
    """An error is one sentence and leaves nothing behind."""

    @pytest.mark.parametrize("broken", ["write_wav", "frames_csv"])
    def test_a_disk_that_fills_up(
        self, analysis: Analysis, waveform: Waveform, tmp_path: Path, broken: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(outputs, broken, full)
        with pytest.raises(ExportError, match=r"\(No space left on device\); choose another folder"):
            write_outputs(analysis, waveform, tmp_path, granularity="frame")
        assert names_in(tmp_path) == set()

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
    def test_a_disk_that_is_really_full(self, waveform: Waveform) -> None:
        with pytest.raises(OSError, match="No space left"), Path("/dev/full").open("wb", buffering=0) as file:
            audio.write_wav(waveform, file)  # type: ignore[arg-type]

    def test_a_parent_that_is_a_file(self, analysis: Analysis, waveform: Waveform, tmp_path: Path) -> None:
        (tmp_path / "outputs").write_text("")
        with pytest.raises(ExportError, match=r"cannot be written to .*outputs"):
            write_outputs(analysis, waveform, tmp_path / "outputs", granularity="utterance")

    def test_an_interruption(
        self, analysis: Analysis, waveform: Waveform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(outputs, "write_wav", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write_outputs(analysis, waveform, tmp_path, granularity="utterance")
        assert names_in(tmp_path) == set()

    def test_while_it_is_written_only_a_hidden_folder_is_there(
        self, analysis: Analysis, waveform: Waveform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[set[str]] = []
        real = outputs.write_wav

        def watched(*arguments: object) -> None:
            seen.append(names_in(tmp_path))
            real(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(outputs, "write_wav", watched)
        write_outputs(analysis, waveform, tmp_path, granularity="utterance")
        assert len(seen) == 1
        assert all(name.startswith(".") and name.endswith(".partial") for name in seen[0])

    def test_values_that_are_not_finite(self, analysis: Analysis, waveform: Waveform, tmp_path: Path) -> None:
        broken = replace(analysis, embedding=np.full(4, np.nan, np.float32))
        with pytest.raises(ExportError, match="not finite"):
            write_outputs(broken, waveform, tmp_path, granularity="utterance")
        assert names_in(tmp_path) == set()

    def test_another_clips_waveform(self, analysis: Analysis, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=r"'other\.wav' is not the waveform that was analysed as 'voice\.wav'"):
            write_outputs(analysis, Waveform(sounds.tone(440), name="other.wav"), tmp_path, granularity="utterance")
        assert names_in(tmp_path) == set()

    def test_an_unknown_granularity(self, analysis: Analysis, waveform: Waveform, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="granularity is 'word'"):
            write_outputs(analysis, waveform, tmp_path, granularity="word")
        assert names_in(tmp_path) == set()


class TestZip:
    """The same files for the download button."""

    @pytest.mark.parametrize(("granularity", "files"), [("utterance", FILES), ("frame", FILES | {"frames.csv"})])
    def test_it_holds_the_same_bytes_as_the_folder(
        self, analysis: Analysis, waveform: Waveform, tmp_path: Path, granularity: str, files: set[str]
    ) -> None:
        folder = write_outputs(analysis, waveform, tmp_path, granularity=granularity, at=AT)
        data = zip_outputs(analysis, waveform, granularity=granularity, at=AT)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
            assert set(archive.namelist()) == files
            for name in files:
                assert archive.read(name) == (folder / name).read_bytes()

    def test_its_member_names_do_not_depend_on_the_clip(self, make_analysis: Callable[..., Analysis]) -> None:
        evil = Waveform(sounds.tone(440), name="../../evil")
        data = zip_outputs(make_analysis(evil), evil, granularity="utterance")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert set(archive.namelist()) == FILES

    def test_nothing_is_written_to_disk(
        self, analysis: Analysis, waveform: Waveform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        zip_outputs(analysis, waveform, granularity="frame")
        assert os.listdir(tmp_path) == []  # noqa: PTH208
