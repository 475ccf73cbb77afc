"""Clips, labels and speakers: the manifest, speaker folds, and a cache of decoded samples."""

import csv
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.emotions import EMOTION_KEYS
from core.errors import AudioError
from core.results import SAMPLE_RATE_HZ, Array
from core.windows import mean_and_variance

NUM_FOLDS = 5
NORM_EPS = 1e-5


@dataclass(frozen=True, slots=True)
class Clip:
    """A row of the manifest."""

    file: str
    corpus: str
    speaker: str
    gender: str
    language: str
    emotion: str
    duration_s: float


def read_manifest(path: Path) -> list[Clip]:
    """The clips of a `manifest.csv` (file, corpus, speaker, gender, language, emotion, …, duration_s).

    Raises `ValueError` for a missing column or an emotion that is none of the nine.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    clips = []
    for row in rows:
        if row["emotion"] not in EMOTION_KEYS:
            raise ValueError(f"{path.name}: {row['file']} is labelled {row['emotion']!r}, none of the nine emotions")
        clips.append(
            Clip(
                row["file"],
                row["corpus"],
                row["speaker"],
                row.get("gender", ""),
                row.get("language", ""),
                row["emotion"],
                float(row.get("duration_s") or 0),
            )
        )
    return clips


def speaker_folds(clips: Iterable[Clip], num_folds: int = NUM_FOLDS) -> dict[str, int]:
    """A fold for each speaker, so that each corpus is spread evenly and no speaker stands in two.

    Within a corpus the speakers of each gender are dealt out in an order fixed by their name's hash.
    """
    speakers = sorted({(clip.corpus, clip.gender, clip.speaker) for clip in clips})
    speakers.sort(key=lambda s: (s[0], s[1], hashlib.sha256(s[2].encode()).hexdigest()))
    folds: dict[str, int] = {}
    dealt: dict[str, int] = {}
    for corpus, _gender, speaker in speakers:
        position = dealt.get(corpus, 0)
        folds[speaker] = position % num_folds
        dealt[corpus] = position + 1
    return folds


def of_fold(clips: Sequence[Clip], fold: int) -> list[Clip]:
    """The clips of one fold's speakers, who are held out when that fold's twin learns."""
    folds = speaker_folds(clips)
    return [clip for clip in clips if folds[clip.speaker] == fold]


def write_folds(folds: dict[str, int], path: Path) -> None:
    path.write_text(json.dumps(dict(sorted(folds.items())), indent=1) + "\n")


@dataclass(frozen=True, slots=True)
class Samples:
    """What a network hears of each clip, in one memory-mapped array with time as its first axis.

    Attributes:
        values: float16; clip i is values[starts[i]:starts[i + 1]]. Either (total_samples,), decoded and
            layer-normalised to mean 0 and variance 1, or (total_frames, pictures · num_mels), the features a mel
            network makes of them.
        rate_hz: steps of the first axis a second.
    """

    values: Array
    starts: Array
    rate_hz: int = SAMPLE_RATE_HZ

    def clip(self, index: int) -> Array:
        """(num_steps, …) float32."""
        view: Array = self.values[self.starts[index] : self.starts[index + 1]]
        return view.astype(np.float32)

    def length(self, index: int) -> int:
        return int(self.starts[index + 1] - self.starts[index])


def normalised(samples: Array) -> Array:
    """Layer norm over the whole clip, as emotion2vec's input: (num_samples,) float32."""
    mean, variance = mean_and_variance(samples)
    out: Array = ((samples - mean) / np.sqrt(variance + NORM_EPS)).astype(np.float32)
    return out


def cached_samples(data: Path, clips: Sequence[Clip], cache: Path) -> tuple[list[Clip], Samples]:
    """Decode every clip once into `cache`; later runs map the file. Clips that cannot be decoded are left out."""
    key = hashlib.sha256("\n".join(f"{clip.file} {clip.duration_s}" for clip in clips).encode()).hexdigest()[:16]
    values_path, index_path = cache / f"{key}.f16", cache / f"{key}.json"
    if not index_path.exists():
        _fill_cache(data, clips, values_path, index_path)
    index = json.loads(index_path.read_text())
    kept = [clips[i] for i in index["kept"]]
    values = np.memmap(values_path, dtype=np.float16, mode="r")
    return kept, Samples(values, np.array(index["starts"]))


def cached_features(
    samples: Samples, features: Callable[[Array], Array], rate_hz: int, kind: str, cache: Path
) -> Samples:
    """What `features` makes of each clip, kept in `cache` under `kind`; (num_samples,) → (num_frames, width)."""
    starts_key = hashlib.sha256(samples.starts.tobytes()).hexdigest()[:16]
    values_path, index_path = cache / f"{starts_key}-{kind}.f16", cache / f"{starts_key}-{kind}.json"
    if not index_path.exists():
        starts, width = [0], 0
        partial = values_path.with_suffix(f".{os.getpid()}.partial")
        with partial.open("wb") as out:
            for index in range(len(samples.starts) - 1):
                made = features(samples.clip(index)).astype(np.float16)
                out.write(made.tobytes())
                width = made.shape[1]
                starts.append(starts[-1] + made.shape[0])
        partial.replace(values_path)
        index_path.write_text(json.dumps({"starts": starts, "width": width}))
    index = json.loads(index_path.read_text())
    values = np.memmap(values_path, dtype=np.float16, mode="r").reshape(-1, index["width"])
    return Samples(values, np.array(index["starts"]), rate_hz)


def _fill_cache(data: Path, clips: Sequence[Clip], values_path: Path, index_path: Path) -> None:
    values_path.parent.mkdir(parents=True, exist_ok=True)
    kept, starts = [], [0]
    with values_path.open("wb") as out, ThreadPoolExecutor(2) as pool:
        for i, samples in enumerate(pool.map(lambda clip: _decode(data, clip), clips)):
            if samples is not None:
                out.write(samples.astype(np.float16).tobytes())
                kept.append(i)
                starts.append(starts[-1] + samples.shape[0])
            if (i + 1) % 500 == 0:
                print(f"decoded {i + 1} of {len(clips)} clips", file=sys.stderr)
    index_path.write_text(json.dumps({"kept": kept, "starts": starts}))


def _decode(data: Path, clip: Clip) -> Array | None:
    from core import audio  # only when the cache has to be filled

    try:
        return normalised(audio.decode(data / clip.file).samples)
    except AudioError as error:
        print(f"left out: {error}", file=sys.stderr)
        return None
