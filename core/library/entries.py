"""What a library keeps of a clip: `Entry`, and of a file that could not be heard: `Failure`."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.analysis import AnalysisOptions
from core.model.engine import EngineInfo
from core.results import Analysis, Array


@dataclass(frozen=True)
class Entry:
    """One analysed clip.

    Attributes:
        key: `entry_key` of the clip, the checkpoint and the settings: the same listening always has the same key.
        analysis: everything one listening gave.
        source: where the clip came from, as a person reads it ("folder/clip.wav"): data, never a path to open.
        speaker, reference: who speaks, and the emotion a person gave the clip; None where nobody said.
        metadata: any further columns, by name; values are text.
        speaker_embedding: (dim,) float32, by a model of voices; None until it is asked for.
        speaker_model: which model that was.
        sound: the clip as Ogg Opus, to be played; empty where sound is not kept.
    """

    key: str
    analysis: Analysis
    source: str
    speaker: str | None = None
    reference: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    speaker_embedding: Array | None = None
    speaker_model: str | None = None
    sound: bytes = b""


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that is no clip: its name, the one sentence that says why, and what was known of it."""

    source: str
    error: str
    metadata: Mapping[str, str] = field(default_factory=dict)


def listening_settings(info: EngineInfo, options: AnalysisOptions) -> dict[str, Any]:
    """What besides clip and weights decides an analysis."""
    return {
        "engine": info.engine,
        "precision": info.precision,
        "window_s": options.window_s,
        "margin_s": options.margin_s,
    }


def entry_key(clip_sha256: str, info: EngineInfo, options: AnalysisOptions = AnalysisOptions()) -> str:
    """Hex SHA-256 of a clip's decoded samples, the checkpoint's id and revision, and the settings of the listening."""
    parts = [
        clip_sha256,
        info.checkpoint.id,
        info.checkpoint.revision,
        json.dumps(listening_settings(info, options), sort_keys=True),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def entry_of(
    analysis: Analysis, source: str, info: EngineInfo, options: AnalysisOptions = AnalysisOptions(), **known: Any
) -> Entry:
    """The entry of one analysis; `known` are further fields of `Entry`."""
    return Entry(entry_key(analysis.sha256, info, options), analysis, source, **known)
