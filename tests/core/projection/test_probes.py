"""A probe learns what was tagged, is exact on frames, and is kept as a head that cannot be mistaken."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.analysis import AnalysisOptions, analyze
from core.errors import ProjectionError
from core.model import open_engine
from core.model.engine import Engine
from core.projection import (
    HeadedEngine,
    Probe,
    SpaceOptions,
    apply,
    fit_probe,
    heads,
    heads_home,
    load_head,
    model_of,
    remove_head,
    save_head,
    scores_of,
)
from core.projection.spaces import made_space
from core.results import FrameScores, Waveform, softmax
from core.settings import Settings
from core.windows import stitch
from tests.core.library.conftest import entry, key
from tests.core.projection.conftest import space_of

RNG = np.random.default_rng(0)
SPEAKER = np.repeat(np.arange(10), 20)
TRUTH = RNG.integers(0, 3, 200)
VALUES = (RNG.normal(size=(200, 12)) * 5 + 40).astype(np.float32)
VALUES[:, :3] += 12 * np.eye(3)[TRUTH]
SPACE = space_of(VALUES, standardise=True)
TAGS = [("calm", "tense", "tired")[at] if n % 3 else None for n, at in enumerate(TRUTH)]
SPEAKERS = [f"s{n}" for n in SPEAKER]


@pytest.fixture(scope="module")
def probe() -> Probe:
    return fit_probe(SPACE, TAGS, SPEAKERS)


def test_what_was_tagged_is_told_of_speakers_that_were_not_heard_and_applied_to_the_rest(probe: Probe) -> None:
    assert probe.classes == ("calm", "tense", "tired") and probe.grouped and probe.folds == 5
    assert probe.num_clips == sum(tag is not None for tag in TAGS) and probe.num_groups == 10
    assert probe.cv_uar > 0.85 and probe.chance == pytest.approx(1 / 3, abs=0.15)
    assert probe.cv_uar == pytest.approx(np.mean(probe.recalls))
    rest = [n for n, tag in enumerate(TAGS) if tag is None]
    said = apply(probe, SPACE.values[rest])
    assert said.sum(axis=1) == pytest.approx(1, abs=1e-5) and (said.argmax(axis=1) == TRUTH[rest]).mean() > 0.85


def test_the_head_on_kept_vectors_is_scikit_learn_s_on_standardised_ones(probe: Probe) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    rows = [n for n, tag in enumerate(TAGS) if tag is not None]
    scaler = StandardScaler().fit(VALUES.astype(np.float64))  # over the whole space, as it is prepared
    model = LogisticRegression(C=0.1, max_iter=1000, class_weight="balanced")
    model.fit(scaler.transform(VALUES[rows]), [TAGS[n] for n in rows])
    assert np.allclose(apply(probe, VALUES), model.predict_proba(scaler.transform(VALUES)), atol=2e-3)


def test_two_classes_and_speakers_who_are_not_known() -> None:
    tags = [tag if tag != "tired" else None for tag in TAGS]
    found = fit_probe(SPACE, tags)
    assert found.weights.shape == (2, 12) and not found.grouped and found.num_groups == 0 and found.cv_uar > 0.85
    alone = ["s1" if tag == "calm" else who for tag, who in zip(TAGS, SPEAKERS, strict=True)]
    assert not fit_probe(SPACE, TAGS, alone).grouped  # who alone is calm cannot be left out


def test_too_few_tags_are_refused() -> None:
    with pytest.raises(ProjectionError, match="these clips have 1: tag more"):
        fit_probe(SPACE, ["calm"] * 10 + [None] * 190)
    with pytest.raises(ProjectionError, match="Fewer than 3 clips are tagged 'rare'"):
        fit_probe(SPACE, ["calm"] * 10 + ["rare"] * 2 + [None] * 188)
    with pytest.raises(ProjectionError, match="not on speaker"):
        fit_probe(space_of(VALUES, "speaker"), TAGS)
    with pytest.raises(ProjectionError, match="not 3"):
        apply(fit_probe(SPACE, TAGS), np.zeros((2, 3)))


@pytest.mark.parametrize("name", ["irony", "../../etc/passwd", "张 <b>😄</b>"])
def test_a_head_comes_back_by_its_name_which_is_no_path(probe: Probe, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "heads"
    save_head(folder, name, probe)
    assert heads(folder) == (name,) and next(tmp_path.rglob("head.json")).parents[1] == folder
    found = load_head(folder, name, "made up@r1")
    assert np.array_equal(found.weights, probe.weights) and np.array_equal(found.bias, probe.bias)
    assert replace(found, weights=probe.weights, bias=probe.bias) == replace(probe, name=name)
    with pytest.raises(ProjectionError, match="There is a head"):
        save_head(folder, name, probe)
    assert save_head(folder, name, replace(probe, cv_uar=0.5), overwrite=True).name == name
    assert load_head(folder, name).cv_uar == 0.5
    remove_head(folder, name)
    assert heads(folder) == () and not list(folder.iterdir())


def test_a_head_of_other_vectors_and_none_at_all_are_told(probe: Probe, tmp_path: Path) -> None:
    save_head(tmp_path, "irony", probe)
    with pytest.raises(ProjectionError, match="learnt from made up@r1, and this is other@r2"):
        load_head(tmp_path, "irony", "other@r2")
    with pytest.raises(ProjectionError, match="There is no head 'sarcasm'; there are: 'irony'"):
        load_head(tmp_path, "sarcasm")
    with pytest.raises(ProjectionError, match="printable characters"):
        save_head(tmp_path, "a\x1b[2J", probe)


def test_a_damaged_head_is_refused(probe: Probe, tmp_path: Path) -> None:
    save_head(tmp_path, "irony", probe)
    (about,), (weights,) = tmp_path.rglob("head.json"), tmp_path.rglob("weights.npz")
    whole, text = weights.read_bytes(), about.read_text()
    other = tmp_path / "other.npz"
    np.savez(other, weights=np.array([{"a": 1}], dtype=object), bias=probe.bias)
    for content in (whole[:-1], whole[:200] + b"x" + whole[201:], other.read_bytes(), b""):
        weights.write_bytes(content)
        with pytest.raises(ProjectionError, match="The head 'irony' is damaged"):
            load_head(tmp_path, "irony")
    weights.write_bytes(whole)
    for change in ({"emoscope_head": 9}, {"classes": ["a", "b"]}, {"cv_uar": "x"}, {"name": "else"}):
        about.write_text(json.dumps(json.loads(text) | change))
        with pytest.raises(ProjectionError, match="is damaged"):
            load_head(tmp_path, "irony")
    about.write_text("{")
    assert heads(tmp_path) == ()


@pytest.fixture(scope="module")
def engine() -> Engine:
    return open_engine("bundled", Settings(), warm_up=False)


def head_of(engine: Engine) -> Probe:
    dim = engine.info.embedding_dim
    values = RNG.normal(size=(60, dim)).astype(np.float32)
    keys = [key(n) for n in range(60)]
    space = made_space("emotion", model_of(engine.info.checkpoint), keys, values, SpaceOptions())
    return fit_probe(space, ["yes" if value > 0 else "no" for value in values[:, 0]])


@pytest.mark.parametrize("duration_s", [2.0, 5.0])
def test_a_head_s_curve_is_an_exact_decomposition_of_its_verdict(engine: Engine, duration_s: float) -> None:
    """In one window, and in the several that a long recording has."""
    sound = RNG.normal(scale=0.1, size=int(16000 * duration_s)).astype(np.float32)
    head = head_of(engine)
    hearing = HeadedEngine(engine, head)
    options = AnalysisOptions(window_s=2.0, margin_s=0.5)
    analyze(Waveform(sound[:9000]), hearing, options)  # an earlier clip, whose scores nobody took
    analysis = analyze(Waveform(sound), hearing, options)
    assert analysis.num_windows == (1 if duration_s == 2 else 3)
    said = hearing.take(len(analysis.frame_logits))
    assert said.frame_logits is not None and len(said.frame_logits) == len(analysis.frame_logits)
    expected = analysis.embedding.astype(np.float64) @ head.weights.T + head.bias
    assert np.allclose(said.logits, expected, atol=1e-4) and said.label in ("yes", "no")
    assert np.allclose(said.frame_logits.mean(axis=0), expected, atol=1e-4)
    assert np.allclose(said.probabilities, softmax(expected), atol=1e-4)
    of_clip = scores_of(head, analysis)
    assert np.allclose(of_clip.logits, said.logits, atol=1e-4) and of_clip.frame_logits is None


def test_frames_come_with_their_embeddings_and_another_checkpoint_s_clip_is_refused(engine: Engine) -> None:
    from core import windows

    sound = RNG.normal(scale=0.1, size=24000).astype(np.float32)
    analysis = analyze(Waveform(sound), engine)
    frames = stitch(engine.score(windows.split(sound, 30.0, 2.0), embeddings=True))
    head = head_of(engine)
    said = scores_of(head, analysis, frames)
    assert said.frame_logits is not None and np.allclose(said.frame_logits.mean(axis=0), said.logits, atol=1e-4)
    assert scores_of(head, analysis, FrameScores(frames.logits, frames.pooled)).frame_logits is None
    with pytest.raises(ProjectionError, match="and this is made up@r1: choose that checkpoint"):
        scores_of(head, entry(1).analysis)
    with pytest.raises(ProjectionError, match="is of the acoustic space"):
        scores_of(replace(head, space="acoustic"), analysis)


def test_heads_that_were_kept_in_the_cache_are_found_where_they_are_kept_now(
    probe: Probe, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    old = tmp_path / "cache" / "emoscope" / "heads"
    for name in ("mine", "both"):
        save_head(old, name, probe)
    save_head(Settings().heads_dir, "both", replace(probe, cv_uar=0.123))
    home = heads_home(Settings())
    assert home == tmp_path / "data" / "emoscope" / "heads" and heads(home) == ("both", "mine")
    assert load_head(home, "both").cv_uar == 0.123, "what is there already stays"
    assert heads(old) == ("both",)
    elsewhere = replace(Settings(), heads_dir=tmp_path / "own")
    assert heads_home(elsewhere) == tmp_path / "own" and heads(tmp_path / "own") == ()
