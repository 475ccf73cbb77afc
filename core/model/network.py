"""emotion2vec in plain PyTorch: the network of Ma et al. (2023), arXiv:2312.15185, as the hubs' folders hold it.

A data2vec 2.0 audio encoder (Baevski et al. 2022, arXiv:2212.07525): seven convolutions take 16 kHz samples to
50 frames a second, five grouped convolutions add position, transformer blocks with ALiBi (Press et al. 2021,
arXiv:2108.12409) add context, and one linear layer turns each frame into emotion logits. This form is for training,
CUDA and reference; `core.model.fast` runs the same weights faster on a CPU.
"""

import ast
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.errors import CheckpointError
from core.model.sizes import require_sizes

ConvSpec = tuple[tuple[int, int, int], ...]
SIZE_BOUNDS: dict[str, tuple[float, float]] = {
    "embed_dim": (1, 8192),
    "num_heads": (1, 256),
    "depth": (1, 256),
    "prenet_depth": (0, 256),
    "mlp_ratio": (0.125, 16.0),
    "norm_eps": (0.0, 1.0),
    "conv_pos_width": (1, 1024),
    "conv_pos_depth": (1, 64),
    "conv_pos_groups": (1, 8192),
    "num_extra_tokens": (0, 1024),
    "num_alibi_heads": (1, 256),
}


@dataclass(frozen=True, slots=True)
class Emotion2vecConfig:
    """The part of a hub folder's `model_conf` that shapes inference.

    `feature_encoder_spec` is ((channels, kernel, stride), …).
    """

    embed_dim: int
    num_heads: int
    depth: int
    prenet_depth: int
    mlp_ratio: float
    norm_eps: float
    normalize: bool
    feature_encoder_spec: ConvSpec
    conv_pos_width: int
    conv_pos_depth: int
    conv_pos_groups: int
    num_extra_tokens: int
    num_alibi_heads: int

    @property
    def positional_kernel(self) -> int:
        return max(3, self.conv_pos_width // self.conv_pos_depth)

    @classmethod
    def from_mapping(cls, model_conf: Mapping[str, Any]) -> "Emotion2vecConfig":
        """Read a `model_conf`; `CheckpointError` when it lacks a value or asks for a variant never published."""
        try:
            audio = model_conf["modalities"]["audio"]
            _refuse_variants(model_conf, audio)
            config = cls(
                embed_dim=int(model_conf["embed_dim"]),
                num_heads=int(model_conf["num_heads"]),
                depth=int(model_conf["depth"]),
                prenet_depth=int(audio["prenet_depth"]),
                mlp_ratio=float(model_conf["mlp_ratio"]),
                norm_eps=float(model_conf["norm_eps"]),
                normalize=bool(model_conf["normalize"]),
                feature_encoder_spec=parse_conv_spec(audio["feature_encoder_spec"]),
                conv_pos_width=int(audio["conv_pos_width"]),
                conv_pos_depth=int(audio["conv_pos_depth"]),
                conv_pos_groups=int(audio["conv_pos_groups"]),
                num_extra_tokens=int(audio["num_extra_tokens"]),
                num_alibi_heads=int(audio.get("num_alibi_heads", model_conf["num_heads"])),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise CheckpointError(
                f"config.yaml is not an emotion2vec configuration ({error}); take the folder from the hub unchanged."
            ) from None
        require_sizes(config, SIZE_BOUNDS)
        return config


def _refuse_variants(model_conf: Mapping[str, Any], audio: Mapping[str, Any]) -> None:
    published = {
        "layer_norm_first": (model_conf.get("layer_norm_first"), False),
        "norm_affine": (model_conf.get("norm_affine", True), True),
        "extractor_mode": (audio.get("extractor_mode"), "layer_norm"),
        "conv_pos_pre_ln": (audio.get("conv_pos_pre_ln", False), False),
        "use_alibi_encoder": (audio.get("use_alibi_encoder"), True),
        "learned_alibi": (audio.get("learned_alibi", False), False),
        "learned_alibi_scale_per_layer": (audio.get("learned_alibi_scale_per_layer", False), False),
    }
    for name, (found, expected) in published.items():
        if found != expected:
            raise CheckpointError(
                f"config.yaml sets {name} to {found!r}; EmoScope runs the published emotion2vec+ shape, "
                f"where it is {expected!r}."
            )


def parse_conv_spec(text: object) -> ConvSpec:
    """`[(512, 10, 5)] + [(512, 3, 2)] * 4 + …` → ((512, 10, 5), (512, 3, 2), …), without `eval`.

    Hub configurations write the list as a Python expression. Only integers, tuples, lists, `+` and `*` are read;
    anything else raises `ValueError`.
    """
    value = text if isinstance(text, list | tuple) else _literal(ast.parse(str(text), mode="eval").body)
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(f"feature_encoder_spec {text!r} is not a list of (channels, kernel, stride)")
    spec = []
    for item in value:
        channels, kernel, stride = (int(number) for number in item)
        if not (1 <= channels <= 4096 and 1 <= stride <= kernel <= 64):
            raise ValueError(f"convolution {item!r} is out of range")
        spec.append((channels, kernel, stride))
    return tuple(spec)


def _literal(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.Tuple):
        return tuple(_literal(element) for element in node.elts)
    if isinstance(node, ast.List):
        return [_literal(element) for element in node.elts]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _literal(node.left) + _literal(node.right)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left, right = _literal(node.left), _literal(node.right)
        if isinstance(left, list) and isinstance(right, int) and right <= 64:
            return left * right
    raise ValueError("feature_encoder_spec holds something other than a list of triples")


class ConvLayer(nn.Module):
    """Convolution without bias, layer norm over channels, GELU. (batch, time, in) → (batch, time', out)."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(in_channels, out_channels, kernel, stride, bias=False)
        self.norm = nn.LayerNorm(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(self.norm(self.conv(x.transpose(1, 2)).transpose(1, 2)))


class Block(nn.Module):
    """A post-norm transformer block with an additive attention bias."""

    def __init__(self, config: Emotion2vecConfig) -> None:
        super().__init__()
        dim, hidden = config.embed_dim, int(config.embed_dim * config.mlp_ratio)
        self.num_heads = config.num_heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)
        self.norm1 = nn.LayerNorm(dim, eps=config.norm_eps)
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)
        self.norm2 = nn.LayerNorm(dim, eps=config.norm_eps)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """x: (batch, time, dim), bias: (heads, time, time) → (batch, time, dim)."""
        batch, time, dim = x.shape
        query, key, value = self.qkv(x).view(batch, time, 3, self.num_heads, -1).permute(2, 0, 3, 1, 4)
        heard = F.scaled_dot_product_attention(query, key, value, attn_mask=bias.to(query.dtype))
        x = self.norm1(x + self.out(heard.transpose(1, 2).reshape(batch, time, dim)))
        hidden: Tensor = self.norm2(x + self.fc2(F.gelu(self.fc1(x))))
        return hidden


class Emotion2vec(nn.Module):
    """Samples in, frame embeddings out; `proj` makes them logits."""

    def __init__(self, config: Emotion2vecConfig, num_labels: int) -> None:
        super().__init__()
        self.config = config
        self.embedding_dim = config.embed_dim
        channels = [1, *(spec[0] for spec in config.feature_encoder_spec)]
        self.convs = nn.ModuleList(
            ConvLayer(inputs, *spec) for inputs, spec in zip(channels, config.feature_encoder_spec, strict=False)
        )
        self.project_norm = nn.LayerNorm(channels[-1])
        self.project = nn.Linear(channels[-1], config.embed_dim)
        kernel = config.positional_kernel
        self.positional = nn.ModuleList(
            nn.Conv1d(config.embed_dim, config.embed_dim, kernel, padding=kernel // 2, groups=config.conv_pos_groups)
            for _ in range(config.conv_pos_depth)
        )
        self.extra_tokens = nn.Parameter(torch.zeros(1, config.num_extra_tokens, config.embed_dim))
        self.alibi_scale = nn.Parameter(torch.ones(1, 1, config.num_alibi_heads, 1, 1))
        self.context_norm = nn.LayerNorm(config.embed_dim, eps=config.norm_eps)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.prenet_depth + config.depth))
        self.proj = nn.Linear(config.embed_dim, num_labels)

    def forward(self, samples: Tensor) -> Tensor:
        """Frame embeddings.

        Args:
            samples: (batch, num_samples) float32 at 16 kHz, already layer-normalised, all rows of one length.

        Returns:
            (batch, num_frames, embed_dim) at 50 Hz.
        """
        x = samples.unsqueeze(2)
        for conv in self.convs:
            x = conv(x)
        x = self.project(self.project_norm(x))
        x = x + self._positions(x)
        x = torch.cat([self.extra_tokens.expand(x.shape[0], -1, -1), x], dim=1)
        x = self.context_norm(x)
        bias = alibi_table(self.alibi_slopes(), x.shape[1], self.config.num_extra_tokens)
        for block in self.blocks:
            x = block(x, bias)
        frames: Tensor = x[:, self.config.num_extra_tokens :]
        return frames

    def _positions(self, x: Tensor) -> Tensor:
        for conv in self.positional:
            x = conv(x.transpose(1, 2))[..., : x.shape[1]].transpose(1, 2)
            x = F.gelu(F.layer_norm(x, x.shape[-1:]))
        return x

    def alibi_slopes(self) -> Tensor:
        """(num_heads,) float32: each head's slope times its learned scale; 0 for heads that have no ALiBi."""
        config = self.config
        scale = self.alibi_scale.detach().clamp_min(0).reshape(-1).float()
        slopes = torch.tensor(alibi_slopes(config.num_alibi_heads), device=scale.device) * scale
        return F.pad(slopes, (0, config.num_heads - config.num_alibi_heads))


def alibi_slopes(num_heads: int) -> list[float]:
    """ALiBi's geometric slopes (Press et al. 2021, §3), with their interpolation when heads are no power of two."""
    if math.log2(num_heads).is_integer():
        ratio = 2 ** (-(2 ** -(math.log2(num_heads) - 3)))
        return [ratio ** (head + 1) for head in range(num_heads)]
    lower = 2 ** math.floor(math.log2(num_heads))
    return alibi_slopes(lower) + alibi_slopes(2 * lower)[0::2][: num_heads - lower]


def alibi_table(slopes: Tensor, num_positions: int, num_extra_tokens: int) -> Tensor:
    """(num_heads, num_positions, num_positions): −slope·|i − j|, and 0 where either is an extra token."""
    positions = torch.arange(num_positions, device=slopes.device, dtype=torch.float32)
    table = (positions[None, :] - positions[:, None]).abs().neg() * slopes[:, None, None]
    table[:, :num_extra_tokens, :] = 0
    table[:, :, :num_extra_tokens] = 0
    return table
