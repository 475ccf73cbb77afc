"""Conversations with known turns, joined from clips of people who never met."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from core.audio import decode
from core.results import SAMPLE_RATE_HZ, Array, SpeakerTurn, Waveform
from training.data import Clip

DURATION_S = 120.0
CLIPS_A_TURN = (1, 4)
PAUSE_WITHIN_S, PAUSE_BETWEEN_S = (0.1, 0.4), (0.1, 0.6)
EDGE_DB = 35.0  # below a clip's loudest 20 ms: what is quieter at its edges is cut off
NOISE_DB = -60.0  # of the room, root mean square below full scale


@dataclass(frozen=True)
class JoinedConversation:
    """A recording and its true turns, one a clip: pauses between clips are nobody's, those within a clip its
    speaker's."""

    waveform: Waveform
    turns: tuple[SpeakerTurn, ...]


def join_conversation(data: Path, clips: Sequence[Clip], rng: np.random.Generator) -> JoinedConversation:
    """Two minutes of turns by the speakers of `clips`; nobody follows themselves, and no clip comes twice.

    Shorter where the clips do not last.
    """
    left = {speaker: [c for c in clips if c.speaker == speaker] for speaker in sorted({c.speaker for c in clips})}
    for own in left.values():
        rng.shuffle(own)  # type: ignore[arg-type]  # a list is shuffled in place, too
    sound: list[Array] = []
    turns: list[SpeakerTurn] = []
    at, speaker = 0, ""
    while at < DURATION_S * SAMPLE_RATE_HZ:
        others = [name for name in left if left[name] and (name != speaker or len(left) == 1)]
        if not others:
            break
        speaker = str(rng.choice(others))
        for _ in range(min(int(rng.integers(CLIPS_A_TURN[0], CLIPS_A_TURN[1] + 1)), len(left[speaker]))):
            spoken = trimmed(decode(data / left[speaker].pop().file).samples)
            turns.append(SpeakerTurn(at / SAMPLE_RATE_HZ, (at + len(spoken)) / SAMPLE_RATE_HZ, speaker))
            pause = np.zeros(int(rng.uniform(*PAUSE_WITHIN_S) * SAMPLE_RATE_HZ), np.float32)
            sound += [spoken, pause]
            at += len(spoken) + len(pause)
        gap = np.zeros(int((rng.uniform(*PAUSE_BETWEEN_S) - PAUSE_WITHIN_S[0]) * SAMPLE_RATE_HZ), np.float32)
        sound.append(gap)
        at += len(gap)
    joined = np.concatenate(sound)
    joined = joined + (10 ** (NOISE_DB / 20) * rng.standard_normal(len(joined))).astype(np.float32)
    return JoinedConversation(Waveform(joined.astype(np.float32), "conversation"), tuple(turns))


def trimmed(samples: Array) -> Array:
    """A clip without the quiet at its edges, by level alone: not by what finds speech later."""
    step = SAMPLE_RATE_HZ // 50
    power = np.square(samples[: len(samples) // step * step], dtype=np.float64).reshape(-1, step).mean(axis=1)
    loud = np.flatnonzero(power > power.max() * 10 ** (-EDGE_DB / 10))
    return samples[loud[0] * step : (loud[-1] + 1) * step]


def changes_of(turns: Sequence[SpeakerTurn]) -> int:
    """How often the word passes from one to another."""
    return sum(one.speaker != other.speaker for one, other in pairwise(turns))
