"""`python -m benchmarks.random_checkpoint --size large|base|tiny OUT`: random weights in the hubs' exact format.

Same files, tensor names, shapes and file size as `iic/emotion2vec_plus_*` (the published `model.pt` also carries its
optimiser's state, two thirds of the file). Weights are N(0, (0.5/√fan_in)²), which keeps frames apart; with a fixed
small deviation all frames collapse into one and agreement between engines means nothing.
"""

import argparse
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.model.hub_keys import to_hub
from core.model.network import Emotion2vec, Emotion2vecConfig
from training.networks import TOKENS, emotion2vec_configuration, write_text_files

SIZES = {
    "large": {"embed_dim": 1024, "num_heads": 16, "prenet_depth": 4, "depth": 8, "channels": 512},
    "base": {"embed_dim": 768, "num_heads": 12, "prenet_depth": 4, "depth": 8, "channels": 512},
    "tiny": {"embed_dim": 64, "num_heads": 4, "prenet_depth": 1, "depth": 2, "channels": 32},
}


def random_tensors(configuration: dict[str, Any], seed: int) -> dict[str, Tensor]:
    """The network's tensors under the hubs' names, seeded."""
    config = Emotion2vecConfig.from_mapping(configuration["model_conf"])
    generator = torch.Generator().manual_seed(seed)
    with torch.device("meta"):
        network = Emotion2vec(config, len(TOKENS))
    tensors = {name: _random(name, slot.shape, generator) for name, slot in network.state_dict().items()}
    return to_hub(tensors, config.prenet_depth)


def _random(name: str, shape: torch.Size, generator: torch.Generator) -> Tensor:
    if name == "alibi_scale":
        return 0.5 + torch.rand(shape, generator=generator)
    if "norm" in name:
        centre = 1.0 if name.endswith("weight") else 0.0
        return centre + 0.1 * torch.randn(shape, generator=generator)
    if len(shape) == 1:
        return 0.02 * torch.randn(shape, generator=generator)
    fan_in = shape[-1] if name == "extra_tokens" else shape[1:].numel()
    scale = 8.0 if name == "proj.weight" else 0.5  # verdicts as decided as a trained head's
    tensor: Tensor = scale / fan_in**0.5 * torch.randn(shape, generator=generator)
    return tensor


def write_checkpoint(out: Path, size: str, *, seed: int = 0, optimizer_state: bool = True) -> Path:
    """Write the folder; returns it."""
    configuration = emotion2vec_configuration(**SIZES[size])
    tensors = random_tensors(configuration, seed)
    content: dict[str, Any] = {"model": tensors}
    if optimizer_state:
        moments = {name: (torch.zeros_like(tensor), torch.zeros_like(tensor)) for name, tensor in tensors.items()}
        content["last_optimizer_state"] = {"state": moments, "param_groups": []}
    out.mkdir(parents=True, exist_ok=True)
    torch.save(content, out / "model.pt")
    write_text_files(out, configuration, list(TOKENS), "model.pt")
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", choices=sorted(SIZES), default="tiny")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    folder = write_checkpoint(options.out, options.size, seed=options.seed)
    print(f"{folder}: {sum(file.stat().st_size for file in folder.iterdir()) / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
