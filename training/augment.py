"""Augmentation of features, a batch at a time: what changes a voice's recording but not its emotion.

Unless they say otherwise, functions take and give (batch, num_mels, mel_frames) natural-log mel power of samples of
variance 1.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core.model.mel import LOG_FLOOR

LOG_10DB = math.log(10.0)


@dataclass(frozen=True, slots=True)
class Voices:
    """How far a clip is made another speaker's.

    Attributes:
        shift_mels: the furthest that the mel spectrogram is moved, in its bins: a shorter or longer vocal tract.
        shift_pitches: the furthest that periodicity is moved, in its bins: a higher or lower voice.
        restyle_share: of strongly changed clips, those that take on the long-term spectrum of another clip.
        strong_share: of clips, those that are changed strongly.
    """

    shift_mels: float = 2.5
    shift_pitches: float = 7.0
    restyle_share: float = 0.15
    strong_share: float = 1.0


def augment(features: Tensor, generator: torch.Generator, voices: Voices = Voices()) -> Tensor:
    """Change each clip of the batch by a draw of its own: some strongly, the others lightly.

    Light is another tempo and voice, half as far, and one mask each way. Strong adds another clip's long-term
    spectrum, another frequency response, a narrow band, noise and another level, none of them by much.

    Args:
        features: (batch, pictures, num_mels, mel_frames) of `MelNetwork.features`.
    """
    if voices.strong_share in (0, 1):
        change = _strongly if voices.strong_share else _lightly
        return change(features, generator, voices)
    light, strong = _lightly(features, generator, voices), _strongly(features, generator, voices)
    chosen = torch.rand(len(features), 1, 1, 1, generator=generator) < voices.strong_share
    return torch.where(chosen.to(features.device), strong, light)


def _lightly(features: Tensor, generator: torch.Generator, voices: Voices) -> Tensor:
    speed = _tempo(len(features), generator, 0.08)
    mels = warp(features[:, :1], speed, generator, furthest=voices.shift_mels / 2).squeeze(1)
    pitches = warp(features[:, 1:], speed, generator, furthest=voices.shift_pitches / 2)
    hidden = hidden_times(mels, generator)
    pitches = pitches.masked_fill(hidden.unsqueeze(1), 0.0)
    return torch.cat([mask(mels, hidden, generator).unsqueeze(1), pitches], dim=1)


def _strongly(features: Tensor, generator: torch.Generator, voices: Voices) -> Tensor:
    speed = _tempo(len(features), generator, 0.15)
    mels = warp(features[:, :1], speed, generator, furthest=voices.shift_mels)
    x = restyle(mels.squeeze(1), generator, voices.restyle_share)
    x = equalise(x, generator, spread_db=2.0)
    x = band_limit(x, generator, share=0.05)
    noisy = add_noise(x, generator, share=0.1)
    hidden = hidden_times(noisy, generator)
    pitches = warp(features[:, 1:], speed, generator, furthest=voices.shift_pitches)
    pitches = pitches * (x.exp().sum(dim=1, keepdim=True) / noisy.exp().sum(dim=1, keepdim=True)).unsqueeze(1)
    pitches = pitches.masked_fill(hidden.unsqueeze(1), 0.0)
    x = noisy + LOG_10DB * 0.15 * _normal(x, generator, (x.shape[0], 1, 1))  # level against the clip, ±1.5 dB
    x = mask(x.clamp_min(math.log(LOG_FLOOR)), hidden, generator)
    return torch.cat([x.unsqueeze(1), pitches], dim=1)


def _tempo(batch: int, generator: torch.Generator, spread: float) -> Tensor:
    return 1 + spread * (2 * torch.rand(batch, generator=generator) - 1)


def warp(pictures: Tensor, speed: Tensor, generator: torch.Generator, furthest: float) -> Tensor:
    """Another tempo (the clip is stretched inside its frame count) and a higher or lower voice (bins shifted)."""
    batch, count, bins, frames = pictures.shape
    if count == 0:
        return pictures
    shift = furthest * (2 * torch.rand(batch, generator=generator) - 1) * 2 / bins
    theta = torch.zeros(batch, 2, 3)
    theta[:, 0, 0] = speed
    theta[:, 1, 1] = 1
    theta[:, 1, 2] = shift
    grid = F.affine_grid(theta, [batch, 1, bins, frames], align_corners=False).to(pictures.device)
    return F.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)


def restyle(x: Tensor, generator: torch.Generator, share: float, sharpness: float = 0.4) -> Tensor:
    """Some clips take on, in part, the long-term spectrum of another voice of the batch; the emotion stays their own.

    MixStyle (Zhou et al. 2021, arXiv:2104.02008) on the mean and deviation over time of each mel bin.
    """
    batch = x.shape[0]
    mean, deviation = x.mean(dim=2, keepdim=True), x.std(dim=2, keepdim=True) + 0.1
    other = torch.randperm(batch, generator=generator)
    kept = _beta(sharpness, (batch, 1, 1), generator)
    kept = torch.where(torch.rand(batch, 1, 1, generator=generator) < share, kept, torch.ones(())).to(x.device)
    scale = kept * deviation + (1 - kept) * deviation[other]
    return (x - mean) / deviation * scale + kept * mean + (1 - kept) * mean[other]


def equalise(x: Tensor, generator: torch.Generator, spread_db: float = 4.0) -> Tensor:
    """A random smooth frequency response, as microphones and rooms have."""
    knots = spread_db / 10 * LOG_10DB * 0.5 * _normal(x, generator, (x.shape[0], 1, 6))
    return x + F.interpolate(knots, size=x.shape[1], mode="linear", align_corners=True).transpose(1, 2)


def band_limit(x: Tensor, generator: torch.Generator, share: float) -> Tensor:
    """Telephone and narrow-band codecs: some clips have nothing above a cut (nor below 300 Hz, half the time)."""
    batch, mels, _ = x.shape
    cut = torch.randint(int(mels * 0.66), mels, (batch, 1, 1), generator=generator)
    low = torch.randint(0, int(mels * 0.17), (batch, 1, 1), generator=generator)
    low = low * (torch.rand(batch, 1, 1, generator=generator) < 0.5)
    bins = torch.arange(mels).view(1, -1, 1)
    gone = ((bins > cut) | (bins < low)) & (torch.rand(batch, 1, 1, generator=generator) < share)
    return x.masked_fill(gone.to(x.device), math.log(LOG_FLOOR))


def add_noise(x: Tensor, generator: torch.Generator, share: float) -> Tensor:
    """Stationary coloured noise at 0–25 dB SNR (of the whole clip), added as power."""
    batch, mels, frames = x.shape
    level_db = -25 * torch.rand(batch, 1, 1, generator=generator)
    slope = torch.linspace(-1, 1, mels).view(1, -1, 1) * _cpu_normal(generator, (batch, 1, 1))
    jitter = 0.4 * _cpu_normal(generator, (batch, mels, frames))
    signal = x.exp().mean(dim=(1, 2), keepdim=True).log()
    noise = signal + (level_db / 10 * LOG_10DB + slope + jitter).to(x.device)
    chosen = (torch.rand(batch, 1, 1, generator=generator) < share).to(x.device)
    return torch.where(chosen, torch.logaddexp(x, noise), x)


def hidden_times(x: Tensor, generator: torch.Generator) -> Tensor:
    """(batch, 1, frames) bool: one stretch a clip, up to an eighth of it, that nothing is heard of."""
    batch, _, frames = x.shape
    return _stretch(batch, frames, frames // 8, generator).view(batch, 1, frames).to(x.device)


def mask(x: Tensor, hidden: Tensor, generator: torch.Generator) -> Tensor:
    """SpecAugment (Park et al. 2019, arXiv:1904.08779): stretches of time and of frequency set to the clip's mean."""
    batch, mels, _ = x.shape
    hidden = hidden | _stretch(batch, mels, mels // 8, generator).view(batch, mels, 1).to(x.device)
    return torch.where(hidden, x.mean(dim=(1, 2), keepdim=True), x)


def _stretch(batch: int, size: int, longest: int, generator: torch.Generator) -> Tensor:
    width = torch.randint(0, longest + 1, (batch, 1), generator=generator)
    start = (torch.rand(batch, 1, generator=generator) * (size - width)).long()
    positions = torch.arange(size).view(1, -1)
    return (positions >= start) & (positions < start + width)


def _beta(sharpness: float, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Beta(sharpness, sharpness), by Jöhnk's method on the seeded generator; the gamma sampler takes none."""
    u = torch.rand(64, *shape, generator=generator).pow(1 / sharpness)
    v = torch.rand(64, *shape, generator=generator).pow(1 / sharpness)
    accepted = ((u + v) <= 1).int().argmax(dim=0, keepdim=True)
    u, v = u.gather(0, accepted)[0], v.gather(0, accepted)[0]
    return u / (u + v).clamp_min(1e-12)


def _normal(x: Tensor, generator: torch.Generator, shape: tuple[int, ...]) -> Tensor:
    return _cpu_normal(generator, shape).to(x.device)


def _cpu_normal(generator: torch.Generator, shape: tuple[int, ...]) -> Tensor:
    return torch.randn(shape, generator=generator)
