"""The HTML report: one file that holds the figure, the sound and the evidence, and runs nothing from outside."""

import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from core.acoustics import speech_activity
from core.analysis import analyze
from core.audio import decode
from core.curves import Structure, contributions, frames_within, region, structure_of, top_moments
from core.errors import ExportError
from core.exports.report import page as report
from core.exports.report.figure import PIXELS
from core.exports.report.rendering import json_for_html
from core.exports.report.words import _CATALOGUES
from core.exports.timelines import MAKERS, ExportOptions
from core.model import open_engine
from core.results import SAMPLE_RATE_HZ, Analysis, Waveform
from core.settings import Settings
from dashboard.examples import EXAMPLES

Heard = tuple[Analysis, Waveform, Structure]


class Reader(HTMLParser):
    """The elements of a page, their attributes, and the text of each kind of element."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "i"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._open and data.strip():
            self.texts.setdefault(self._open[-1], []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def said(self) -> str:
        return " ".join(text for tag, texts in self.texts.items() if tag not in ("script", "style") for text in texts)

    @property
    def figure(self) -> dict:
        return json.loads(self.texts["script"][0])


@pytest.fixture(scope="module")
def heard() -> Heard:
    waveform = decode(EXAMPLES[0].path)
    analysis = analyze(waveform, open_engine("bundled", Settings()))
    return analysis, waveform, structure_of(analysis, 0.5, speech_activity(waveform))


def written(heard: Heard, kind: str = "html", **options: object) -> Reader:
    analysis, waveform, structure = heard
    wanted = ExportOptions(**({"waveform": waveform} | options))  # type: ignore[arg-type]
    return Reader(MAKERS[kind][1](analysis, structure, wanted))


def test_the_curves_in_it_are_the_analysis(heard: Heard) -> None:
    analysis, _, structure = heard
    drawn = {trace.get("name"): trace for trace in written(heard).figure["data"]}
    spoken = structure.speech.mask(analysis.frame_times_s)
    for column, label in enumerate(analysis.labels):
        trace = next(trace for name, trace in drawn.items() if name and label in name)
        assert trace["x"] == pytest.approx(analysis.frame_times_s, abs=1e-4)
        values = np.array([np.nan if y is None else y for y in trace["y"]])
        assert values[spoken] == pytest.approx(100 * analysis.frame_probabilities[spoken, column], abs=0.006)
        assert np.isnan(values[~spoken]).all()


def test_what_the_curves_leave_out_of_a_long_recording_is_said(heard: Heard) -> None:
    """Twenty minutes of the clip over and over: extremes of each column are drawn, and a few changes told."""
    analysis, waveform, _ = heard
    times = 60_000 // len(analysis.frame_logits) + 1
    logits = np.tile(analysis.frame_logits, (times, 1))
    long = replace(analysis, frame_logits=logits, duration_s=len(logits) / 50)
    structure = structure_of(long, 0.2)
    page = written((long, waveform, structure), waveform=None)
    seconds = f"{long.duration_s / PIXELS:.2f}"
    assert f"Of each {seconds} s the curves hold the lowest and the highest value" in page.said
    assert all(len(trace["x"]) <= 2 * PIXELS for trace in page.figure["data"][:-1])
    more = len(structure.arc) - 1 - report.MAX_CHANGES
    assert more > 0 and f"… and {more} more changes" in page.said and page.said.count(" → ") < 200
    assert "hold every frame, 50 a second" in written(heard).said


def test_the_figure_alone_is_the_reports(heard: Heard) -> None:
    for region_s in (None, (1.0, 3.0)):
        alone, whole = (written(heard, kind, region_s=region_s) for kind in ("figure", "html"))
        assert alone.figure == whole.figure
        assert not alone.all("audio") and not alone.all("button") and len(alone.all("script")) == 3
        policies = [[each for each in page.all("meta") if "http-equiv" in each] for page in (alone, whole)]
        assert policies[0] == policies[1]
    assert "曲线包含每一帧" in written(heard, "figure", language="zh").said


def test_the_sound_in_it_is_the_clip(heard: Heard) -> None:
    waveform = heard[1]
    source = written(heard).all("audio")[0]["src"]
    kind, data = source.split(",", 1)
    assert kind == "data:audio/ogg;base64"
    again = decode(base64.b64decode(data)).samples
    assert abs(len(again) - waveform.num_samples) <= 320
    shared = min(len(again), waveform.num_samples)
    assert np.corrcoef(again[:shared], waveform.samples[:shared])[0, 1] > 0.9


def test_verdict_evidence_and_origin_are_said(heard: Heard) -> None:
    analysis, _, structure = heard
    page = written(heard)
    assert analysis.sha256 in page.said and analysis.checkpoint.revision in page.said and "CC BY-NC-SA 4.0" in page.said
    for entry in analysis.candidates:
        assert f"{100 * entry.score:.1f} %" in page.said
    moments = top_moments(analysis, analysis.label, structure.segments, report.TOP_MOMENTS, speech=structure.speech)
    assert moments and len(page.all("button")) == len(moments)
    for moment, button in zip(moments, page.all("button"), strict=True):
        assert f"{moment.contribution:+.3f}" in page.said
        assert float(button["data-from"]) == pytest.approx(max(0, moment.start_s), abs=1e-3)
    assert f"{structure.volatility:.2f}" in page.said


def test_a_regions_report_is_about_the_region_alone(heard: Heard) -> None:
    analysis = heard[0]
    page = written(heard, region_s=(1.0, 3.0))
    scores = region(analysis, 1.0, 3.0)
    assert f"{100 * max(scores.values()):.1f} %" in page.said
    start_s, end_s = page.figure["layout"]["xaxis"]["range"]
    assert (start_s, end_s, page.figure["start_s"]) == (1.0, 3.0, 1.0)
    sound = decode(base64.b64decode(page.all("audio")[0]["src"].split(",", 1)[1]))
    assert sound.duration_s == pytest.approx(2.0, abs=0.02)
    inside = frames_within(analysis, 1.0, 3.0)
    assert f"{int(inside.sum())} frame logits" in page.said
    best = max(scores, key=lambda label: scores[label])
    own = contributions(analysis, best)[inside].sum() * len(inside) / inside.sum()
    assert f"{own:+.3f}" in page.said
    assert all(0 <= float(button["data-from"]) < float(button["data-to"]) <= 2.0 for button in page.all("button"))


def test_nothing_is_fetched_and_only_its_own_scripts_may_run(heard: Heard) -> None:
    page = written(heard)
    policy = next(meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'") and "unsafe-eval" not in policy
    assert "unsafe-inline" not in policy.split("style-src")[0]
    assert policy.count("'sha256-") == 2
    for _, attributes in page.elements:
        for name in ("src", "href", "srcset", "action"):
            assert (attributes.get(name) or "data:").startswith("data:")


HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(2)>\"'\u2028\u202e{{ 7 * 7 }}{% raw %}\x00.wav"


@pytest.mark.parametrize("kind", ["html", "figure"])
def test_a_hostile_name_is_only_shown(heard: Heard, kind: str) -> None:
    analysis, waveform, structure = heard
    bad = replace(analysis, name=HOSTILE, checkpoint=replace(analysis.checkpoint, id="</script><b>"))
    page = written((bad, waveform, structure), kind)
    tags = [tag for tag, _ in written(heard, kind).elements]
    assert [tag for tag, _ in page.elements] == tags
    assert "<script>alert(1)</script>" in page.said and "{{ 7 * 7 }}" in page.said
    assert "\u202e" not in page.said and "\\u202e" in page.said


def test_json_for_html_cannot_end_its_element() -> None:
    values = {"</script><!--": ["\u2028&<>", 1.5]}
    text = json_for_html(values)
    assert json.loads(text) == values and not re.search("[<>&\u2028]", text)


def test_without_sound_and_with_too_long_a_sound_it_says_so(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = written(heard, waveform=None)
    assert not silent.all("audio") and not silent.all("button") and "not given" in silent.said
    monkeypatch.setattr(report, "MAX_SOUND_S", 1.0)
    long = written(heard)
    assert not long.all("audio") and "longer than 0:01.0" in long.said


def test_it_speaks_chinese_and_no_unknown_language(heard: Heard) -> None:
    page = written(heard, language="zh")
    assert page.all("html")[0]["lang"] == "zh-CN" and "这段声音的情绪" in page.said and "Verdict" not in page.said
    with pytest.raises(ExportError, match="no report in 'xx'; there are en, zh"):
        written(heard, language="xx")


def test_both_languages_say_the_same_things() -> None:
    english, chinese = (_CATALOGUES[language] for language in ("en", "zh"))
    assert list(english) == list(chinese)
    for key, text in english.items():
        assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", chinese[key])), key


def test_silence_and_a_tiny_clip_have_a_report() -> None:
    tone = Waveform((0.1 * np.sin(np.arange(0.2 * SAMPLE_RATE_HZ) / 5)).astype(np.float32), "short.wav")
    analysis = analyze(tone, open_engine("bundled", Settings()))
    structure = structure_of(analysis, 0.5, speech_activity(tone))
    page = Reader(MAKERS["html"][1](analysis, structure, ExportOptions(waveform=tone)))
    assert "short.wav" in page.said and page.all("audio")


def test_it_is_written_beside_the_others(heard: Heard, tmp_path: Path) -> None:
    from core.exports.timelines import write_timeline

    analysis, waveform, structure = heard
    folder = write_timeline(analysis, structure, ["html"], tmp_path, options=ExportOptions(waveform=waveform))
    assert (folder / "report.html").read_bytes().startswith(b"<!doctype html>")
