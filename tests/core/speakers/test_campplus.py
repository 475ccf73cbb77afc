"""CAM++ from a folder in the hub's own format, written here with random weights."""

import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.checkpoints.fetching import pull
from core.errors import CheckpointError, SpeakerError
from core.results import Waveform
from core.settings import Settings
from core.speakers import VoiceEmbedder
from core.speakers.campplus import CAMPPLUS, load_campplus
from tests.core.checkpoints.hub_server import serve_hub
from tests.sounds import voice

pytest.importorskip("webrtcvad", reason="webrtcvad-wheels is not installed")


@pytest.fixture(scope="module")
def hub_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = pytest.importorskip("funasr.models.campplus.model", reason="FunASR is not installed")
    torch = pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("hub")
    torch.manual_seed(0)
    network = model.CAMPPlus(feat_dim=80, embedding_size=192)
    torch.save(network.state_dict(), folder / CAMPPLUS.files[0])
    (folder / "config.yaml").write_text("model: CAMPPlus\nmodel_conf:\n  feat_dim: 80\n  embedding_size: 192\n")
    (folder / "configuration.json").write_text(json.dumps({"framework": "pytorch", "task": "speaker-verification"}))
    return folder


def installed(hub_folder: Path, models_dir: Path) -> Settings:
    folder = models_dir / CAMPPLUS.name
    folder.mkdir(parents=True)
    for name in CAMPPLUS.files:
        (folder / name).write_bytes((hub_folder / name).read_bytes())
    return Settings(models_dir=models_dir)


def test_a_folder_in_the_hubs_format_gives_vectors_of_192_numbers(hub_folder: Path, tmp_path: Path) -> None:
    embedder = VoiceEmbedder.open(installed(hub_folder, tmp_path), "campplus")
    vector = embedder.embed(Waveform(voice(2.5)))
    assert vector.shape == (192,) and np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
    assert embedder.model_id.startswith("campplus-") and len(embedder.model_id) == len("campplus-") + 12


def test_its_windows_are_heard_as_funasr_hears_them(hub_folder: Path, tmp_path: Path) -> None:
    network = load_campplus(installed(hub_folder, tmp_path))
    samples = voice(2.0)
    import torch
    from funasr.models.campplus.model import CAMPPlus

    theirs = CAMPPlus(feat_dim=80, embedding_size=192)
    theirs.load_state_dict(torch.load(hub_folder / CAMPPLUS.files[0], weights_only=True))
    with torch.inference_mode():
        results, _ = theirs.eval().inference([samples[:24_000]], device="cpu")
    ours = network.features(samples, np.array([0, 4000]))
    assert ours.shape == (2, 192)
    assert np.allclose(ours[0], results[0]["spk_embedding"][0].numpy(), atol=1e-4)


def test_auto_takes_it_where_it_is_and_its_absence_says_how_to_get_it(hub_folder: Path, tmp_path: Path) -> None:
    assert VoiceEmbedder.open(installed(hub_folder, tmp_path / "there")).model.name == "campplus"
    nowhere = Settings(models_dir=tmp_path / "nowhere")
    with pytest.raises(SpeakerError, match="emoscope models pull campplus"):
        VoiceEmbedder.open(nowhere, "campplus")
    with pytest.raises(CheckpointError, match="emoscope models pull campplus"):
        load_campplus(nowhere)


def test_a_damaged_file_is_one_sentence(hub_folder: Path, tmp_path: Path) -> None:
    settings = installed(hub_folder, tmp_path)
    (tmp_path / CAMPPLUS.name / CAMPPLUS.files[0]).write_bytes(b"no weights")
    with pytest.raises(CheckpointError, match="cannot be read as CAM"):
        VoiceEmbedder.open(settings, "campplus").warm()


def test_it_is_fetched_as_the_other_checkpoints_are(hub_folder: Path, tmp_path: Path) -> None:
    with serve_hub(hub_folder) as hub:
        settings = Settings(models_dir=tmp_path, modelscope_endpoint=hub.url, hf_endpoint=hub.url)
        folder = pull("campplus", settings)
    assert folder == tmp_path / "campplus"
    assert {path.name for path in folder.iterdir()} == {*CAMPPLUS.files, "origin.json"}
    assert VoiceEmbedder.open(replace(settings, threads=1), "campplus").warm().window_samples == 24_000
