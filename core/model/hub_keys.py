"""Names of the hub checkpoints' tensors ↔ names in `core.model.network`."""

import re
from collections.abc import Iterable, Mapping

from torch import Tensor

PREFIX = "d2v_model."  # `config.yaml`'s scope_map strips it; some revisions are saved without it

# hub pattern ↔ ours; `#` stands for a number that is kept.
_RENAMES = (
    ("modality_encoders.AUDIO.local_encoder.conv_layers.#.0.", "convs.#.conv."),
    ("modality_encoders.AUDIO.local_encoder.conv_layers.#.2.1.", "convs.#.norm."),
    ("modality_encoders.AUDIO.project_features.1.", "project_norm."),
    ("modality_encoders.AUDIO.project_features.2.", "project."),
    ("modality_encoders.AUDIO.extra_tokens", "extra_tokens"),
    ("modality_encoders.AUDIO.alibi_scale", "alibi_scale"),
    ("modality_encoders.AUDIO.context_encoder.norm.", "context_norm."),
    ("proj.", "proj."),
)
_BLOCK_RENAMES = (
    ("attn.qkv.", "qkv."),
    ("attn.proj.", "out."),
    ("norm1.", "norm1."),
    ("norm2.", "norm2."),
    ("mlp.fc1.", "fc1."),
    ("mlp.fc2.", "fc2."),
)
_PRENET = "modality_encoders.AUDIO.context_encoder.blocks."
_POSITIONAL = re.compile(r"modality_encoders\.AUDIO\.relative_positional_encoder\.(\d+)\.0\.(weight|bias)")


def our_name(hub_name: str, prenet_depth: int) -> str | None:
    """The network's name for a hub tensor; `None` for tensors inference does not use (decoder, optimizer)."""
    name = hub_name.removeprefix(PREFIX)
    if match := _POSITIONAL.fullmatch(name):
        return f"positional.{int(match[1]) - 1}.{match[2]}"
    for first, start in ((_PRENET, 0), ("blocks.", prenet_depth)):
        if name.startswith(first):
            number, _, rest = name.removeprefix(first).partition(".")
            return _rename(f"blocks.{int(number) + start}.", rest, _BLOCK_RENAMES) if number.isdigit() else None
    return _rename("", name, _RENAMES)


def hub_name(ours: str, prenet_depth: int) -> str:
    """The inverse of `our_name`, with the `d2v_model.` prefix the hubs use for all but the head."""
    if ours.startswith("proj."):
        return ours
    if match := re.fullmatch(r"positional\.(\d+)\.(weight|bias)", ours):
        name = f"modality_encoders.AUDIO.relative_positional_encoder.{int(match[1]) + 1}.0.{match[2]}"
    elif match := re.fullmatch(r"blocks\.(\d+)\.(.+)", ours):
        number = int(match[1])
        first = f"{_PRENET}{number}." if number < prenet_depth else f"blocks.{number - prenet_depth}."
        name = _rename(first, match[2], [(b, a) for a, b in _BLOCK_RENAMES]) or ""
    else:
        name = _rename("", ours, [(b, a) for a, b in _RENAMES]) or ""
    if not name:
        raise ValueError(f"{ours!r} is no tensor of the emotion2vec network")
    return PREFIX + name


def _rename(prefix: str, name: str, renames: Iterable[tuple[str, str]]) -> str | None:
    for source, target in renames:
        pattern = re.escape(source).replace(r"\#", r"(\d+)").replace("#", r"(\d+)")
        if match := re.match(pattern, name):
            numbers = iter(match.groups())
            renamed = "".join(next(numbers) if part == "#" else part for part in re.split("(#)", target))
            return prefix + renamed + name[match.end() :]
    return None


def to_ours(tensors: Mapping[str, Tensor], prenet_depth: int) -> dict[str, Tensor]:
    """Hub tensors under the network's names; those inference does not use are left out."""
    renamed = {our_name(name, prenet_depth): tensor for name, tensor in tensors.items()}
    return {name: tensor for name, tensor in renamed.items() if name is not None}


def to_hub(tensors: Mapping[str, Tensor], prenet_depth: int) -> dict[str, Tensor]:
    """The network's tensors under the hubs' names."""
    return {hub_name(name, prenet_depth): tensor for name, tensor in tensors.items()}
