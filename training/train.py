"""`python -m training.train --data DIR --out DIR`: from a manifest of labelled clips to a checkpoint folder.

Seeded and resumable; splits are by speaker. `--fold K` holds that fold's speakers out and reports on them, without it
every clip is learnt. The schedule follows `--epochs`, or the clock with `--minutes`.
"""

import argparse
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.emotions import EMOTION_KEYS
from core.memory import keep_freed_memory
from core.model.mel import HOP_SAMPLES, MelConfig, MelNetwork
from core.model.network import Emotion2vec
from core.results import SAMPLE_RATE_HZ, Array
from core.settings import available_cores
from training import networks
from training.augment import Voices, augment
from training.data import Clip, Samples, cached_features, cached_samples, read_manifest, speaker_folds
from training.scoring import summary

Network = MelNetwork | Emotion2vec
VOICES = ((-1, -3), (1, 3))  # that a trained mel network hears each clip as, beside its own


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that shapes a run beside the data; kept in `training.json` beside the weights."""

    network: str = "mel"
    epochs: int = 36
    minutes: float = 0.0
    batch_size: int = 20
    peak_rate: float = 2e-3
    weight_decay: float = 0.02
    label_smoothing: float = 0.05
    mixup: float = 0.3
    mixup_share: float = 0.2  # of batches
    average_decay: float = 0.998
    crop_min_s: float = 0.8  # crop lengths are log-uniform
    crop_max_s: float = 6.0
    joined_share: float = 0.2  # of batches: two crops end to end, each half with its own label
    embed_dim: int = 96
    num_blocks: int = 2
    stem_channels: int = 32
    dropout: float = 0.1
    periodicity: int = 1
    shift_mels: float = 2.5
    shift_pitches: float = 7.0  # of 21 an octave
    strong_share: float = 1.0  # of clips: those that are changed strongly
    restyle_share: float = 0.15  # of these: MixStyle
    speech_share: float = 0.75  # of crops: those that begin and end within the speech of a clip
    bfloat16: int = 1  # autocast of the encoder: 1.5 times as fast where the processor has it
    seed: int = 1


class Batches:
    """Draws crops so that corpora and classes are balanced half-way (weights ∝ 1/√count)."""

    def __init__(self, clips: Sequence[Clip], samples: Samples, indices: Sequence[int], recipe: Recipe) -> None:
        self.samples, self.recipe = samples, recipe
        self.indices = np.asarray(indices)
        self.speech = [speech_range(samples.clip(i), samples.rate_hz) for i in indices]
        self.labels = np.array([EMOTION_KEYS.index(clips[i].emotion) for i in indices])
        corpora = Counter(clips[i].corpus for i in indices)
        cells = Counter((clips[i].corpus, clips[i].emotion) for i in indices)
        weights = np.array(
            [corpora[clips[i].corpus] ** -0.5 * cells[clips[i].corpus, clips[i].emotion] ** -0.5 for i in indices]
        )
        self.weights = weights / weights.sum()

    @property
    def num_steps(self) -> int:
        return math.ceil(len(self.indices) / self.recipe.batch_size)

    def draw(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """One crop length a batch: (batch, num_steps, …) float32 of `Samples` and (batch, parts) labels.

        `parts` is 1, or 2 for joined crops: the halves of the samples then come of two clips, end to end.
        """
        recipe, rate_hz = self.recipe, self.samples.rate_hz
        shortest, longest = math.log(recipe.crop_min_s), math.log(recipe.crop_max_s)
        length = int(math.exp(rng.uniform(shortest, longest)) * rate_hz)
        joined = length >= 2 * recipe.crop_min_s * rate_hz and rng.random() < recipe.joined_share
        parts = [self._part(length // (1 + joined), rng) for _ in range(1 + joined)]
        samples = np.concatenate([samples for samples, _ in parts], axis=1)
        return torch.from_numpy(samples), torch.from_numpy(np.stack([labels for _, labels in parts], axis=1))

    def _part(self, length: int, rng: np.random.Generator) -> tuple[Array, Array]:
        chosen = rng.choice(len(self.indices), self.recipe.batch_size, p=self.weights)
        crops = []
        for i in chosen:
            clip = self.samples.clip(int(self.indices[i]))
            within = self.speech[i] if rng.random() < self.recipe.speech_share else slice(None)
            crops.append(self._crop(clip[within], length, rng))
        return np.stack(crops), self.labels[chosen]

    @staticmethod
    def _crop(samples: Array, length: int, rng: np.random.Generator) -> Array:
        if samples.shape[0] <= length:
            return np.resize(samples, (length, *samples.shape[1:]))  # a short clip is said again
        start = int(rng.integers(0, samples.shape[0] - length + 1))
        return samples[start : start + length]


def speech_range(clip: Array, rate_hz: int, margin_s: float = 0.25) -> slice:
    """From the first to the last loud step of a clip and a little more: some corpora begin and end in silence.

    Loud is within 25 dB of the 95th percentile. `clip` is (num_steps,) samples or (num_steps, pictures · num_mels)
    features, whose first half (or all, where there is one picture) is log-mel power.
    """
    power = np.square(clip) if clip.ndim == 1 else np.exp(clip[:, : MelConfig().num_mels]).mean(axis=1)
    loud = np.flatnonzero(power >= 10**-2.5 * np.quantile(power, 0.95))
    margin = int(margin_s * rate_hz)
    return slice(max(0, int(loud[0]) - margin), int(loud[-1]) + 1 + margin)


class Run:
    """A network in training: weights, their running average, optimiser and random state."""

    def __init__(self, recipe: Recipe, seen: set[str], device: str) -> None:
        self.recipe, self.device = recipe, device
        self.voices = Voices(recipe.shift_mels, recipe.shift_pitches, recipe.restyle_share, recipe.strong_share)
        self.generator = networks.seed_everything(recipe.seed)
        self.rng = np.random.default_rng(recipe.seed)
        self.configuration = _configuration(recipe)
        self.network = networks.build(self.configuration, len(EMOTION_KEYS)).to(device)
        if isinstance(self.network, MelNetwork):
            self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), recipe.peak_rate, weight_decay=recipe.weight_decay, betas=(0.9, 0.98)
        )
        never = [key not in seen for key in EMOTION_KEYS]
        self.never = torch.tensor(never, device=device)
        self.epoch = 0
        self.seconds = 0.0
        self.steps = 0

    @property
    def progress(self) -> float:
        by_epoch = self.epoch / self.recipe.epochs
        return min(1.0, self.seconds / (60 * self.recipe.minutes) if self.recipe.minutes else by_epoch)

    def step(self, samples: Tensor, labels: Tensor, progress: float) -> float:
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.peak_rate * rate_factor(progress)
        self.network.train()
        loss = self._loss(samples.to(self.device), labels.to(self.device))
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 2.0)
        self.optimiser.step()
        self.steps += 1
        self._update_average()
        return float(loss.detach())

    def _loss(self, samples: Tensor, labels: Tensor) -> Tensor:
        """Cross-entropy of each part's mean frame logits; crops of one part may be mixed with one another."""
        mixes = labels.shape[1] == 1 and self.rng.random() < self.recipe.mixup_share
        share = float(self.rng.beta(self.recipe.mixup, self.recipe.mixup)) if mixes else 1.0
        partner = torch.randperm(len(labels), generator=self.generator)
        if isinstance(self.network, MelNetwork):
            num_mels = self.network.config.num_mels
            pictures = samples.view(*samples.shape[:2], -1, num_mels).permute(0, 2, 3, 1)
            features = augment(pictures, self.generator, self.voices)
            mixed = share * features + (1 - share) * features[partner]
        else:
            mixed = share * samples + (1 - share) * samples[partner]
        with torch.autocast(self.device, torch.bfloat16, enabled=bool(self.recipe.bfloat16)):
            frames = self.network.encode(mixed) if isinstance(self.network, MelNetwork) else self.network(mixed)
        logits = self.network.proj(F.dropout(frames.float(), self.recipe.dropout))
        logits = logits.masked_fill(self.never, -1e4)
        # A tempo change keeps the middle where it is, so that the halves of a joined crop stay halves.
        parts = torch.stack([part.mean(dim=1) for part in logits.tensor_split(labels.shape[1], dim=1)], dim=1)
        first = self._cross_entropy(parts, labels)
        return first if share == 1 else share * first + (1 - share) * self._cross_entropy(parts, labels[partner])

    def _cross_entropy(self, parts: Tensor, labels: Tensor) -> Tensor:
        smoothing = self.recipe.label_smoothing
        return smoothed_cross_entropy(parts.flatten(0, 1), labels.flatten(), smoothing, ~self.never)

    def _update_average(self) -> None:
        decay = min(self.recipe.average_decay, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                if value.dtype.is_floating_point:
                    self.average[name].lerp_(value, 1 - decay)
                else:
                    self.average[name].copy_(value)

    def averaged(self) -> Network:
        network = networks.build(self.configuration, len(EMOTION_KEYS)).to(self.device)
        network.load_state_dict(self.average)
        return network.eval()

    def state(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "generator": self.generator.get_state(),
            "torch": torch.get_rng_state(),
            "rng": json.dumps(self.rng.bit_generator.state),
            "counters": [self.epoch, self.steps, self.seconds],
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.average = state["average"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.generator.set_state(state["generator"])
        torch.set_rng_state(state["torch"])
        self.rng.bit_generator.state = json.loads(state["rng"])
        self.epoch, self.steps, self.seconds = (
            int(state["counters"][0]),
            int(state["counters"][1]),
            state["counters"][2],
        )


def rate_factor(progress: float, warm_up: float = 0.08) -> float:
    """Linear warm-up, then a cosine to 1 % of the peak rate."""
    if progress < warm_up:
        return 0.05 + 0.95 * progress / warm_up
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up)))


def smoothed_cross_entropy(logits: Tensor, labels: Tensor, smoothing: float, sayable: Tensor) -> Tensor:
    """Cross-entropy with label smoothing spread over the sayable classes only."""
    log_probabilities = logits.log_softmax(dim=-1)
    target = F.one_hot(labels, logits.shape[-1]).float() * (1 - smoothing)
    target = target + smoothing * sayable / sayable.sum()
    return -(target * log_probabilities.masked_fill(~sayable, 0)).sum(dim=-1).mean()


def _configuration(recipe: Recipe) -> dict[str, Any]:
    if recipe.network == "emotion2vec":
        return networks.emotion2vec_configuration(recipe.embed_dim, 4, 2, recipe.num_blocks - 2, channels=64)
    return networks.mel_configuration(
        embed_dim=recipe.embed_dim,
        num_blocks=recipe.num_blocks,
        stem_channels=recipe.stem_channels,
        dropout=recipe.dropout,
        periodicity=bool(recipe.periodicity),
        voices=VOICES if recipe.periodicity else (),
    )


@torch.inference_mode()
def said_by(network: Network, samples: Samples, indices: Sequence[int], never: Tensor) -> list[str]:
    """The label said of each whole clip: argmax of the mean frame logits."""
    said = []
    for index in indices:
        frames = network(torch.from_numpy(samples.clip(int(index))[None]).to(never.device))
        logits = network.proj(frames).mean(dim=1)[0].masked_fill(never, -math.inf)
        said.append(EMOTION_KEYS[int(logits.argmax())])
    return said


def train(
    data: Path, out: Path, recipe: Recipe, fold: int | None, cache: Path, resume: bool, report_every: int
) -> None:
    """Train, report every few epochs on held-out speakers, and write the folder."""
    clips, samples = cached_samples(data, read_manifest(data / "manifest.csv"), cache)
    folds = speaker_folds(clips)
    learnt = [i for i, clip in enumerate(clips) if fold is None or folds[clip.speaker] != fold]
    held_out = [i for i, clip in enumerate(clips) if fold is not None and folds[clip.speaker] == fold]
    seen = {clips[i].emotion for i in learnt}
    run = Run(recipe, seen, "cuda" if torch.cuda.is_available() else "cpu")
    batches = Batches(clips, _heard(run.network, samples, cache), learnt, recipe)
    out.mkdir(parents=True, exist_ok=True)
    state_path = out / "state.pt"
    if resume and state_path.exists():
        run.restore(torch.load(state_path, weights_only=True))
    print(f"{networks.num_parameters(run.network):,} parameters, {len(learnt)} clips to learn", file=sys.stderr)
    while run.progress < 1:
        line = _epoch(run, batches)
        if held_out and (run.epoch % report_every == 0 or run.progress >= 1):
            said = said_by(run.averaged(), samples, held_out, run.never)
            line["held_out"] = summary([clips[i] for i in held_out], said)
        _report(line, out / "log.jsonl")
        torch.save(run.state(), state_path.with_suffix(".partial"))
        state_path.with_suffix(".partial").replace(state_path)
    network = run.averaged()
    tensors = networks.hub_tensors(network, dict(network.state_dict()))
    networks.save_folder(out, run.configuration, tensors, networks.tokens_of(seen))
    facts: dict[str, Any] = {
        "recipe": {name: getattr(recipe, name) for name in Recipe.__slots__},
        "fold": fold,
        "clips": len(learnt),
    }
    facts |= {
        "epochs": run.epoch,
        "minutes": round(run.seconds / 60, 1),
        "parameters": networks.num_parameters(network),
    }
    (out / "training.json").write_text(json.dumps(facts, indent=1) + "\n")


def _heard(network: Network, samples: Samples, cache: Path) -> Samples:
    """What the network's trained part hears: samples, or the features made of them, once for all epochs."""
    if not isinstance(network, MelNetwork):
        return samples
    config = network.config

    @torch.inference_mode()
    def features(clip: Array) -> Array:
        """(num_samples,) → (mel_frames, pictures · num_mels)."""
        pictures = network.features(torch.from_numpy(clip[None]))[0]
        made: Array = pictures.flatten(0, 1).T.numpy()
        return made

    kind = f"mel{config.num_mels}-{config.low_hz:g}-{config.high_hz:g}{'-periodicity' * config.periodicity}"
    return cached_features(samples, features, SAMPLE_RATE_HZ // HOP_SAMPLES, kind, cache)


def _epoch(run: Run, batches: Batches) -> dict[str, Any]:
    losses, begun, before = [], time.perf_counter(), run.seconds
    for step in range(batches.num_steps):
        in_epoch = step / batches.num_steps
        progress = run.progress if run.recipe.minutes else (run.epoch + in_epoch) / run.recipe.epochs
        if progress >= 1:
            break
        losses.append(run.step(*batches.draw(run.rng), progress))
        run.seconds = before + time.perf_counter() - begun
    run.epoch += 1
    return {"epoch": run.epoch, "seconds": round(run.seconds), "loss": round(float(np.mean(losses)), 4)}


def _report(line: dict[str, Any], path: Path) -> None:
    with path.open("a") as log:
        log.write(json.dumps(line) + "\n")
    held_out = line.get("held_out")
    figures = {name: value["uar"] for name, value in held_out["corpus"].items()} if held_out else ""
    print(f"epoch {line['epoch']} · {line['seconds']} s · loss {line['loss']:.3f} {figures}", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv and the clips")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint folder to write")
    parser.add_argument("--fold", type=int, choices=range(5), help="hold out this fold's speakers")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="where decoded samples are kept")
    parser.add_argument("--decode-only", action="store_true", help="fill the cache and stop")
    parser.add_argument("--resume", action="store_true", help="go on from OUT/state.pt")
    parser.add_argument("--report-every", type=int, default=5, help="epochs between looks at held-out speakers")
    parser.add_argument("--threads", type=int, default=available_cores())
    for name in Recipe.__slots__:
        default = getattr(Recipe(), name)
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    options = parser.parse_args(arguments)
    keep_freed_memory()
    torch.set_num_threads(options.threads)
    recipe = Recipe(**{name: getattr(options, name) for name in Recipe.__slots__})
    if options.decode_only:
        _, samples = cached_samples(options.data, read_manifest(options.data / "manifest.csv"), options.cache)
        _heard(networks.build(_configuration(recipe), len(EMOTION_KEYS)), samples, options.cache)
        return
    train(options.data, options.out, recipe, options.fold, options.cache, options.resume, options.report_every)


if __name__ == "__main__":
    main()
