"""Segments as annotation files, and back: Praat TextGrid, ELAN, Audacity labels, SRT and WebVTT.

Times are kept to a millisecond or finer. What is written is our own labels and numbers; what is read is data from
outside: it becomes `Segment`s or one `ExportError`.
"""

import math
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from core.errors import ExportError, first_line
from core.exports.names import safe_name
from core.results import Segment, SpeakerTurn
from core.text import plain

TIER = "emotion"
SPEAKER_TIER = "speaker"
PROBABILITY_TIER = "probability"
MAX_BYTES = 50_000_000


def audacity(segments: Sequence[Segment], duration_s: float, name: str) -> str:
    """Audacity's label track: start, end in seconds and a label, tab-separated, a line a segment."""
    return "".join(f"{each.start_s:.6f}\t{each.end_s:.6f}\t{each.label}\n" for each in _inside(segments, duration_s))


def textgrid(
    segments: Sequence[Segment], duration_s: float, name: str, turns: Sequence[SpeakerTurn] | None = None
) -> str:
    """A Praat TextGrid in the long text format with the tiers `emotion` and `probability`.

    Where turns are given, which must not overlap, `speaker` is a third.
    """
    from praatio import textgrid as praat
    from praatio.utilities.constants import Interval

    kept = _inside(segments, duration_s)
    grid = praat.Textgrid(0.0, duration_s)
    for tier, text in ((TIER, _label), (PROBABILITY_TIER, _probability)):
        entries = [Interval(each.start_s, each.end_s, text(each)) for each in kept]
        grid.addTier(praat.IntervalTier(tier, entries, 0.0, duration_s))
    if turns is not None:
        entries = [Interval(start_s, end_s, said) for start_s, end_s, said in _spoken(turns, duration_s)]
        grid.addTier(praat.IntervalTier(SPEAKER_TIER, entries, 0.0, duration_s))
    return _through_a_file(
        ".TextGrid", lambda path: grid.save(str(path), format="long_textgrid", includeBlankSpaces=True)
    )


def elan(segments: Sequence[Segment], duration_s: float, name: str, turns: Sequence[SpeakerTurn] | None = None) -> str:
    """An ELAN annotation document with the tiers `emotion` and `probability`; times in milliseconds.

    Where turns are given, `speaker` is a third tier.
    """
    from pympi import Elan

    document = Elan.Eaf(author="EmoScope")
    document.add_linked_file(f"{safe_name(name)}.wav", mimetype="audio/x-wav")
    for tier, text in ((TIER, _label), (PROBABILITY_TIER, _probability)):
        document.add_tier(tier)
        for each in _inside(segments, duration_s):
            start_ms, end_ms = round(1000 * each.start_s), round(1000 * each.end_s)
            if end_ms > start_ms:
                document.add_annotation(tier, start_ms, end_ms, text(each))
    if turns is not None:
        document.add_tier(SPEAKER_TIER)
        for start_s, end_s, said in _spoken(turns, duration_s):
            document.add_annotation(SPEAKER_TIER, round(1000 * start_s), round(1000 * end_s), said)
    document.remove_tier("default")
    return _through_a_file(".eaf", lambda path: document.to_file(str(path)))


def subtitles(segments: Sequence[Segment], duration_s: float, format_: str) -> str:
    """Subtitles that say the emotion and its probability: `format_` is "srt" or "vtt"."""
    import pysubs2

    events = [
        pysubs2.SSAEvent(round(1000 * each.start_s), round(1000 * each.end_s), f"{each.label} {_probability(each)}")
        for each in _inside(segments, duration_s)
    ]
    file = pysubs2.SSAFile()
    file.events = events
    text: str = file.to_string(format_)
    return text


Writer = Callable[[Sequence[Segment], float, str], str]
WRITERS: Mapping[str, tuple[str, Writer]] = {
    "textgrid": (".TextGrid", textgrid),
    "eaf": (".eaf", elan),
    "audacity": (".txt", audacity),
    "srt": (".srt", lambda segments, duration_s, name: subtitles(segments, duration_s, "srt")),
    "vtt": (".vtt", lambda segments, duration_s, name: subtitles(segments, duration_s, "vtt")),
}

# Those that have room for who speaks.
WRITERS_WITH_TURNS = {"textgrid": textgrid, "eaf": elan}


def read_annotations(content: bytes, suffix: str, tier: str = TIER) -> tuple[Segment, ...]:
    """Segments of an annotation file; `probability` is NaN, as a person gives none.

    Args:
        suffix: ".TextGrid", ".eaf" or ".txt" (Audacity labels), in any case.
        tier: which tier to read; where it is not there, the file's first one that holds intervals.

    Raises:
        ExportError: another kind of file, one that cannot be read, or one without a labelled interval.
    """
    readers = {".textgrid": _read_textgrid, ".eaf": _read_elan, ".txt": _read_audacity}
    reader = readers.get(suffix.lower())
    if reader is None:
        raise ExportError(f"{suffix or 'A file without suffix'} is no annotation file; use .TextGrid, .eaf or .txt.")
    if len(content) > MAX_BYTES:
        raise ExportError(f"The annotation file has {len(content):,} bytes; at most {MAX_BYTES:,} are read.")
    try:
        found = reader(content, tier)
    except Exception as error:  # three readers of others' formats raise what they like
        reason = f"{type(error).__name__}: {first_line(error, 150)}"
        raise ExportError(f"The {suffix} file cannot be read ({reason}).") from None
    segments = tuple(sorted((each for each in found if each.label), key=lambda each: each.start_s))
    if not segments:
        raise ExportError(f"The {suffix} file holds no labelled interval.")
    for each in segments:
        if not (math.isfinite(each.start_s) and math.isfinite(each.end_s) and 0 <= each.start_s < each.end_s):
            raise ExportError(f"The {suffix} file has an interval from {each.start_s:g} to {each.end_s:g} s.")
    return segments


def _read_audacity(content: bytes, tier: str) -> list[Segment]:
    segments = []
    for line in content.decode("utf-8-sig").splitlines():
        if not line.strip() or line.startswith("\\"):  # a line with a backslash holds a spectral selection
            continue
        start_s, end_s, label = line.split("\t", 2)
        segments.append(Segment(float(start_s), float(end_s), label.strip(), math.nan))
    return segments


def _read_textgrid(content: bytes, tier: str) -> list[Segment]:
    from praatio import textgrid as praat

    with _as_file(content, ".TextGrid") as path:
        grid = praat.openTextgrid(str(path), includeEmptyIntervals=False, reportingMode="silence",
                                  duplicateNamesMode="rename")  # fmt: skip
    tiers = [each for each in grid.tiers if isinstance(each, praat.IntervalTier)]
    chosen = next((each for each in tiers if each.name == tier), tiers[0] if tiers else None)
    entries = [] if chosen is None else chosen.entries
    return [Segment(float(start), float(end), label.strip(), math.nan) for start, end, label in entries]


def _read_elan(content: bytes, tier: str) -> list[Segment]:
    from pympi import Elan

    with _as_file(content, ".eaf") as path, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of newer versions of the format
        document = Elan.Eaf(str(path), suppress_version_warning=True)
    names = [name for name in document.get_tier_names() if document.get_annotation_data_for_tier(name)]
    chosen = tier if tier in names else next(iter(names), None)
    rows = document.get_annotation_data_for_tier(chosen) if chosen else []
    return [Segment(row[0] / 1000, row[1] / 1000, (row[2] or "").strip(), math.nan) for row in rows]


def _inside(segments: Sequence[Segment], duration_s: float) -> list[Segment]:
    """The segments cut to the recording, without what is shorter than a millisecond then."""
    cut = [
        Segment(max(0.0, each.start_s), min(each.end_s, duration_s), each.label, each.probability) for each in segments
    ]
    return [each for each in cut if each.duration_s >= 0.001]


def _spoken(turns: Sequence[SpeakerTurn], duration_s: float) -> list[tuple[float, float, str]]:
    """Turns cut to the recording, without what is shorter than a millisecond then; names as one printable line."""
    cut = [(max(0.0, turn.start_s), min(turn.end_s, duration_s), plain(turn.speaker)) for turn in turns]
    return [each for each in cut if round(1000 * each[1]) > round(1000 * each[0])]


def _label(segment: Segment) -> str:
    return segment.label


def _probability(segment: Segment) -> str:
    return f"{100 * segment.probability:.0f} %"


def _through_a_file(suffix: str, save: Callable[[Path], object]) -> str:
    """What a library that only writes files would write."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"out{suffix}"
        save(path)
        return path.read_text(encoding="utf-8")


@contextmanager
def _as_file(content: bytes, suffix: str) -> Iterator[Path]:
    """Bytes as a file with a name of ours, for libraries that only read files."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"in{suffix}"
        path.write_bytes(content)
        yield path
