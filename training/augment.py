"""Augmentation on log-mel power, a batch at a time: what changes a voice's recording but not its emotion.

All functions take and give (batch, num_mels, mel_frames) natural-log mel power of samples of variance 1.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from core.model.mel import LOG_FLOOR

LOG_10DB = math.log(10.0)


def augment(features: Tensor, generator: torch.Generator) -> Tensor:
    """Warp, filter, add noise and mask; each clip of the batch gets its own draw."""
    x = warp(features, generator)
    x = equalise(x, generator)
    x = band_limit(x, generator, share=0.1)
    x = add_noise(x, generator, share=0.25)
    x = x + LOG_10DB * 0.3 * _normal(x, generator, (x.shape[0], 1, 1))  # level of a crop against its clip, ±3 dB
    return mask(x.clamp_min(math.log(LOG_FLOOR)), generator)


def warp(x: Tensor, generator: torch.Generator, tempo: float = 0.15, shift_mels: float = 2.5) -> Tensor:
    """Another tempo (the clip is stretched inside its frame count) and a higher or lower voice (mel bins shifted)."""
    batch, mels, frames = x.shape
    speed = 1 + tempo * (2 * torch.rand(batch, generator=generator) - 1)
    shift = shift_mels * (2 * torch.rand(batch, generator=generator) - 1) * 2 / mels
    theta = torch.zeros(batch, 2, 3)
    theta[:, 0, 0] = speed
    theta[:, 1, 1] = 1
    theta[:, 1, 2] = shift
    grid = F.affine_grid(theta, [batch, 1, mels, frames], align_corners=False).to(x.device)
    return F.grid_sample(x.unsqueeze(1), grid, padding_mode="reflection", align_corners=False).squeeze(1)


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


def mask(x: Tensor, generator: torch.Generator, time_masks: int = 1, mel_masks: int = 1) -> Tensor:
    """SpecAugment (Park et al. 2019, arXiv:1904.08779): stretches of time and of frequency set to the clip's mean."""
    batch, mels, frames = x.shape
    hidden = torch.zeros(batch, mels, frames, dtype=torch.bool)
    for _ in range(time_masks):
        hidden |= _stretch(batch, frames, frames // 8, generator).view(batch, 1, frames)
    for _ in range(mel_masks):
        hidden |= _stretch(batch, mels, mels // 8, generator).view(batch, mels, 1)
    return torch.where(hidden.to(x.device), x.mean(dim=(1, 2), keepdim=True), x)


def _stretch(batch: int, size: int, longest: int, generator: torch.Generator) -> Tensor:
    width = torch.randint(0, longest + 1, (batch, 1), generator=generator)
    start = (torch.rand(batch, 1, generator=generator) * (size - width)).long()
    positions = torch.arange(size).view(1, -1)
    return (positions >= start) & (positions < start + width)


def _normal(x: Tensor, generator: torch.Generator, shape: tuple[int, ...]) -> Tensor:
    return _cpu_normal(generator, shape).to(x.device)


def _cpu_normal(generator: torch.Generator, shape: tuple[int, ...]) -> Tensor:
    return torch.randn(shape, generator=generator)
