"""The words on screen: one catalogue a language, a file for each room; every visible string by its key."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from core.emotions import emotion
from core.errors import SettingsError
from core.said import Said

LOCALE_DIR = Path(__file__).parent / "locale"
LANGUAGES: dict[str, str] = {"en": "English", "zh": "中文"}  # each named in itself
DEFAULT_LANGUAGE = "en"


class Texts:
    """A language's catalogue. `texts("clip.title")` is a sentence; values named in braces are filled in."""

    def __init__(self, language: str, catalogue: Mapping[str, str]) -> None:
        self.language = language
        self._catalogue = catalogue

    def __call__(self, key: str, /, **values: object) -> str:
        """`KeyError` for a key the catalogue lacks, or a value its sentence wants."""
        return self._catalogue[key].format(**values) if values else self._catalogue[key]

    def named(self, family: str, name: str) -> str:
        """What the catalogue calls one of a family, such as an engine's stages; where it is new, its own name."""
        return self._catalogue.get(f"{family}.{name}", name)

    def worded(self, sentence: str) -> str:
        """A sentence of core's in this language; one that has no key, or none the catalogue knows, as it came."""
        if not isinstance(sentence, Said) or (template := self._catalogue.get(f"said.{sentence.key}")) is None:
            return sentence
        values = {
            name: self.worded(value) if isinstance(value, str) else value for name, value in sentence.values.items()
        }
        return template.format(**values)

    def emotion(self, key: str) -> str:
        """The emotion's name in this language."""
        return emotion(key).chinese if self.language == "zh" else emotion(key).english.capitalize()

    def other_emotion(self, key: str) -> str:
        """The emotion's name in the other language: a verdict is always said in both."""
        return emotion(key).english.capitalize() if self.language == "zh" else emotion(key).chinese

    def duration(self, seconds: float) -> str:
        """`2.41 s`, `3:07`, `1:02:45`."""
        if seconds < 60:
            return self("unit.seconds", seconds=f"{seconds:.2f}")
        return clock(seconds)


def clock(seconds: float) -> str:
    """`0:07`, `3:07`, `1:02:45`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


@cache
def texts_in(language: str) -> Texts:
    """The catalogue of `language`; `SettingsError` where there is none."""
    if language not in LANGUAGES:
        raise SettingsError(f"There is no language {language!r}; use one of {', '.join(LANGUAGES)}.")
    catalogue: dict[str, str] = {}
    for file in sorted((LOCALE_DIR / language).glob("*.json")):
        catalogue |= json.loads(file.read_text(encoding="utf-8"))
    return Texts(language, catalogue)


def language_of(locale: str | None) -> str:
    """The language to greet a browser with, from its locale such as `zh-CN` or `de`."""
    base = (locale or "").replace("_", "-").split("-")[0].lower()
    return base if base in LANGUAGES else DEFAULT_LANGUAGE
