"""The networks: frames where they should be, ALiBi as published, names that map one to one."""

import math

import pytest
import torch

from benchmarks.random_checkpoint import SIZES, random_tensors
from core.errors import CheckpointError
from core.model.hub_keys import hub_name, our_name, to_ours
from core.model.mel import MelConfig, MelNetwork, mel_filterbank
from core.model.network import Emotion2vec, Emotion2vecConfig, alibi_slopes, alibi_table, parse_conv_spec
from core.results import num_frames_of
from training.networks import emotion2vec_configuration


@pytest.fixture(scope="module")
def tiny() -> Emotion2vec:
    configuration = emotion2vec_configuration(**SIZES["tiny"])
    network = Emotion2vec(Emotion2vecConfig.from_mapping(configuration["model_conf"]), 9)
    network.load_state_dict(to_ours(random_tensors(configuration, seed=1), network.config.prenet_depth))
    return network.eval()


@pytest.fixture(scope="module")
def mel() -> MelNetwork:
    torch.manual_seed(1)
    return MelNetwork(MelConfig(num_mels=32, stem_channels=4, embed_dim=32, num_blocks=1), 9).eval()


@pytest.mark.parametrize("num_samples", [400, 401, 719, 720, 1600, 16_000, 16_399, 48_001])
@torch.inference_mode()
def test_both_networks_give_a_frame_every_320_samples(tiny: Emotion2vec, mel: MelNetwork, num_samples: int) -> None:
    samples = torch.randn(2, num_samples, generator=torch.Generator().manual_seed(0))
    for network in (tiny, mel):
        assert network(samples).shape == (2, num_frames_of(num_samples), network.embedding_dim)


@torch.inference_mode()
def test_a_change_in_the_sound_changes_the_frames_at_that_time(mel: MelNetwork) -> None:
    samples = torch.randn(1, 48_000, generator=torch.Generator().manual_seed(0))
    changed = samples.clone()
    changed[:, 30_000:31_000] *= 5
    moved = (mel(samples) - mel(changed)).abs().amax(dim=-1)[0]
    assert abs(int(moved.argmax()) - 30_500 // 320) <= 10


def test_alibi_slopes_are_those_of_the_paper() -> None:
    assert alibi_slopes(8) == pytest.approx([2 ** -(k + 1) for k in range(8)])
    assert alibi_slopes(16)[:2] == pytest.approx([2**-0.5, 2**-1.0])
    twelve = alibi_slopes(12)
    assert len(twelve) == 12 and twelve[:8] == pytest.approx(alibi_slopes(8))
    assert twelve[8:] == pytest.approx(alibi_slopes(16)[0:8:2])


def test_the_alibi_table_falls_with_distance_and_spares_extra_tokens() -> None:
    table = alibi_table(torch.tensor([0.5, 0.25]), 6, 2)
    assert table.shape == (2, 6, 6)
    assert table[0, 2, 5] == -1.5 and table[1, 5, 2] == -0.75 and table[0, 4, 4] == 0
    assert not table[:, :2].any() and not table[:, :, :2].any()


def test_tensor_names_map_one_to_one(tiny: Emotion2vec) -> None:
    depth = tiny.config.prenet_depth
    for name in tiny.state_dict():
        assert our_name(hub_name(name, depth), depth) == name
    assert hub_name("blocks.0.qkv.weight", 1).endswith("context_encoder.blocks.0.attn.qkv.weight")
    assert hub_name("blocks.1.fc1.bias", 1) == "d2v_model.blocks.0.mlp.fc1.bias"
    assert our_name("d2v_model.modality_encoders.AUDIO.decoder.proj.weight", depth) is None


def test_a_convolution_list_is_read_without_eval() -> None:
    text = "[(512, 10, 5)] + [(512, 3, 2)] * 4 + [(512,2,2)] + [(512,2,2)]"
    assert parse_conv_spec(text) == ((512, 10, 5), *[(512, 3, 2)] * 4, (512, 2, 2), (512, 2, 2))
    for harmful in ("__import__('os')", "[(1, 2, 3)] * 10**9", "[]", "[(0, 3, 2)]", "[(512, 2)]", "open('x')"):
        with pytest.raises((ValueError, SyntaxError)):
            parse_conv_spec(harmful)


def test_a_configuration_that_lacks_a_value_is_named() -> None:
    with pytest.raises(CheckpointError, match="modalities"):
        Emotion2vecConfig.from_mapping({"embed_dim": 64})
    with pytest.raises(CheckpointError, match="not an EmoScopeMel configuration"):
        MelConfig.from_mapping({"colour": "blue"})


def test_the_mel_filterbank_covers_its_band_with_triangles() -> None:
    bank = mel_filterbank(64, 50.0, 7600.0)
    assert bank.shape == (64, 257)
    centres_hz = bank.argmax(dim=1) * 16_000 / 512
    assert bool((centres_hz.diff() >= 0).all())
    mel_of = 2595 * math.log10(1 + 7600 / 700)
    last_hz = 700 * (10 ** ((mel_of - (mel_of - 2595 * math.log10(1 + 50 / 700)) / 65) / 2595) - 1)
    assert float(centres_hz[-1]) == pytest.approx(last_hz, abs=32)
    assert float(bank.max()) <= 1 and float(bank.min()) == 0
