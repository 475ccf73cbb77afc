"""Turns as RTTM, the Rich Transcription Time Marked format of NIST's evaluations (RT-09 evaluation plan, appendix A).

A line a turn, ten fields with a space between them:

    SPEAKER <file> <channel> <begin, s> <duration, s> <NA> <NA> <speaker> <NA> <NA>

A field holds no space, so names from outside are written with `_` for what is neither a letter, a digit, `-` nor `.`.
"""

import unicodedata
from collections.abc import Iterable, Sequence

from core.exports.names import safe_name
from core.results import SpeakerTurn

CHANNEL = 1
NOTHING = "<NA>"


def rttm(turns: Sequence[SpeakerTurn], name: str) -> str:
    """The lines of a recording called `name`, in order of time, milliseconds exact; turns of no length are left out."""
    file = safe_name(name)
    fields = speaker_fields(turn.speaker for turn in turns)
    lines = [
        f"SPEAKER {file} {CHANNEL} {turn.start_s:.3f} {turn.duration_s:.3f} {NOTHING} {NOTHING} "
        f"{fields[turn.speaker]} {NOTHING} {NOTHING}\n"
        for turn in sorted(turns, key=lambda turn: (turn.start_s, turn.end_s))
        if turn.duration_s >= 0.0005
    ]
    return "".join(lines)


def speaker_fields(names: Iterable[str]) -> dict[str, str]:
    """What each name is written as; two that would be written alike are numbered."""
    written: dict[str, str] = {}
    for name in dict.fromkeys(names):
        field = wanted = _field(name)
        number = 2
        while field in written.values():
            field, number = f"{wanted}_{number}", number + 1
        written[name] = field
    return written


def _field(name: str) -> str:
    kept = "".join(
        c if unicodedata.category(c)[0] in "LMN" or c in "-." else "_" for c in unicodedata.normalize("NFKC", name)
    )
    return kept[:80].strip("_") or "speaker"
