"""Both catalogues say the same things, all of it is used, and nothing is said outside them."""

import ast
import re
import string
from pathlib import Path

import pytest

from core.acoustics.features import FEATURES
from core.audio import decode
from core.curves.smoothing import METHODS
from core.emotions import EMOTION_KEYS
from core.errors import AudioError, SettingsError
from core.exports.timelines import MAKERS
from core.library import FORMATS
from core.projection.mapping import STEPS
from dashboard.compare_group_charts import DRAWINGS as GROUP_DRAWINGS
from dashboard.compare_groups import DESIGNS
from dashboard.compare_view import AXES
from dashboard.compare_view import DRAWINGS as COMPARE_DRAWINGS
from dashboard.compare_view import PARTS as COMPARED_PARTS
from dashboard.compare_view import SCORES as SCORE_DRAWINGS
from dashboard.components.batch_intake import SOURCES as BATCH_SOURCES
from dashboard.components.compare_exports import FORMS
from dashboard.components.compare_measures import MEASURES_SHOWN
from dashboard.components.compare_panel import TABS as COMPARE_TABS
from dashboard.components.compare_player import WORDS as COMPARER_WORDS
from dashboard.components.explorer_map import WORDS as MAP_WORDS
from dashboard.components.explorer_sections import SECTIONS as MAP_SECTIONS
from dashboard.components.explorer_vectors import COMPUTABLE
from dashboard.components.library_truth import TABS as TRUTH_TABS
from dashboard.components.library_truth_cells import SHARES
from dashboard.components.player import WORDS
from dashboard.components.timeline_evidence import STRETCHES
from dashboard.components.timeline_exports import PARTS
from dashboard.components.timeline_panel import TABS
from dashboard.examples import EXAMPLES
from dashboard.explorer_attributes import COMPUTED, OWN
from dashboard.explorer_view import GROUPINGS, METRICS, SPACES
from dashboard.explorer_view import METHODS as METHODS_OF_MAPS
from dashboard.jobs import JobState
from dashboard.language import LANGUAGES, language_of, texts_in
from dashboard.library_view import MATCHES, ORDERED_BY, SECTIONS, SURENESS
from dashboard.listening import Phase
from dashboard.model_host import State
from dashboard.timeline_view import DRAWINGS, ROWS, VALUES

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("dashboard/**/*.py"), *ROOT.glob("pages/*.py")])
# Keys put together from a value: the families, and the values they must cover.
FAMILIES = {
    "state": list(State),
    "progress": list(Phase),
    "granularity": ["utterance", "frame"],
    "example": [example.key for example in EXAMPLES],
    "stage": ["import", "read", "build", "warm-up"],
    "timing": ["decode", "score", "summarise", "total"],
    "engine": [
        "checkpoint",
        "revision",
        "engine",
        "parameters",
        "embedding",
        "device",
        "precision",
        "memory",
        "calibration",
    ],
    "selftest": ["frames", "verdict", "repeatable", "loudness", "windows", "speed"],
    "timeline": ["segments", "reference", "pitch", "level", "of_region", "of_whole", "draw", "values", "smoothing"],
    "timeline.draw": DRAWINGS,
    "timeline.values": VALUES,
    "timeline.smoothing": METHODS,
    "timeline.row": ROWS,
    "timeline.tab": TABS,
    "evidence.stretches": STRETCHES,
    "export": PARTS,
    "export.kind": MAKERS,
    "player": WORDS,
    "explorer.attribute": [*OWN, *COMPUTED],
    "explorer.compute": COMPUTABLE,
    "explorer.missing": COMPUTABLE,
    "explorer.feature": [name for name in FEATURES if not name.startswith("mfcc")],
    "explorer.mfcc": ["mean", "sd"],
    "explorer.filter": ["labels", "references", "speakers", "tags", "text", "meta"],
    "explorer.grouping": GROUPINGS,
    "explorer.level": ["high", "low"],
    "explorer.made": ["emotion", "other"],
    "explorer.map": MAP_WORDS,
    "explorer.method": METHODS_OF_MAPS,
    "explorer.metric": METRICS,
    "explorer.section": MAP_SECTIONS,
    "explorer.space": SPACES,
    "explorer.step": [
        *STEPS,
        "reading",
        "describing",
        "grouping",
        "measuring",
        "fitting",
        "loading",
        "vectors",
        "listening",
    ],
    "explorer.task": ["map", "clusters", "trust", "stability", "confounds", "probe", "vectors", "guest"],
    "explorer.trusted": ["well", "fairly", "badly"],
    "truth.tab": TRUTH_TABS,
    "truth.figure": ["uar", "accuracy"],
    "truth.help": ["uar", "accuracy", "accept", "keep"],
    "truth.decide": ["accept", "keep"],
    "truth.drawn": ["speakers", "clips"],
    "truth.alt": ["cell", "emotions", "speakers", "errors"],
    "truth.column": SHARES,
    "library": ["labels", "speakers", "tags", "references", "checkpoints", "match", "sure"],
    "library.section": SECTIONS,
    "library.by": ORDERED_BY,
    "library.match": MATCHES,
    "library.sure": SURENESS,
    "library.form": FORMATS,
    "library.to": ["compare", "explorer"],
    "batch.source": BATCH_SOURCES,
    "batch.upload": ["files", "folder"],
    "jobs.state": list(JobState),
    "jobs.again": ["go_on", "retry", "failed"],
    "compare": ["pitch", "level", "is_same_sound", "differs", "within_noise"],
    "compare.part": COMPARED_PARTS,
    "compare.axis": AXES,
    "compare.along": AXES,
    "compare.draw": COMPARE_DRAWINGS,
    "compare.scores": SCORE_DRAWINGS,
    "compare.tab": COMPARE_TABS,
    "compare.measure": MEASURES_SHOWN,
    "compare.export": FORMS,
    "comparer": COMPARER_WORDS,
    "groups": ["speakers", "references", "tags", "more", "chance", "higher", "lower"],
    "groups.design": DESIGNS,
    "groups.how": DESIGNS[1:],
    "groups.draw": GROUP_DRAWINGS,
    "groups.unit": ["speakers", "clips"],
}
# Of these, the ones whose first part is put together too.
NESTED = {"timeline.draw", "timeline.values", "timeline.smoothing", "library.match", "library.sure"}
# Of Streamlit's calls, those whose first argument is read by people.
SPEAKING = {
    "title", "header", "subheader", "markdown", "caption", "text", "write", "button", "download_button", "selectbox",
    "segmented_control", "file_uploader", "audio_input", "toggle", "checkbox", "radio", "expander", "popover", "info",
    "warning", "error", "success", "metric", "badge", "progress", "spinner", "status", "toast", "tabs", "code",
}  # fmt: skip


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def catalogue(language: str) -> dict[str, str]:
    return dict(texts_in(language)._catalogue)


def test_catalogues_have_the_same_keys_in_the_same_order() -> None:
    assert list(catalogue("en")) == list(catalogue("zh"))


def test_translations_take_the_same_values_and_none_is_empty() -> None:
    english, chinese = catalogue("en"), catalogue("zh")
    assert {key: placeholders(text) for key, text in english.items()} == {
        key: placeholders(text) for key, text in chinese.items()
    }
    assert all(text.strip() for text in [*english.values(), *chinese.values()])


def test_chinese_is_chinese() -> None:
    same = {key for key, text in catalogue("zh").items() if not re.search(r"[\u4e00-\u9fff]", text)}
    signs = {"unit.megabytes", "list.verdict", "chart.decibel", "fetch.so_far", "fetch.rate", "timeline.arc_at"}
    signs |= {"timeline.region_says", "evidence.stays", "explorer.comma", "groups.and", "library.option"}
    signs |= {"library.unsure_label"}
    signs |= {
        "library.section_count",
        "library.right_short",
        "library.gigabytes",
        "library.kilobytes",
        "batch.title_one",
    }
    names = {"timeline.smoothing.savitzky-golay", "reference.uar", "export.kind.textgrid", "export.kind.eaf"}
    assert same <= signs | names


def test_every_key_the_code_names_exists_and_every_key_is_named() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    asked_for = set(re.findall(r"""\b(?:texts|self)\(\s*["']([a-z_]+\.[a-z_.-]+)["']""", code))
    families = {f"{family}.{member}" for family, members in FAMILIES.items() for member in members}
    keys = set(catalogue("en"))
    assert asked_for | families <= keys
    assert keys - literals() - families == {f"said.{key}" for key in sentences_of_core()}


def sentences_of_core() -> dict[str, str]:
    """Every sentence that is said by its key, anywhere in the code: its English template."""
    found: dict[str, str] = {}
    for path in [*SOURCES, *ROOT.glob("core/**/*.py")]:
        code = path.read_text(encoding="utf-8")
        if "from core.said import said" not in code:
            continue
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "said":
                key, template = (ast.literal_eval(part) for part in node.args)
                assert found.setdefault(key, template) == template, f"{path.name}: {key} is said in two ways"
                assert placeholders(template) == {word.arg for word in node.keywords}, f"{path.name}: {key}"
    return found


def test_the_catalogue_has_the_very_sentences_that_core_says() -> None:
    english = catalogue("en")
    assert {f"said.{key}": template for key, template in sentences_of_core().items()} == {
        key: text for key, text in english.items() if key.startswith("said.")
    }


def test_a_sentence_of_core_is_worded_in_the_pages_language_with_what_was_filled_in() -> None:
    with pytest.raises(AudioError) as refusal:
        decode(b"%PDF-1.7 of another kind", name="<b>{x}.pdf")
    sentence = str(refusal.value)
    assert sentence.startswith("'<b>{x}.pdf' is a PDF document, not a sound file; accepted are wav")
    assert texts_in("zh").worded(sentence).startswith("'<b>{x}.pdf' 是 PDF 文档，不是音频文件；可接受：wav")
    assert texts_in("en").worded(sentence) == sentence
    assert texts_in("zh").worded("Another's sentence.") == "Another's sentence."


def literals() -> set[str]:
    """Every string written out in the sources."""
    nodes = [node for path in SOURCES for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_every_family_is_really_put_together_in_the_code() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    put_together = re.findall(r'texts\(f"([a-z.]+)\.\{', code) + re.findall(r'texts\.named\("([a-z.]+)"', code)
    assert set(FAMILIES) - NESTED == set(put_together)


def test_a_step_the_catalogues_do_not_know_is_called_by_its_own_name() -> None:
    assert texts_in("zh").named("timing", "score") == "聆听"
    assert texts_in("zh").named("timing", "polish") == "polish"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_said_outside_the_catalogues(path: Path) -> None:
    """No call of Streamlit's that shows words is given a literal with letters in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and speaks(node.func):
            shown = [*node.args[:1], *(word.value for word in node.keywords if word.arg in ("label", "help", "body"))]
            for part in shown:
                assert not has_words(part), f"{path.name}:{part.lineno} shows {ast.unparse(part)}"


def speaks(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id == "st"
        and function.attr in SPEAKING
    )


def has_words(node: ast.AST) -> bool:
    """Whether an expression is, or is put together with, a literal that holds letters (a command is not words)."""
    if isinstance(node, ast.JoinedStr):
        return any(has_words(part) for part in node.values if isinstance(part, ast.Constant))
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.search(r"[^\W\d_]", node.value) is not None
        and not node.value.startswith("emoscope ")
    )


def test_the_check_above_sees_literals() -> None:
    assert has_words(ast.parse("'Hello'", mode="eval").body) and has_words(ast.parse("f'{n} clips'", mode="eval").body)
    assert not has_words(ast.parse("texts('clip.title')", mode="eval").body)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_verdict_has_a_name_in_both_languages(language: str) -> None:
    texts = texts_in(language)
    for key in EMOTION_KEYS:
        assert {texts.emotion(key), texts.other_emotion(key)} == {
            texts_in("en").emotion(key),
            texts_in("zh").emotion(key),
        }


@pytest.mark.parametrize(
    ("locale", "language"),
    [("zh-CN", "zh"), ("zh_TW", "zh"), ("ZH", "zh"), ("en-GB", "en"), ("de-DE", "en"), ("", "en"), (None, "en")],
)
def test_a_browser_is_greeted_in_its_language_or_in_english(locale: str | None, language: str) -> None:
    assert language_of(locale) == language


def test_an_unknown_language_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match=r"no language '\.\./x'; use one of en, zh"):
        texts_in("../x")


@pytest.mark.parametrize(
    ("seconds", "spoken"), [(0.1, "0.10 s"), (59.994, "59.99 s"), (60, "1:00"), (187, "3:07"), (3765, "1:02:45")]
)
def test_durations_are_written_as_people_write_them(seconds: float, spoken: str) -> None:
    assert texts_in("en").duration(seconds) == spoken
