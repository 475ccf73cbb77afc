"""The report: what is said in it, and the template that says it."""

import base64
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from core.acoustics import SpeechActivity
from core.audio.opus import opus_bytes
from core.checkpoints.registry import find
from core.clock import clock
from core.curves import Moment, Structure, frames_within, top_moments
from core.emotions import EMOTION_KEYS, emotion
from core.exports.report.figure import PIXELS, figure_json
from core.exports.report.rendering import render
from core.exports.report.words import Words
from core.exports.tables import Frames
from core.results import SAMPLE_RATE_HZ, Analysis, Segment, Waveform
from core.text import plain

MAX_SOUND_S = 3 * 3600.0  # 32 MB of Opus, 43 MB in the file: what browsers still open at once
TOP_MOMENTS = 6
MAX_CHANGES = 24  # of the arc, told one by one; how many more there are is said


@dataclass(frozen=True)
class _Part:
    """What a report is about: the whole recording, or a region of it as if it were one.

    Attributes:
        analysis: of the frames that lie in it; times begin at 0.
        start_s, end_s: where it lies in the recording.
    """

    analysis: Analysis
    structure: Structure
    start_s: float
    end_s: float


def html_report(
    analysis: Analysis,
    structure: Structure,
    frames: Frames,
    *,
    region_s: tuple[float, float] | None = None,
    waveform: Waveform | None = None,
    smoothing: str = "none",
    smoothing_s: float = 0.0,
    language: str = "en",
    at: datetime | None = None,
) -> bytes:
    """One HTML file with everything in it; a browser that opens it fetches nothing from anywhere.

    Args:
        structure, frames: of the part that is reported.
        region_s: that part; None is the whole recording. Verdict, scores and evidence are then the region's own.
        waveform: the recording, for its sound and outline; sound longer than MAX_SOUND_S is left out, and the report
            says so.
        language: "en" or "zh".

    Raises:
        ExportError: an unknown language.
    """
    words = Words(language)
    part = _part(analysis, structure, region_s)
    sound = _cut(waveform, part)
    figure = figure_json(frames, structure.segments, sound, (part.start_s, part.end_s), words)
    return render(
        "report.html",
        words=words,
        name=plain(analysis.name),
        verdict=_verdict(part.analysis, words),
        region=_region_line(analysis, part, region_s, words),
        scores=_scores(part.analysis, words),
        arc=_arc(structure, words),
        evidence=_evidence(part, words),
        led=_led(structure, words),
        changes=_changes(structure, words),
        volatility=f"{structure.volatility:.2f}",
        facts=_facts(analysis, structure, (smoothing, smoothing_s), at or datetime.now(), words),
        sound=_sound(sound),
        no_sound=_why_no_sound(sound, words),
        drawn=_drawn(frames, part, words),
        figure=figure | {"start_s": part.start_s},
    )


def figure_html(
    analysis: Analysis,
    structure: Structure,
    frames: Frames,
    *,
    region_s: tuple[float, float] | None = None,
    waveform: Waveform | None = None,
    language: str = "en",
) -> bytes:
    """The figure of `html_report` alone, as one HTML file; arguments and errors as there."""
    words = Words(language)
    part = _part(analysis, structure, region_s)
    figure = figure_json(frames, structure.segments, _cut(waveform, part), (part.start_s, part.end_s), words)
    return render(
        "figure.html",
        words=words,
        name=plain(analysis.name),
        drawn=_drawn(frames, part, words),
        figure=figure | {"start_s": part.start_s},
    )


def _part(analysis: Analysis, structure: Structure, region_s: tuple[float, float] | None) -> _Part:
    if region_s is None:
        return _Part(analysis, structure, 0.0, analysis.duration_s)
    start_s, end_s = max(0.0, region_s[0]), min(region_s[1], analysis.duration_s)
    inside = frames_within(analysis, *region_s)
    offset_s = float(analysis.frame_times_s[inside][0] - analysis.frame_times_s[0])
    own = replace(analysis, frame_logits=analysis.frame_logits[inside], duration_s=end_s - start_s)
    return _Part(own, _moved(structure, -offset_s), start_s, end_s)


def _moved(structure: Structure, by_s: float) -> Structure:
    segments = tuple(replace(each, start_s=each.start_s + by_s, end_s=each.end_s + by_s) for each in structure.segments)
    speech = structure.speech
    if speech is not None:
        spans_s = tuple((start + by_s, end + by_s) for start, end in speech.spans_s)
        speech = SpeechActivity(spans_s, speech.duration_s, speech.detector)
    return replace(structure, segments=segments, speech=speech)


def _cut(waveform: Waveform | None, part: _Part) -> Waveform | None:
    if waveform is None:
        return None
    first, end = (round(edge * SAMPLE_RATE_HZ) for edge in (part.start_s, part.end_s))
    return replace(waveform, samples=waveform.samples[first:end])


def _verdict(analysis: Analysis, words: Words) -> dict[str, Any]:
    said = [(words.emotions[each.label], f"{100 * each.score:.1f} %") for each in analysis.candidates]
    calibration = analysis.checkpoint.calibration
    unsure = words("unsure", threshold=f"{100 * calibration.unsure_below:.0f}") if calibration else ""
    colours = [emotion(each.label).colour for each in analysis.candidates]
    return {"said": said, "unsure": unsure if analysis.unsure else "", "colour": colours[0]}


def _region_line(analysis: Analysis, part: _Part, region_s: tuple[float, float] | None, words: Words) -> str:
    if region_s is None:
        return ""
    edges = {"start": clock(part.start_s), "end": clock(part.end_s), "whole": clock(analysis.duration_s)}
    return words("region", **edges)


def _scores(analysis: Analysis, words: Words) -> list[dict[str, Any]]:
    rows = []
    for key in sorted(EMOTION_KEYS, key=lambda key: -analysis.scores[key]):
        missing = "cannot_say" if key in analysis.unsayable else "left_out" if key in analysis.left_out else ""
        logit = "" if missing else f"{analysis.logits[analysis.labels.index(key)]:+.3f}"
        rows.append(
            {
                "name": words.emotions[key],
                "colour": emotion(key).colour,
                "percent": f"{100 * analysis.scores[key]:.1f}",
                "logit": logit,
                "missing": words(missing) if missing else "",
            }
        )
    return rows


def _arc(structure: Structure, words: Words) -> str:
    if not structure.arc:
        return words("no_speech")
    first, *others = structure.arc
    told = [words("arc_at", label=words.emotions[each.label], time=clock(each.start_s)) for each in others]
    arc = " → ".join([words.emotions[first.label], *told[:MAX_CHANGES]])
    more = len(told) - MAX_CHANGES
    return words("arc_more", arc=arc, count=more) if more > 0 else arc


def _evidence(part: _Part, words: Words) -> dict[str, Any]:
    """The sum, and the stretches that speak most for the verdict, each with the verdict without it."""
    analysis = part.analysis
    label, others = analysis.label, analysis.ranking[1:]
    segments = _told_apart(part.structure.segments)
    found = top_moments(analysis, label, segments, TOP_MOMENTS, speech=part.structure.speech)
    rows = [_moment_row(each, part, words) for each in found]
    return {"title": words("evidence", label=words.emotions[label]), "sum": _sum(analysis, words) if others else "",
            "rows": rows}  # fmt: skip


def _told_apart(segments: tuple[Segment, ...]) -> tuple[Segment, ...] | None:
    """One segment is the whole verdict: half seconds say more then."""
    return segments if len(segments) > 1 else None


def _sum(analysis: Analysis, words: Words) -> str:
    label, against = analysis.ranking[0].label, analysis.ranking[1].label
    own, other = (float(analysis.logits[analysis.labels.index(each)]) for each in (label, against))
    return words(
        "evidence_sum",
        logit=f"{own:+.3f}",
        count=len(analysis.frame_logits),
        against=words.emotions[against],
        difference=f"{abs(own - other):.3f}",
        side=words("ahead" if own >= other else "behind"),
    )


def _moment_row(moment: Moment, part: _Part, words: Words) -> dict[str, Any]:
    start_s, end_s = (min(part.start_s + max(0.0, edge), part.end_s) for edge in (moment.start_s, moment.end_s))
    said = f"{words.emotions[moment.label_without]} {100 * moment.without[moment.label_without]:.0f} %"
    return {
        "span": f"{clock(start_s)} – {clock(end_s)}",
        "adds": f"{moment.contribution:+.3f}",
        "without": said,
        "changed": moment.label_without != part.analysis.label,
        "from_s": round(start_s - part.start_s, 3),
        "to_s": round(end_s - part.start_s, 3),
    }


def _led(structure: Structure, words: Words) -> list[tuple[str, str, str]]:
    rows = sorted(((s, words.emotions[label]) for label, s in structure.seconds.items() if s > 0), reverse=True)
    rows += [(structure.silence_s, words("silence"))] if structure.silence_s >= 0.005 else []
    whole_s = max(structure.duration_s, 1e-9)
    return [(name, f"{seconds:.2f}", f"{100 * seconds / whole_s:.0f} %") for seconds, name in rows]


def _changes(structure: Structure, words: Words) -> list[tuple[str, int]]:
    counts = structure.transitions
    found = [(int(counts[i, j]), i, j) for i, j in zip(*counts.nonzero(), strict=True)]
    names = [words.emotions[label] for label in structure.labels]
    ranked = sorted(found, key=lambda each: (-each[0], each[1], each[2]))
    return [(words("from_to", before=names[i], after=names[j]), count) for count, i, j in ranked]


def _facts(
    analysis: Analysis, structure: Structure, smoothing: tuple[str, float], at: datetime, words: Words
) -> list[tuple[str, str]]:
    """Settings and origin, a line each."""
    checkpoint = analysis.checkpoint
    known = find(checkpoint.id)
    smoothed = words("over", method=words(smoothing[0]), seconds=f"{smoothing[1]:g}")
    facts = {
        "recording": plain(analysis.name),
        "duration": f"{analysis.duration_s:.3f} s",
        "identity": analysis.sha256,
        "checkpoint": f"{plain(checkpoint.id)} ({checkpoint.revision})",
        "licence": known.licence if known else words("licence_unknown"),
        "calibration": _calibration(analysis, words),
        "engine": f"{analysis.engine} · {analysis.device} · {analysis.precision}",
        "smoothing": words("none") if smoothing[0] == "none" else smoothed,
        "min_segment": f"{structure.min_segment_s:g} s",
        "speech": structure.speech.detector if structure.speech else words("speech_not_asked"),
        "made": f"{at:%Y-%m-%d %H:%M} · EmoScope {version_text()}",
    }
    return [(words(key), value) for key, value in facts.items()]


def _calibration(analysis: Analysis, words: Words) -> str:
    found = analysis.checkpoint.calibration
    if found is None:
        return words("uncalibrated")
    return words("calibrated", temperature=f"{found.temperature:g}", threshold=f"{100 * found.unsure_below:.0f}")


def _sound(sound: Waveform | None) -> str:
    """The sound as the value of `src`, or nothing."""
    if sound is None or sound.duration_s > MAX_SOUND_S:
        return ""
    return "data:audio/ogg;base64," + base64.b64encode(opus_bytes(sound)).decode()


def _drawn(frames: Frames, part: _Part, words: Words) -> str:
    """What the figure leaves out: nothing, or what lies between the extremes of each column."""
    column_s = (part.end_s - part.start_s) / PIXELS
    is_whole = len(frames.times_s) <= 2 * PIXELS
    said = words("drawn_all") if is_whole else words("drawn_extremes", seconds=f"{column_s:.2f}")
    return said if frames.speech is None else said + words("grey")


def _why_no_sound(sound: Waveform | None, words: Words) -> str:
    if sound is None:
        return words("no_sound", reason=words("sound_not_given"))
    if sound.duration_s > MAX_SOUND_S:
        return words("no_sound", reason=words("sound_too_long", limit=clock(MAX_SOUND_S)))
    return ""


def version_text() -> str:
    """EmoScope's version, or nothing where it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("emoscope")
    except PackageNotFoundError:
        return ""
