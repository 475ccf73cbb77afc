"""What the projection of voices learns from, and how: features of clips at several speeds, and a margin loss.

A clip played faster or slower sounds like another person who says the same, with another pitch and other formants
(Ko et al. 2015, Audio augmentation for speech recognition; as new speakers: Yamamoto et al. 2019, Interspeech). 63
people are few to learn from: each gives three voices.
"""

import hashlib
import sys
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.audio import decode
from core.results import Array
from core.speakers.embedding import VoiceEmbedder
from core.speakers.models import RESEMBLYZER
from core.speakers.projection import Head, Projection, unit
from training.data import Clip

if TYPE_CHECKING:
    from torch import Tensor

SPEEDS = ((1, 1), (9, 10), (11, 10))  # as fractions; 1 first
MAX_CLIPS = 60  # a speaker; more of one voice teach little
_PART = 200
_AT_ONCE = 25  # clips whose windows go through the network together


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one projection learns.

    Attributes:
        heads: networks that begin differently, whose vectors are put side by side.
        margin, scale: of the additive angular margin loss (Deng et al. 2019, ArcFace, CVPR).
        epochs: each has as many clips a voice as there are on average.
    """

    heads: int = 3
    num_hidden: int = 192
    dim: int = 80
    epochs: float = 8.0
    batch: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    dropout: float = 0.2
    margin: float = 0.2
    scale: float = 15.0


@dataclass(frozen=True)
class Voices:
    """Features of clips.

    Attributes:
        clips: those heard, each at every speed, in the order of SPEEDS within a clip.
        features: (len(clips), len(SPEEDS), width) float32.
    """

    clips: tuple[Clip, ...]
    features: Array

    @property
    def speakers(self) -> Array:
        return np.array([clip.speaker for clip in self.clips])

    @property
    def plain(self) -> Array:
        """(n, width): at their own speed."""
        found: Array = self.features[:, 0]
        return found


def some_of_each(clips: Sequence[Clip], most: int = MAX_CLIPS) -> list[Clip]:
    """At most so many clips a speaker, chosen by the hash of their names."""
    ordered = sorted(clips, key=lambda clip: hashlib.sha256(clip.file.encode()).hexdigest())
    counts: dict[str, int] = {}
    kept = []
    for clip in ordered:
        counts[clip.speaker] = counts.get(clip.speaker, 0) + 1
        if counts[clip.speaker] <= most:
            kept.append(clip)
    return kept


def hear_voices(data: Path, clips: Sequence[Clip], cache: Path) -> Voices:
    """The features of the clips, kept in `cache` a part at a time, so that a run that is stopped goes on."""
    cache.mkdir(parents=True, exist_ok=True)
    embedder = VoiceEmbedder(RESEMBLYZER)
    parts = []
    for begin in range(0, len(clips), _PART):
        some = clips[begin : begin + _PART]
        key = hashlib.sha256("\n".join([str(SPEEDS), *(clip.file for clip in some)]).encode()).hexdigest()[:16]
        file = cache / f"voices-{key}.npy"
        if not file.exists():
            heard = np.concatenate([_features([data / clip.file for clip in some[at : at + _AT_ONCE]], embedder)
                                    for at in range(0, len(some), _AT_ONCE)])  # fmt: skip
            np.save(file.with_suffix(".partial.npy"), heard)
            file.with_suffix(".partial.npy").replace(file)
            print(f"heard {begin + len(some)} of {len(clips)} clips", file=sys.stderr)
        parts.append(np.load(file))
    return Voices(tuple(clips), np.concatenate(parts))


def _features(paths: Sequence[Path], embedder: VoiceEmbedder) -> Array:
    """(len(paths), len(SPEEDS), width) float32."""
    with ThreadPoolExecutor(2) as pool:
        played = [sound for sounds in pool.map(_played, paths) for sound in sounds]
    return embedder.features_of(played).reshape(len(paths), len(SPEEDS), -1)


def _played(path: Path) -> list[Array]:
    """A clip at each of SPEEDS."""
    from scipy.signal import resample_poly

    samples = decode(path).samples
    return [
        samples if faster == slower else resample_poly(samples, slower, faster).astype(np.float32)
        for faster, slower in SPEEDS
    ]


def learn_projection(
    voices: Voices, without: Collection[str] = (), recipe: Recipe = Recipe(), about: dict[str, object] | None = None
) -> Projection:
    """A projection learnt on all speakers but `without`, each at every speed a voice of its own."""
    kept = ~np.isin(voices.speakers, list(without))
    count, num_speeds, width = voices.features[kept].shape
    features = voices.features[kept].reshape(-1, width)
    names = np.repeat(voices.speakers[kept], num_speeds), np.tile(np.arange(num_speeds), count)
    _, labels = np.unique([f"{name}@{speed}" for name, speed in zip(*names, strict=True)], return_inverse=True)
    mean = np.nanmean(features, axis=0)
    scale = np.nanstd(features, axis=0) + 1e-6
    standard = np.nan_to_num((features - mean) / scale, nan=0.0).astype(np.float32)
    heads = tuple(_learn_head(standard, labels, recipe, seed) for seed in range(recipe.heads))
    return Projection(mean.astype(np.float32), scale.astype(np.float32), heads, about or {"name": "in training"})


def _learn_head(features: Array, labels: Array, recipe: Recipe, seed: int) -> Head:
    import torch
    from torch import nn
    from torch.nn import functional as F

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    num_voices = int(labels.max()) + 1
    straight = nn.Linear(features.shape[1], recipe.dim)
    hidden = nn.Linear(features.shape[1], recipe.num_hidden)
    out = nn.Linear(recipe.num_hidden, recipe.dim)
    voices = nn.Parameter(torch.randn(num_voices, recipe.dim) * 0.05)
    weights = [*straight.parameters(), *hidden.parameters(), *out.parameters(), voices]
    steps = int(recipe.epochs * len(features) / recipe.batch)
    optimizer = torch.optim.AdamW(weights, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.learning_rate, total_steps=steps)
    known, targets = torch.from_numpy(features), torch.from_numpy(labels)
    chances = 1 / np.bincount(labels)[labels] / num_voices  # every voice is met equally often
    for _ in range(steps):
        drawn = torch.from_numpy(rng.choice(len(labels), recipe.batch, p=chances))
        given = F.dropout(known[drawn], recipe.dropout)
        vector = straight(given) + out(F.dropout(torch.relu(hidden(given)), recipe.dropout))
        loss = margin_loss(F.normalize(vector) @ F.normalize(voices).T, targets[drawn], recipe.margin, recipe.scale)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch ships it without types
        optimizer.step()
        schedule.step()
    parts = [part.detach().numpy() for layer in (straight, hidden, out) for part in (layer.weight.T, layer.bias)]
    return Head(*parts)


def margin_loss(cosines: "Tensor", targets: "Tensor", margin: float, scale: float) -> "Tensor":
    """ArcFace: cross entropy of scale · cosines, where the target's angle is widened by `margin` radians."""
    import torch
    from torch.nn import functional as F

    angles = torch.acos(cosines.clamp(-1 + 1e-6, 1 - 1e-6))
    is_target = F.one_hot(targets, cosines.shape[1]).bool()
    return F.cross_entropy(scale * torch.where(is_target, torch.cos(angles + margin), cosines), targets)


def plain_vectors_of(voices: Voices) -> Array:
    """(n, dim) what Resemblyzer alone would say, of the mean over the windows."""
    from core.speakers.resemblyzer import SIZE, plain_vectors

    return unit(plain_vectors(voices.plain[:, :SIZE]))
