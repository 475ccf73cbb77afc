"""Training end to end on made-up voices, and what its figures rest on."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from core.emotions import EMOTION_KEYS
from core.errors import CheckpointError
from core.model.mel import MelConfig, MelNetwork, moved
from core.truth import accuracy, unweighted_average_recall
from tests.training.conftest import EMOTIONS, run_training
from training import evaluate, train
from training.augment import Voices, augment, restyle
from training.data import Clip, Samples, read_manifest, speaker_folds
from training.scoring import summary


def test_a_few_epochs_learn_the_tones_of_speakers_never_heard(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "checkpoint"
    cache = ["--cache", str(tmp_path / "cache")]
    run_training(data, out, "--epochs", "12", "--fold", "1", "--peak-rate", "0.01", "--average-decay", "0.9", *cache)
    tokens = (out / "tokens.txt").read_text(encoding="utf-8").splitlines()
    assert [token.startswith("unuse") for token in tokens].count(False) == 3 and len(tokens) == 9
    assert "broken.wav" in capsys.readouterr().err
    evaluate.main(["--data", str(data), "--checkpoint", str(out), "--fold", "1"])
    figures = json.loads(capsys.readouterr().out)
    assert figures["all"]["speakers"] == 2 and figures["all"]["clips"] == 12
    assert set(figures["sayable"]) == set(EMOTIONS)
    assert figures["all"]["uar"] >= 0.8 and set(figures["gender"]) == {"female", "male"}


def test_a_resumed_run_ends_with_the_weights_of_an_unbroken_one(data: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    whole, broken = tmp_path / "whole", tmp_path / "broken"
    run_training(data, whole, "--epochs", "2")
    recipe = train.Recipe(epochs=2, embed_dim=16, num_blocks=1, stem_channels=4, batch_size=8, crop_min_s=0.5,
                          crop_max_s=0.8)  # fmt: skip
    stopped_after_one_epoch(data, broken, recipe)
    run_training(data, broken, "--epochs", "2", "--resume")
    first, second = load_file(whole / "model.safetensors"), load_file(broken / "model.safetensors")
    assert all(torch.allclose(first[name], second[name], atol=1e-6) for name in first)


def stopped_after_one_epoch(data: Path, out: Path, recipe: train.Recipe) -> None:
    """Run one epoch and stop as a kill would: the state is there, the checkpoint is not."""

    class Stop(Exception):
        pass

    def stop_after_saving(line: object, path: Path) -> None:
        if path.with_name("state.pt").exists():
            raise Stop

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "_report", stop_after_saving)
        with pytest.raises(Stop):
            train.train(data, out, recipe, None, data / "cache", resume=False, report_every=5)
    assert (out / "state.pt").exists() and not (out / "model.safetensors").exists()


def test_no_speaker_stands_in_two_folds_and_corpora_are_spread() -> None:
    clips = [
        Clip("f", corpus, f"{corpus}{k}", "female" if k % 2 else "male", "xx", "sad", 1.0)
        for corpus, count in (("a", 10), ("b", 7))
        for k in range(count)
        for _ in range(3)
    ]
    folds = speaker_folds(clips)
    assert len(folds) == 17 and set(folds.values()) == set(range(5))
    assert sorted([folds[f"a{k}"] for k in range(10)]) == sorted(list(range(5)) * 2)
    assert folds == speaker_folds(reversed(clips))


def test_the_folds_in_the_repository_are_those_of_the_code() -> None:
    manifest = Path(__file__).parents[3] / "shared" / "speech" / "manifest.csv"
    kept = json.loads((Path(train.__file__).parent / "folds.json").read_text())
    assert len(kept) == 63 and set(kept.values()) == set(range(5))
    if manifest.exists():
        assert kept == speaker_folds(read_manifest(manifest))


def test_uar_is_balanced_accuracy() -> None:
    rng = np.random.default_rng(0)
    truth, said = rng.choice(["a", "b", "c"], 200, p=[0.7, 0.2, 0.1]), rng.choice(["a", "b", "c", "d"], 200)
    with pytest.warns(UserWarning, match="y_pred contains classes not in y_true"):
        expected = balanced_accuracy_score(truth, said)
    assert unweighted_average_recall(truth.tolist(), said.tolist()) == pytest.approx(expected)
    assert accuracy(truth.tolist(), said.tolist()) == pytest.approx(accuracy_score(truth, said))


def test_figures_are_given_by_corpus_gender_and_language() -> None:
    clips = [Clip("f", c, s, g, "xx", e, 1.0) for c, s, g, e in [("a", "1", "m", "sad"), ("b", "2", "f", "happy")]]
    figures = summary(clips, ["sad", "sad"])
    assert figures["all"]["uar"] == 0.5
    assert (figures["corpus"]["a"]["uar"], figures["corpus"]["b"]["uar"]) == (1.0, 0.0)
    assert set(figures["gender"]) == {"m", "f"} and figures["language"]["xx"]["clips"] == 2


@pytest.mark.parametrize("pictures", [1, 2])
@pytest.mark.parametrize("voices", [Voices(), Voices(4.0, 9.0, 1.0, 1.0), Voices(strong_share=0.0)])
def test_augmentation_is_repeatable_finite_and_keeps_shapes(pictures: int, voices: Voices) -> None:
    features = torch.randn(6, pictures, 64, 150, generator=torch.Generator().manual_seed(0)) - 2
    first, second = (augment(features, torch.Generator().manual_seed(7), voices) for _ in range(2))
    assert first.shape == features.shape and bool(first.isfinite().all())
    assert torch.equal(first, second)
    assert all(not torch.equal(first[:, picture], features[:, picture]) for picture in range(pictures))


def test_a_restyled_clip_takes_on_the_spectrum_of_others_and_keeps_its_course() -> None:
    x = torch.randn(8, 16, 200, generator=torch.Generator().manual_seed(0)) + torch.arange(8).view(8, 1, 1)
    styled = restyle(x, torch.Generator().manual_seed(3), share=1.0)
    assert (styled.mean(dim=(1, 2)) - x.mean(dim=(1, 2))).abs().max() > 1
    course, styled_course = (each - each.mean(dim=2, keepdim=True) for each in (x, styled))
    assert torch.cosine_similarity(course, styled_course, dim=2).min() > 0.99
    assert torch.allclose(restyle(x, torch.Generator().manual_seed(3), share=0.0), x, atol=1e-5)


def test_speech_is_found_between_silences_in_samples_and_in_features() -> None:
    rng = np.random.default_rng(0)
    samples = np.concatenate([np.zeros(16_000), rng.standard_normal(24_000), np.zeros(8_000)])
    found = train.speech_range(samples, 16_000)
    assert (found.start, found.stop) == pytest.approx((12_000, 44_000), abs=200)
    mels = np.full((300, 128), -6.9)
    mels[100:250, :64] = 0.5
    mels[:, 64:] = rng.random((300, 64))  # the second picture does not count
    found = train.speech_range(mels, 100)
    assert (found.start, found.stop) == (75, 275)
    whole = train.speech_range(np.full((50, 64), -6.9), 100)
    assert whole.start == 0 and whole.stop >= 50, "silence throughout is all of it"


def test_joined_crops_have_a_label_for_each_half_and_meet_in_the_middle() -> None:
    values = np.repeat(np.arange(4, dtype=np.float16), 1000)[:, None]  # clip i says i all the time, equally loud
    samples = Samples(values, np.arange(5) * 1000, rate_hz=100)
    labels = ["angry", "happy", "neutral", "sad"]
    clips = [Clip("f", "a", "s", "m", "xx", label, 10.0) for label in labels]
    recipe = train.Recipe(joined_share=1.0, crop_min_s=1.0, crop_max_s=6.0, batch_size=16)
    batches, rng = train.Batches(clips, samples, range(4), recipe), np.random.default_rng(0)
    parts_seen = set()
    for _ in range(12):
        crops, chosen = batches.draw(rng)
        parts_seen.add(chosen.shape[1])
        halves = crops[..., 0].tensor_split(chosen.shape[1], dim=1)
        for half, said in zip(halves, chosen.T, strict=True):
            assert torch.equal(half, half[:, :1].expand_as(half))
            assert [labels[int(value)] for value in half[:, 0]] == [EMOTION_KEYS[int(index)] for index in said]
    assert parts_seen == {1, 2}


def test_pitch_is_where_a_voice_has_it_and_nowhere_in_noise() -> None:
    network = MelNetwork(MelConfig(periodicity=True), 9)
    pitches_hz = np.geomspace(62.5, 500, 64)
    time_s = np.arange(16_000) / 16_000
    for pitch_hz in (85.0, 140.0, 260.0, 420.0):
        voice = sum(np.sin(2 * np.pi * pitch_hz * k * time_s) / k for k in range(1, 12))
        pictures = network.features(torch.tensor(voice / np.std(voice), dtype=torch.float32)[None])
        assert pictures.shape == (1, 2, 64, 98)
        mean = pictures[0, 1].mean(dim=1)
        assert pitches_hz[int(mean.argmax())] == pytest.approx(pitch_hz, rel=0.035) and mean.max() > 0.85
    noise = network.features(torch.randn(1, 16_000, generator=torch.Generator().manual_seed(1)))
    assert noise[0, 1].mean(dim=1).abs().max() < 0.1
    assert network.features(torch.zeros(1, 16_000))[0, 1].abs().max() == 0


def test_an_unknown_emotion_in_a_manifest_is_named(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text(
        "file,corpus,speaker,gender,language,emotion,duration_s\nx.wav,a,s,f,xx,hungry,1\n"
    )
    with pytest.raises(ValueError, match=r"x\.wav is labelled 'hungry'"):
        read_manifest(tmp_path / "manifest.csv")


def test_a_clip_heard_as_other_voices_is_the_mean_over_them_frame_by_frame() -> None:
    torch.manual_seed(0)
    alone = MelNetwork(MelConfig(embed_dim=16, num_blocks=1, stem_channels=4, periodicity=True), 9).eval()
    several = MelNetwork(
        MelConfig(embed_dim=16, num_blocks=1, stem_channels=4, periodicity=True, voices=((-2, -5), (2, 5))), 9
    ).eval()
    several.load_state_dict(alone.state_dict())
    samples = torch.randn(1, 16_000, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        features = alone.features(samples)
        views = [alone.encode(moved(features, voice)) for voice in ((0, 0), (-2, -5), (2, 5))]
        assert torch.allclose(several(samples), sum(views) / 3, atol=1e-5)
        logits = several.proj(several(samples))
        assert torch.allclose(logits, sum(alone.proj(view) for view in views) / 3, atol=1e-5)
    assert torch.equal(moved(features, (0, 0)), features)
    up = moved(features, (3, -1))
    assert torch.equal(up[:, 0, :-3], features[:, 0, 3:]) and torch.equal(up[:, 0, -1], features[:, 0, -1])
    assert torch.equal(up[:, 1, 1:], features[:, 1, :-1])


@pytest.mark.parametrize(
    "voices", [3, "x", [[1]], [[1, 2, 3]], [[1, 2.5]], [[99, 0]], [[0, 1]] * 9, [["a", "b"]], [None]]
)
def test_voices_that_cannot_be_are_one_clear_error(voices: object) -> None:
    with pytest.raises(CheckpointError, match=r"config\.yaml has voices"):
        MelConfig.from_mapping({"voices": voices})


def test_a_configuration_with_voices_survives_its_file() -> None:
    config = MelConfig(voices=((-2, -5), (2, 5)))
    assert MelConfig.from_mapping(json.loads(json.dumps(config.to_mapping()))) == config
