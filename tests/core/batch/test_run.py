"""A batch hears every clip once, as `analyze` would, and a bad file is one row of its own."""

import io
import threading
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.analysis import AnalysisOptions, analyze
from core.audio import Limits, decode
from core.audio.openers import RATIO_MATTERS_BYTES
from core.batch import BatchOptions, Progress, UploadItems, items_of, run_batch
from core.batch import writing as writing_module
from core.errors import LibraryError, SettingsError
from core.library import Failure, Library
from core.model.engine import Window
from core.model.native import NativeEngine
from core.results import FrameScores
from core.settings import Settings
from tests import sounds
from tests.core.batch.conftest import MakeClips, entries_of


def test_every_clip_is_there_once_and_says_what_analyze_says(
    tmp_path: Path, engine: NativeEngine, library: Library, make_clips: MakeClips
) -> None:
    names = make_clips(tmp_path / "clips" / "deep", 20)
    long = np.resize(np.concatenate([sounds.voice(pitch_hz=p) for p in (110, 190, 250)]), 75 * 16_000)
    (tmp_path / "clips" / "long.wav").write_bytes(sounds.wav(long))
    moments: list[Progress] = []
    result = run_batch(items_of(tmp_path / "clips"), engine, library, on_progress=moments.append)
    entries = entries_of(library)
    assert set(entries) == {"long.wav", *(f"deep/{name}" for name in names)}
    for source, entry in entries.items():
        alone = analyze(tmp_path / "clips" / source, engine)
        batched = entry.analysis
        assert batched.label == alone.label and batched.num_windows == alone.num_windows
        assert np.abs(batched.frame_logits - alone.frame_logits).max() < 1e-4
        assert np.abs(batched.embedding - alone.embedding).max() < 1e-4
        assert batched.scores == pytest.approx(alone.scores, abs=1e-4)
        assert (batched.name, batched.sha256, batched.duration_s) == (alone.name, alone.sha256, alone.duration_s)
        assert set(batched.timings_s) == set(alone.timings_s) and batched.timings_s["score"] > 0
        assert decode(entry.sound).duration_s == pytest.approx(alone.duration_s, abs=0.02)
    assert result.progress.done == result.progress.total == 21 and not result.cancelled
    assert result.progress.done_s == pytest.approx(sum(entry.analysis.duration_s for entry in entries.values()))
    assert result.progress.heard_s == pytest.approx(result.progress.done_s, abs=1.5)
    assert moments[-1].done == 21 and result.progress.clips_per_s > 0 and result.progress.left_s == 0


def test_what_is_known_of_a_clip_goes_with_it_and_sound_only_where_it_is_wanted(
    tmp_path: Path, engine: NativeEngine, library: Library, make_clips: MakeClips
) -> None:
    (first, second) = make_clips(tmp_path / "clips", 2)
    (tmp_path / "clips" / "m.csv").write_text(f"file,emotion,take\n{first},sadness,7\n", encoding="utf-8")
    items = items_of(tmp_path / "clips", metadata="m.csv", speaker_from=r"(?P<speaker>clip\d)")
    result = run_batch(items, engine, library, BatchOptions(keep_sound=False))
    known, unknown = (entries_of(library)[name] for name in (first, second))
    assert (known.speaker, known.reference, dict(known.metadata)) == ("clip0", "sad", {"take": "7"})
    assert (unknown.speaker, unknown.reference, dict(unknown.metadata)) == ("clip0", None, {})
    assert known.sound == b"" and result.progress.ignored == 1


def test_what_the_library_has_is_neither_decoded_nor_heard_again(
    tmp_path: Path, engine: NativeEngine, library: Library, make_clips: MakeClips
) -> None:
    names = make_clips(tmp_path / "clips", 5)
    (tmp_path / "clips" / "same bytes.wav").write_bytes((tmp_path / "clips" / names[0]).read_bytes())
    samples = decode(tmp_path / "clips" / names[1]).samples
    (tmp_path / "clips" / "same sound.flac").write_bytes(
        sounds.encode(samples, "flac", "flac", 16_000, sample_format="s16")
    )
    heard = Listened(engine)
    first = run_batch(items_of(tmp_path / "clips"), heard, library)
    assert (first.progress.done, first.progress.present, heard.num_windows) == (5, 2, 5)
    for expected_present in (7, 7):
        again = run_batch(items_of(tmp_path / "clips"), heard, library)
        assert (again.progress.done, again.progress.present) == (0, expected_present)
    assert heard.num_windows == 5 and library.count() == 5


def test_other_settings_are_another_listening(
    tmp_path: Path, engine: NativeEngine, library: Library, make_clips: MakeClips
) -> None:
    make_clips(tmp_path / "clips", 2)
    for window_s in (30.0, 20.0):
        options = BatchOptions(AnalysisOptions(window_s=window_s))
        assert run_batch(items_of(tmp_path / "clips"), engine, library, options).progress.done == 2
    assert library.count() == 4


def zip_bomb() -> bytes:
    """Some kilobytes that unpack to hundreds of times as much."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.wav", bytes(RATIO_MATTERS_BYTES + 1))
    return target.getvalue()


def hostile(folder: Path, make_clips: MakeClips) -> dict[str, str]:
    """A folder of 95 good clips and 5 bad ones beside odd names; what each bad one's sentence must say."""
    make_clips(folder, 84)
    odd = ["a\nb.wav", "<script>alert(1)</script>.wav".replace("/", "∕"), "x" * 251 + ".wav", "声音 情感.wav", "😀.wav"]
    odd += ["\u202egnp.wav", "a b .wav", "'; DROP TABLE clips; --.wav", "-rf.wav", "%2e%2e.wav", "..wav.wav"]
    for number, name in enumerate(odd):
        (folder / name[-255:].lstrip(".")).write_bytes(sounds.wav(sounds.voice(0.4, pitch_hz=100 + 10 * number)))
    voice = sounds.wav(sounds.voice(1.0))
    bad = {
        "empty.wav": (b"", "is empty"),
        "truncated.wav": (voice[: len(voice) // 2], "is truncated"),
        "text.wav": (b"To whom it may concern", "is not a sound file"),
        "no channels.wav": (sounds.raw_wav(bytes(3200), tag=1, bits=16, channels=0), "no channels.wav"),
        "bomb.wav": (zip_bomb(), "is a zip archive"),
    }
    for name, (data, _) in bad.items():
        (folder / name).write_bytes(data)
    return {name: sentence for name, (_, sentence) in bad.items()}


def test_of_a_hostile_folder_the_good_clips_all_land_and_each_bad_one_has_its_row(
    tmp_path: Path, engine: NativeEngine, library: Library, make_clips: MakeClips
) -> None:
    bad = hostile(tmp_path / "clips", make_clips)
    failures: list[Failure] = []
    result = run_batch(items_of(tmp_path / "clips"), engine, library, on_failure=failures.append)
    assert (result.progress.done, result.progress.failed, result.progress.total) == (95, 5, 100)
    assert {failure.source for failure in failures} == set(bad)
    for failure in failures:
        assert bad[failure.source] in failure.error and "\n" not in failure.error
    sources = set(entries_of(library))
    assert {"a\\nb.wav", "声音 情感.wav", "😀.wav", "\\u202egnp.wav"} <= sources
    assert all(source.isprintable() for source in sources)
    assert {row.source: row.error for row in library.failures()} == {row.source: row.error for row in failures}


def test_so_it_is_with_a_hostile_zip(tmp_path: Path, engine: NativeEngine, library: Library) -> None:
    """Names that no folder can hold, and every kind of bad file beside them."""
    voices = [sounds.wav(sounds.voice(0.5, pitch_hz=100 + 20 * number)) for number in range(6)]
    names = ["../../../escape.wav", "/root/absolute.wav", "声音/" + "长" * 300 + ".wav", "a\n<script>.wav", "😀.wav"]
    names.append("x" * 300 + ".wav")
    bad = {
        "deep/empty.wav": b"",
        "../truncated.wav": voices[0][: len(voices[0]) // 2],
        "<script>text.wav": b"To whom it may concern",
        "no\nchannels.wav": sounds.raw_wav(bytes(3200), tag=1, bits=16, channels=0),
        "inner.wav": zip_bomb(),
        "bomb.wav": bytes(RATIO_MATTERS_BYTES + 1),
    }
    with zipfile.ZipFile(tmp_path / "clips.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in [*zip(names, voices, strict=True), *bad.items()]:
            archive.writestr(name, data)
    failures: list[Failure] = []
    result = run_batch(items_of(tmp_path / "clips.zip"), engine, library, on_failure=failures.append)
    told = {failure.source: failure.error for failure in failures}
    assert result.progress.done == 6 and set(told) == {name.replace("\n", "\\n") for name in bad}
    for name, words in (
        ("deep/empty.wav", "is empty"), ("../truncated.wav", "is truncated"), ("<script>text.wav", "not a sound file"),
        ("inner.wav", "zip archive"), ("bomb.wav", "zip bomb"),
    ):  # fmt: skip
        assert words in told[name]
    assert all("\n" not in error and len(error) < 500 for error in told.values())
    sources = set(entries_of(library))
    assert {"../../../escape.wav", "/root/absolute.wav", "a\\n<script>.wav", "😀.wav"} <= sources
    assert {row.source for row in library.failures()} == set(told)
    assert {path.name for path in tmp_path.iterdir()} == {"clips.zip", "library"}, "nothing was unpacked"
    assert entries_of(library)["../../../escape.wav"].analysis.name == "escape.wav"


def test_a_bad_file_that_was_mended_lands_and_its_row_goes(
    tmp_path: Path, engine: NativeEngine, library: Library
) -> None:
    clip = tmp_path / "clips" / "a.wav"
    clip.parent.mkdir()
    clip.write_bytes(b"")
    assert run_batch(items_of(clip.parent), engine, library).progress.failed == 1
    clip.write_bytes(sounds.wav(sounds.voice(0.5)))
    assert run_batch(items_of(clip.parent), engine, library).progress.done == 1
    assert list(library.failures()) == []


def test_uploads_go_the_same_way(tmp_path: Path, engine: NativeEngine, library: Library, voice_wav: bytes) -> None:
    large = sounds.wav(np.tile(sounds.voice(3.0), 30))
    assert len(large) > 2 << 20
    uploads = UploadItems([("a.wav", voice_wav), ("large.wav", large), ("bad.wav", b"text")], 100)
    result = run_batch(uploads, engine, library)
    assert (result.progress.done, result.progress.failed) == (2, 1)
    assert entries_of(library)["large.wav"].analysis.num_windows == 3


class Listened:
    """The engine, noting the windows it heard; refuses windows of `refused` samples, as a driver might."""

    def __init__(self, engine: NativeEngine, refused: int = 0, hold: threading.Event | None = None) -> None:
        self._engine, self._refused, self._hold = engine, refused, hold
        self.info = engine.info
        self.num_windows = 0

    def score(self, windows: list[Window], *, embeddings: bool = False) -> list[FrameScores]:
        if any(window.samples.shape[0] == self._refused for window in windows):
            raise RuntimeError("out of memory")
        self.num_windows += len(windows)
        scores = self._engine.score(windows, embeddings=embeddings)
        if self._hold is not None:
            self._hold.wait(10)
        return scores


def test_a_window_that_cannot_be_scored_fails_its_own_clip_alone(
    tmp_path: Path, engine: NativeEngine, library: Library, make_clips: MakeClips
) -> None:
    names = make_clips(tmp_path / "clips", 6)
    refused = decode(tmp_path / "clips" / names[2]).num_samples
    failures: list[Failure] = []
    result = run_batch(items_of(tmp_path / "clips"), Listened(engine, refused), library, on_failure=failures.append)
    assert result.progress.done == 5 and [failure.source for failure in failures] == [names[2]]
    assert "RuntimeError: out of memory" in failures[0].error


def test_cancelling_keeps_what_was_heard_and_resuming_hears_the_rest(
    tmp_path: Path, engine: NativeEngine, library: Library, make_clips: MakeClips, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing_module, "WRITE_CLIPS", 4)
    names = make_clips(tmp_path / "clips", 150)
    cancel, heard = threading.Event(), Listened(engine)
    moments: list[Progress] = []

    def on_progress(progress: Progress) -> None:
        moments.append(progress)
        if progress.done:
            cancel.set()

    first = run_batch(items_of(tmp_path / "clips"), heard, library, on_progress=on_progress, cancel=cancel)
    kept = library.count()
    assert first.cancelled and 0 < first.progress.done == kept < 150
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("batch-feed")]
    second = run_batch(items_of(tmp_path / "clips"), heard, library)
    assert (second.progress.present, second.progress.done) == (kept, 150 - kept)
    assert set(entries_of(library)) == set(names)
    assert heard.num_windows - 150 <= 20, "only what was heard in the last moment, and not written, is heard again"


def test_two_batches_into_one_library_at_once_lose_nothing(
    tmp_path: Path, engine: NativeEngine, make_clips: MakeClips
) -> None:
    expected = {*make_clips(tmp_path / "a", 25, seed=1), *make_clips(tmp_path / "b", 25, seed=2)}
    shared = make_clips(tmp_path / "a", 5, seed=3)
    make_clips(tmp_path / "b", 5, seed=3)
    results: dict[str, Any] = {}

    def run(folder: str) -> None:
        library = Library.open(tmp_path / "library")
        results[folder] = run_batch(items_of(tmp_path / folder), engine, library)

    threads = [threading.Thread(target=run, args=(folder,)) for folder in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert {results[folder].progress.handled for folder in ("a", "b")} == {30}
    assert set(entries_of(Library.open(tmp_path / "library"))) == expected | set(shared)


def test_a_library_that_cannot_be_written_ends_the_batch_with_its_own_error(
    tmp_path: Path, engine: NativeEngine, library: Library, make_clips: MakeClips, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_clips(tmp_path / "clips", 100)

    def full(*_: object, **__: object) -> int:
        raise LibraryError("The disk is full; make room.")

    monkeypatch.setattr(library, "put", full)
    with pytest.raises(LibraryError, match="disk is full"):
        run_batch(items_of(tmp_path / "clips"), engine, library)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("batch-")]


def test_a_csv_that_breaks_midway_ends_the_batch_and_keeps_what_came_before(
    tmp_path: Path, engine: NativeEngine, library: Library, make_clips: MakeClips
) -> None:
    names = make_clips(tmp_path, 70)
    rows = "\n".join(["file", *names])
    (tmp_path / "m.csv").write_bytes(rows.encode() + b"\n" + b"x" * 200_000)
    with pytest.raises(SettingsError, match="cannot be read on after line"):
        run_batch(items_of(tmp_path / "m.csv"), engine, library)


def test_limits_hold_for_every_clip(
    tmp_path: Path, engine: NativeEngine, library: Library, make_clips: MakeClips
) -> None:
    make_clips(tmp_path / "clips", 3)
    options = BatchOptions(AnalysisOptions(limits=Limits.from_settings(Settings(max_duration_s=0.2))))
    failures: list[Failure] = []
    run_batch(items_of(tmp_path / "clips"), engine, library, options, on_failure=failures.append)
    assert len(failures) == 3 and all("longer than 0.2 s" in failure.error for failure in failures)


@pytest.mark.parametrize("workers", [1, 3])
def test_any_number_of_lanes_hears_the_same(
    tmp_path: Path, engine: NativeEngine, library: Library, make_clips: MakeClips, workers: int
) -> None:
    import torch

    names = make_clips(tmp_path / "clips", 10)
    threads = torch.get_num_threads()
    run_batch(items_of(tmp_path / "clips"), engine, library, BatchOptions(workers=workers))
    assert set(entries_of(library)) == set(names)
    assert torch.get_num_threads() == threads, "what follows in this process has its threads again"
