"""emotion2vec on a CPU at the speed the processor has: the same weights and results as `core.model.network`.

What makes it fast, in order of gain: linear weights packed once for oneDNN with the GELU fused behind them (the ops
`torch.compile` freezes into, called directly); the convolutions as matrix products on channels-last rows, a second of
audio at a time so that it stays in cache; clips of different lengths side by side without padding — the linear layers
see all their frames at once, attention sees each clip alone; one ALiBi table whose corner serves every shorter clip.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from core.model.network import Block, ConvLayer, Emotion2vec, alibi_table

CHUNK_FRAMES = 50  # one second: the first convolution's output is then 6.5 MB in float32 at large size
HEADWISE_POSITIONS = 300  # measured at large size: below it, attention in float32 is faster than a product a head
Linear = Callable[[Tensor], Tensor]
MakeLinear = Callable[[Tensor, Tensor | None, bool], Linear]  # weight, bias, whether a GELU follows


def unpacked_and_packed(
    network: Emotion2vec, dtype: torch.dtype
) -> tuple["FastEncoder", Callable[[], "FastEncoder"] | None]:
    """An encoder that can speak at once, and how to make the faster one later.

    In float32 the first one uses the mapped weights as they are. bfloat16 has to convert them anyway, so it packs
    straight away and there is nothing left to make.
    """
    if dtype == torch.bfloat16:
        return FastEncoder(network, dtype, _packer()), None
    return FastEncoder(network, dtype, _unpacked), lambda: FastEncoder(network, dtype, _packer())


def _unpacked(weight: Tensor, bias: Tensor | None, gelu: bool) -> Linear:
    if gelu:
        return lambda x: F.gelu(F.linear(x, weight, bias))
    return lambda x: F.linear(x, weight, bias)


def _packed(weight: Tensor, bias: Tensor | None, gelu: bool) -> Linear:
    ops = torch.ops.mkldnn
    packed = ops._reorder_linear_weight(weight)
    after = "gelu" if gelu else "none"
    return lambda x: ops._linear_pointwise(x, packed, bias, after, [], "none" if gelu else "")


def _packer() -> MakeLinear:
    """oneDNN's packed linear layer where this torch has it (the ops are private), else the plain one."""
    try:
        probe = _packed(torch.zeros(16, 16), torch.zeros(16), True)(torch.zeros(2, 16))
    except (AttributeError, RuntimeError, NotImplementedError):
        return _unpacked
    return _packed if probe.shape == (2, 16) else _unpacked


@dataclass(frozen=True)
class _Conv:
    """A convolution as a matrix product on rows of `kernel` neighbouring frames."""

    linear: Linear
    norm_weight: Tensor
    norm_bias: Tensor
    channels: int
    kernel: int
    stride: int

    def __call__(self, x: Tensor) -> Tensor:
        """(time, in_channels) → (time', channels)."""
        time = (x.shape[0] - self.kernel) // self.stride + 1
        rows = x.as_strided((time, self.kernel * x.shape[1]), (self.stride * x.shape[1], 1))
        out = F.layer_norm(self.linear(rows), (self.channels,), self.norm_weight, self.norm_bias)
        return F.gelu(out)


class _FastBlock:
    """A transformer block on the concatenated frames of several clips."""

    def __init__(self, block: Block, dtype: torch.dtype, make: MakeLinear) -> None:
        def linear(layer: torch.nn.Linear, gelu: bool = False) -> Linear:
            return make(layer.weight.detach().to(dtype), layer.bias.detach().to(dtype), gelu)

        self.num_heads = block.num_heads
        self.qkv, self.out = linear(block.qkv), linear(block.out)
        self.fc1, self.fc2 = linear(block.fc1, gelu=True), linear(block.fc2)
        self.norms = [
            (norm.normalized_shape, norm.weight.detach().to(dtype), norm.bias.detach().to(dtype), norm.eps)
            for norm in (block.norm1, block.norm2)
        ]
        self.attend = _attend_half if dtype == torch.bfloat16 else _attend_fused

    def __call__(self, x: Tensor, lengths: Sequence[int], bias: Tensor) -> Tensor:
        """x: (Σ lengths, dim) → the same; bias: (heads, ≥ longest, ≥ longest)."""
        heard = torch.empty_like(x)
        start = 0
        qkv = self.qkv(x).view(x.shape[0], 3, self.num_heads, -1)
        for length in lengths:
            clip = slice(start, start + length)
            heard[clip] = self.attend(qkv[clip], bias[:, :length, :length])
            start += length
        x = F.layer_norm(x.add_(self.out(heard)), *self.norms[0])
        return F.layer_norm(self.fc2(self.fc1(x)).add_(x), *self.norms[1])


def _attend_fused(qkv: Tensor, bias: Tensor) -> Tensor:
    """(time, 3, heads, head_dim), (heads, time, time) → (time, dim)."""
    query, key, value = qkv.permute(1, 2, 0, 3).unsqueeze(1)
    heard = F.scaled_dot_product_attention(query, key, value, attn_mask=bias.unsqueeze(0))
    return heard[0].transpose(0, 1).reshape(qkv.shape[0], -1)


def _attend_half(qkv: Tensor, bias: Tensor) -> Tensor:
    """`_attend_fused` for bfloat16, whichever way is faster at this length."""
    if qkv.shape[0] < HEADWISE_POSITIONS:
        return _attend_fused(qkv.float(), bias).to(qkv.dtype)
    return _attend_by_head(qkv, bias)


def _attend_by_head(qkv: Tensor, bias: Tensor) -> Tensor:
    """The same with one product a head: in bfloat16 those reach oneDNN, the fused kernel does not. Float32 softmax."""
    time, _, num_heads, head_dim = qkv.shape
    out = qkv.new_empty(time, num_heads, head_dim)
    for head in range(num_heads):
        query, key, value = (qkv[:, part, head].contiguous() for part in range(3))
        weights = torch.mm(query * head_dim**-0.5, key.T).float().add_(bias[head]).softmax(dim=-1)
        out[:, head] = torch.mm(weights.to(qkv.dtype), value)
    return out.view(time, -1)


class FastEncoder:
    """Frame embeddings of several clips at once. Threads may share it: its one changing part has a lock."""

    def __init__(self, network: Emotion2vec, dtype: torch.dtype, make: MakeLinear) -> None:
        self._config, self._dtype = network.config, dtype
        self._convs = [self._conv(cast(ConvLayer, layer), make) for layer in network.convs]
        self._project_norm = (network.project_norm.weight.to(dtype), network.project_norm.bias.to(dtype))
        self._project = make(network.project.weight.detach().to(dtype), network.project.bias.detach().to(dtype), False)
        positional = [cast(torch.nn.Conv1d, conv) for conv in network.positional]
        self._positional = [(conv.weight.to(dtype), cast(Tensor, conv.bias).to(dtype)) for conv in positional]
        self._extra_tokens = network.extra_tokens[0].to(dtype)
        self._context_norm = (network.context_norm.weight.to(dtype), network.context_norm.bias.to(dtype))
        self._blocks = [_FastBlock(cast(Block, block), dtype, make) for block in network.blocks]
        self._slopes = network.alibi_slopes()
        self._alibi = _AlibiTable(self._slopes, network.config.num_extra_tokens)

    def _conv(self, layer: ConvLayer, make: MakeLinear) -> _Conv:
        out_channels, _, kernel = layer.conv.weight.shape
        rows = layer.conv.weight.detach().permute(0, 2, 1).reshape(out_channels, -1).to(self._dtype)
        norm = layer.norm
        return _Conv(
            make(rows, None, False),
            norm.weight.to(self._dtype),
            norm.bias.to(self._dtype),
            out_channels,
            kernel,
            layer.conv.stride[0],
        )

    def __call__(self, clips: Sequence[Tensor]) -> list[Tensor]:
        """(num_samples,) float32 each → (num_frames, embed_dim) float32 each."""
        extra = self._config.num_extra_tokens
        embedded = [self._embed(clip.to(self._dtype)) for clip in clips]
        lengths = [clip.shape[0] + extra for clip in embedded]
        x = torch.cat([part for clip in embedded for part in (self._extra_tokens, clip)])
        del embedded
        x = F.layer_norm(x, (x.shape[1],), *self._context_norm, self._config.norm_eps)
        bias = self._alibi.corner(max(lengths))
        for block in self._blocks:
            x = block(x, lengths, bias)
        return [clip[extra:].float() for clip in torch.split(x, lengths)]

    def _embed(self, samples: Tensor) -> Tensor:
        """(num_samples,) → (num_frames, embed_dim): convolutions, projection and positions of one clip."""
        features = torch.cat([self._convolve(chunk) for chunk in self._chunks(samples)])
        x = self._project(F.layer_norm(features, (features.shape[1],), *self._project_norm))
        return x + self._positions(x)

    def _chunks(self, samples: Tensor) -> list[Tensor]:
        """Stretches of samples that give CHUNK_FRAMES frames each, each with what its last frame sees past its hop."""
        hop, field = self._hop_and_field()
        num_frames = (samples.shape[0] - field) // hop + 1
        starts = range(0, num_frames, CHUNK_FRAMES)
        ends = [min(start + CHUNK_FRAMES, num_frames) for start in starts]
        return [samples[start * hop : (end - 1) * hop + field] for start, end in zip(starts, ends, strict=True)]

    def _hop_and_field(self) -> tuple[int, int]:
        hop, field = 1, 1
        for _, kernel, stride in self._config.feature_encoder_spec:
            field += (kernel - 1) * hop
            hop *= stride
        return hop, field

    def _convolve(self, samples: Tensor) -> Tensor:
        x = samples.unsqueeze(1)
        for conv in self._convs:
            x = conv(x)
        return x

    def _positions(self, x: Tensor) -> Tensor:
        kernel, groups = self._config.positional_kernel, self._config.conv_pos_groups
        for weight, bias in self._positional:
            x = F.conv1d(x.T.unsqueeze(0), weight, bias, padding=kernel // 2, groups=groups)[0, :, : x.shape[0]].T
            x = F.gelu(F.layer_norm(x, (x.shape[1],)))
        return x


class _AlibiTable:
    """The largest table asked for so far; every shorter clip uses its corner."""

    def __init__(self, slopes: Tensor, num_extra_tokens: int) -> None:
        self._slopes, self._num_extra_tokens = slopes, num_extra_tokens
        self._table = torch.empty(0)
        self._lock = threading.Lock()

    def corner(self, num_positions: int) -> Tensor:
        """(heads, num_positions, num_positions) float32."""
        with self._lock:
            if self._table.dim() < 3 or self._table.shape[1] < num_positions:
                self._table = alibi_table(self._slopes, num_positions, self._num_extra_tokens)
            return self._table[:, :num_positions, :num_positions]
