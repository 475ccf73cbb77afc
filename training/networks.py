"""The networks that can be trained, each as a hub-format `config.yaml` and an `nn.Module`."""

import json
from pathlib import Path
from typing import Any, Protocol

import torch
import yaml
from safetensors.torch import save_file
from torch import Tensor, nn

from core.emotions import EMOTIONS, UNUSED_PREFIX
from core.model import hub_keys
from core.model.mel import MelConfig, MelNetwork
from core.model.network import Emotion2vec, Emotion2vecConfig

TOKENS = tuple("<unk>" if e.key == "unknown" else f"{e.chinese}/{e.english}" for e in EMOTIONS)


class Trainable(Protocol):
    """What training needs of a network beside `nn.Module`."""

    proj: nn.Linear

    def __call__(self, samples: Tensor) -> Tensor: ...


def mel_configuration(**sizes: Any) -> dict[str, Any]:
    """`config.yaml` of a mel network."""
    return {"model": "EmoScopeMel", "model_conf": MelConfig(**sizes).to_mapping()}


def emotion2vec_configuration(
    embed_dim: int, num_heads: int, prenet_depth: int, depth: int, channels: int
) -> dict[str, Any]:
    """`config.yaml` of an emotion2vec network of any size, in the hubs' own layout."""
    spec = f"[({channels}, 10, 5)] + [({channels}, 3, 2)] * 4 + [({channels}, 2, 2)] + [({channels}, 2, 2)]"
    audio = {
        "type": "AUDIO",
        "extractor_mode": "layer_norm",
        "feature_encoder_spec": spec,
        "conv_pos_width": 95,
        "conv_pos_depth": 5,
        "conv_pos_groups": 16,
        "conv_pos_pre_ln": False,
        "num_extra_tokens": 10,
        "init_extra_token_zero": True,
        "prenet_depth": prenet_depth,
        "prenet_layerdrop": 0.0,
        "prenet_dropout": 0.0,
        "start_drop_path_rate": 0.0,
        "end_drop_path_rate": 0.0,
        "use_alibi_encoder": True,
        "alibi_scale": 1.0,
        "learned_alibi": False,
        "learned_alibi_scale": True,
        "learned_alibi_scale_per_head": True,
        "learned_alibi_scale_per_layer": False,
        "num_alibi_heads": num_heads,
        "alibi_max_pos": None,
        "model_depth": depth,
        "local_grad_mult": 1.0,
        "mask_prob": 0.0,
        "mask_noise_std": 0.01,
        "mask_length": 5,
        "mask_channel_prob": 0.0,
        "ema_local_encoder": False,
        "decoder": None,
    }
    model_conf = {
        "loss_beta": 0.0,
        "loss_scale": None,
        "average_top_k_layers": depth,
        "depth": depth,
        "start_drop_path_rate": 0.0,
        "end_drop_path_rate": 0.0,
        "num_heads": num_heads,
        "norm_eps": 1e-5,
        "norm_affine": True,
        "encoder_dropout": 0.1,
        "post_mlp_drop": 0.1,
        "attention_dropout": 0.1,
        "activation_dropout": 0.0,
        "dropout_input": 0.0,
        "layerdrop": 0.0,
        "embed_dim": embed_dim,
        "mlp_ratio": 4,
        "layer_norm_first": False,
        "end_of_block_targets": False,
        "clone_batch": 1,
        "normalize": True,
        "supported_modality": "AUDIO",
        "modalities": {"_name": None, "audio": audio},
    }
    return {
        "model": "Emotion2vec",
        "model_conf": model_conf,
        "tokenizer": "CharTokenizer",
        "tokenizer_conf": {"unk_symbol": "<unk>", "split_with_space": True},
        "scope_map": ["d2v_model.", "none"],
    }


def build(configuration: dict[str, Any], num_labels: int) -> MelNetwork | Emotion2vec:
    """The network a `config.yaml` describes, with fresh weights."""
    if configuration["model"] == "EmoScopeMel":
        return MelNetwork(MelConfig.from_mapping(configuration["model_conf"]), num_labels)
    return Emotion2vec(Emotion2vecConfig.from_mapping(configuration["model_conf"]), num_labels)


def hub_tensors(network: MelNetwork | Emotion2vec, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The state dict under the names a hub folder uses."""
    if isinstance(network, Emotion2vec):
        return hub_keys.to_hub(state, network.config.prenet_depth)
    return state


def tokens_of(seen: set[str]) -> list[str]:
    """The nine lines of `tokens.txt`; classes no training clip showed are marked `unuse_`."""
    return [
        token if emotion.key in seen else f"{UNUSED_PREFIX}_{emotion.english}"
        for token, emotion in zip(TOKENS, EMOTIONS, strict=True)
    ]


def save_folder(folder: Path, configuration: dict[str, Any], tensors: dict[str, Tensor], tokens: list[str]) -> None:
    """Write `model.safetensors`, `config.yaml`, `configuration.json` and `tokens.txt`."""
    folder.mkdir(parents=True, exist_ok=True)
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    save_file(contiguous, folder / "model.safetensors", metadata={"format": "pt"})
    write_text_files(folder, configuration, tokens, "model.safetensors")


def write_text_files(folder: Path, configuration: dict[str, Any], tokens: list[str], weights: str) -> None:
    """The three small files of a hub folder."""
    (folder / "config.yaml").write_text(yaml.safe_dump(configuration, sort_keys=False, allow_unicode=True))
    (folder / "tokens.txt").write_text("\n".join(tokens) + "\n", encoding="utf-8")
    hub = {
        "framework": "pytorch",
        "task": "emotion-recognition",
        "model": {"type": "funasr"},
        "file_path_metas": {
            "init_param": weights,
            "config": "config.yaml",
            "tokenizer_conf": {"token_list": "tokens.txt"},
        },
    }
    (folder / "configuration.json").write_text(json.dumps(hub, indent=2) + "\n")


def num_parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def seed_everything(seed: int) -> torch.Generator:
    torch.manual_seed(seed)
    return torch.Generator().manual_seed(seed)
