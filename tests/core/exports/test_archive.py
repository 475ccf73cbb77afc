"""An analysis kept on disk and read back without loss, or one clear sentence."""

import hashlib
import io
import json
import pickle
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import ExportError
from core.exports.archive import load_analysis, save_analysis
from core.results import Analysis, Waveform
from tests import sounds


@pytest.fixture
def stem(analysis: Analysis, tmp_path: Path) -> Path:
    """A saved analysis."""
    stem = tmp_path / "kept" / "voice.v1"
    save_analysis(analysis, stem)
    return stem


def test_it_comes_back_without_loss(analysis: Analysis, stem: Path) -> None:
    back = load_analysis(stem)
    for field in fields(Analysis):
        before, after = getattr(analysis, field.name), getattr(back, field.name)
        if isinstance(before, np.ndarray):
            assert before.dtype == after.dtype
            assert np.array_equal(before, after)
        else:
            assert before == after


def test_it_is_two_files_with_the_whole_stem_in_their_names(stem: Path) -> None:
    assert {path.name for path in stem.parent.iterdir()} == {"voice.v1.json", "voice.v1.npz"}


def test_any_name_survives(analysis: Analysis, tmp_path: Path) -> None:
    named = replace(analysis, name="../声音\n🎙\udcff.wav")
    save_analysis(named, tmp_path / "x")
    assert load_analysis(tmp_path / "x").name == named.name


def test_saving_again_replaces(make_analysis: Callable[..., Analysis], waveform: Waveform, stem: Path) -> None:
    save_analysis(make_analysis(waveform, seed=7), stem)
    expected = make_analysis(waveform, seed=7).embedding
    assert np.array_equal(load_analysis(stem).embedding, expected)
    assert len(list(stem.parent.iterdir())) == 2


def test_halves_of_two_saves_are_not_put_together(
    make_analysis: Callable[..., Analysis], waveform: Waveform, stem: Path
) -> None:
    older = stem.with_name("voice.v1.json").read_bytes()
    save_analysis(make_analysis(waveform, seed=7), stem)
    stem.with_name("voice.v1.json").write_bytes(older)
    with pytest.raises(ExportError, match="do not belong together"):
        load_analysis(stem)


@pytest.mark.parametrize("suffix", [".json", ".npz"])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "flipped", "text", "folder"])
def test_damage_is_one_sentence(stem: Path, suffix: str, damage: str) -> None:
    path = stem.with_name(stem.name + suffix)
    data = bytearray(path.read_bytes())
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage != "missing":
        data[len(data) // 2] ^= 0x81
        broken = {"empty": b"", "cut": data[: len(data) // 2], "flipped": data, "text": b"hello"}[damage]
        path.write_bytes(bytes(broken))
    with pytest.raises(ExportError, match=r"is not a complete analysis .* analyse the clip again"):
        load_analysis(stem)


def rewrite(stem: Path, arrays: dict[str, np.ndarray], **changes: object) -> None:
    """A well-formed pair of files with other contents: what a stranger may send."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=True, **arrays)
    data = buffer.getvalue()
    path = stem.with_name(stem.name + ".json")
    values = json.loads(path.read_text())
    values["npz_sha256"] = hashlib.sha256(data).hexdigest()
    values["analysis"] |= changes
    path.write_text(json.dumps(values))
    stem.with_name(stem.name + ".npz").write_bytes(data)


class Bomb:
    """Unpickling this would leave a trace."""

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (Path("/tmp/emoscope-was-unpickled"),))


def test_nothing_is_ever_unpickled(analysis: Analysis, stem: Path) -> None:
    assert b"touch" in pickle.dumps(Bomb())
    rewrite(stem, {"frame_logits": np.array([Bomb()], dtype=object), "embedding": analysis.embedding})
    with pytest.raises(ExportError, match="allow_pickle=False"):
        load_analysis(stem)
    assert not Path("/tmp/emoscope-was-unpickled").exists()


@pytest.mark.parametrize(
    ("logits", "embedding", "changes"),
    [
        (np.zeros((5, 3), np.float32), np.zeros(4, np.float32), {}),
        (np.zeros((0, 7), np.float32), np.zeros(4, np.float32), {}),
        (np.zeros(7, np.float32), np.zeros(4, np.float32), {}),
        (np.zeros((5, 7), np.float32), np.zeros((4, 4), np.float32), {}),
        (np.full((5, 7), np.nan, np.float32), np.zeros(4, np.float32), {}),
        (np.zeros((5, 7), "U3"), np.zeros(4, np.float32), {}),
        (np.zeros((5, 1), np.float32), np.zeros(4, np.float32), {"labels": ["<script>"]}),
        (np.zeros((5, 2), np.float32), np.zeros(4, np.float32), {"labels": ["sad", "sad"]}),
        (np.zeros((5, 7), np.float32), np.zeros(4, np.float32), {"checkpoint": "x"}),
        (np.zeros((5, 7), np.float32), np.zeros(4, np.float32), {"surprise": 1}),
        (np.zeros((5, 7), np.float32), np.zeros(4, np.float32), {"log": [1]}),
    ],
)
def test_parts_that_do_not_fit_are_refused(
    stem: Path, logits: np.ndarray, embedding: np.ndarray, changes: dict[str, object]
) -> None:
    rewrite(stem, {"frame_logits": logits, "embedding": embedding}, **changes)
    with pytest.raises(ExportError, match="is not a complete analysis"):
        load_analysis(stem)


def test_a_later_format_is_refused(stem: Path) -> None:
    path = stem.with_name("voice.v1.json")
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))
    with pytest.raises(ExportError, match="version 2"):
        load_analysis(stem)


def test_a_place_that_cannot_be_written_to(analysis: Analysis, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="cannot be saved"):
        save_analysis(analysis, tmp_path / "file" / "x")


def test_values_that_json_cannot_hold(analysis: Analysis, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="cannot be saved"):
        save_analysis(replace(analysis, duration_s=float("nan")), tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_a_real_clip_makes_the_trip(make_analysis: Callable[..., Analysis], tmp_path: Path) -> None:
    original = make_analysis(Waveform(sounds.voice(12.0)), num_windows=3)
    save_analysis(original, tmp_path / "x")
    assert load_analysis(tmp_path / "x").scores == original.scores
