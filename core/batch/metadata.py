"""What is known of clips beside their sound: columns of a CSV, and a speaker read from the name."""

import csv
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from core.emotions import EMOTION_KEYS, key_of_token
from core.errors import SettingsError, first_line

FILE_COLUMNS = ("file", "path", "filename", "file_name")
REFERENCE_COLUMNS = ("reference", "emotion", "label")
SPEAKER_COLUMN = "speaker"
SAME_EMOTION = {
    "anger": "angry",
    "disgust": "disgusted",
    "fear": "fearful",
    "happiness": "happy",
    "joy": "happy",
    "sadness": "sad",
    "surprise": "surprised",
}  # the nouns that corpora use; what is only near one of the nine ("calm", "bored") stays what it is
MAX_NAME_CHARACTERS = 1000
PATTERN_TIMEOUT_S = 0.25
MAX_PATTERN_CHARACTERS, MAX_REPETITIONS = 500, 10_000


@dataclass(frozen=True, slots=True)
class Known:
    """What a person said of one clip."""

    speaker: str | None = None
    reference: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


NOTHING = Known()


class Columns:
    """Reads rows of one CSV: which column is which, and what could not be understood."""

    def __init__(self, names: list[str], title: str) -> None:
        lowered = {name.strip().lower(): name for name in reversed(names)}
        self.title = title
        self.file = next((lowered[name] for name in FILE_COLUMNS if name in lowered), None)
        self._speaker = lowered.get(SPEAKER_COLUMN)
        self._reference = next((lowered[name] for name in REFERENCE_COLUMNS if name in lowered), None)
        self._not_emotions: Counter[str] = Counter()

    def known(self, row: Mapping[str, str]) -> Known:
        """A row's speaker and reference; every other column, and an emotion that is none of the nine, is metadata."""
        metadata = {
            name: value for name, value in row.items() if value and name not in (self.file, self._speaker) and name
        }
        reference = None
        if self._reference in metadata:
            reference = emotion_of(metadata[self._reference])
            if reference is None:
                self._not_emotions[metadata[self._reference]] += 1
            else:
                del metadata[self._reference]
        return Known(row.get(self._speaker or "") or None, reference, metadata)

    def notes(self) -> list[str]:
        """One sentence where the reference column held words that are none of the nine emotions."""
        if not self._not_emotions:
            return []
        common = ", ".join(f"{word!r} ({count})" for word, count in self._not_emotions.most_common(5))
        more = ", …" if len(self._not_emotions) > 5 else ""
        return [
            f"The column {self._reference!r} of {self.title} says {common}{more}: none of the nine emotions "
            f"({', '.join(EMOTION_KEYS)}), so it is kept as metadata."
        ]


def emotion_of(word: str) -> str | None:
    """The key of the emotion that `word` names in English, Chinese or as a noun; None for any other."""
    word = word.strip().lower()
    try:
        return key_of_token(SAME_EMOTION.get(word, word))
    except ValueError:
        return word if word in EMOTION_KEYS else None


class Table:
    """A CSV (comma, semicolon or tab; UTF-8) whose rows are read anew each time.

    Raises `SettingsError` for a file that cannot be read, or has no column `file`, `path` or `filename`.
    """

    def __init__(self, path: Path) -> None:
        self._path, self.title = path, path.name
        try:
            with self._open() as file:
                self._delimiter = max(",;\t", key=file.readline().count)
                file.seek(0)
                self._names = list(csv.DictReader(file, delimiter=self._delimiter).fieldnames or ())
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise SettingsError(f"{self.title!r} cannot be read as a CSV in UTF-8 ({first_line(error)}).") from None
        if self.columns().file is None:
            raise SettingsError(
                f"{self.title!r} has no column for the clips' files; name one of its columns "
                f"{', '.join(FILE_COLUMNS[:3])}."
            )

    def columns(self) -> Columns:
        """Which column is which."""
        return Columns(self._names, self.title)

    def rows(self) -> Iterator[dict[str, str]]:
        """Each row by column; `SettingsError` where it cannot be read on."""
        line = 1
        try:
            with self._open() as file:
                reader = csv.DictReader(file, delimiter=self._delimiter, restval="")
                for row in reader:
                    line = reader.line_num
                    yield {name: value for name, value in row.items() if isinstance(value, str)}
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise SettingsError(
                f"{self.title!r} cannot be read on after line {line} ({first_line(error)}); export it anew."
            ) from None

    def _open(self) -> IO[str]:
        return self._path.open(encoding="utf-8-sig", newline="")


class Manifest:
    """A CSV beside the clips, joined to them by relative path, or by file name where only one row has it."""

    def __init__(self, path: Path) -> None:
        table = Table(path)
        self._columns = table.columns()
        self._known: dict[str, Known] = {}
        self._by_name: dict[str, str | None] = {}  # None: several rows have this file name
        self._used: set[str] = set()
        for row in table.rows():
            place = _place(row.get(self._columns.file or "", ""))
            if place:
                self._known[place] = self._columns.known(row)
                base = PurePosixPath(place).name
                self._by_name[base] = place if self._by_name.get(base, place) == place else None

    def known(self, place: str) -> Known:
        """What the CSV says of the clip at `place`, a relative path or a file name."""
        found: str | None = _place(place)
        if found not in self._known:
            found = self._by_name.get(PurePosixPath(found or "").name)
        if found is None:
            return NOTHING
        self._used.add(found)
        return self._known[found]

    def notes(self) -> list[str]:
        """What could not be understood, and how many rows named no clip that was there."""
        unused = len(self._known) - len(self._used)
        rows = "1 row" if unused == 1 else f"{unused} rows"
        title = self._columns.title
        return [*self._columns.notes(), *([f"{rows} of {title} named no clip that is here."] if unused else [])]


def _place(text: str) -> str:
    """A relative path as it is compared: forward slashes, no leading `./`, one form of accented letters."""
    parts = [part for part in unicodedata.normalize("NFC", text).replace("\\", "/").split("/") if part not in ("", ".")]
    return "/".join(parts)


class SpeakerPattern:
    """A regular expression with a group `speaker`, searched for in clips' names.

    Raises `SettingsError` for one that cannot be used. The search stops by itself: an expression that would take
    exponential time ends in the same error, not in a batch that hangs. Repetitions are unrolled as it is compiled,
    which cannot be stopped, so their counts are bounded.
    """

    def __init__(self, pattern: str) -> None:
        import regex  # the standard library's `re` cannot be stopped

        counts = [int(number[:9]) for number in re.findall(r"\{[^}]*?(\d+)\s*\}", pattern)]
        if len(pattern) > MAX_PATTERN_CHARACTERS or math.prod(max(1, count) for count in counts) > MAX_REPETITIONS:
            raise SettingsError(f"--speaker-from {pattern[:80]!r} is too large an expression; write a simpler one.")
        try:
            self._pattern = regex.compile(pattern)
        except (regex.error, RecursionError, OverflowError) as error:
            raise SettingsError(f"--speaker-from {pattern!r} is not a regular expression ({error}).") from None
        if "speaker" not in self._pattern.groupindex:
            raise SettingsError(
                f"--speaker-from {pattern!r} has no group named speaker; write for example (?P<speaker>[^_]+)_."
            )

    def speaker(self, name: str) -> str | None:
        """The speaker that `name` tells of, or None."""
        try:
            found = self._pattern.search(name[:MAX_NAME_CHARACTERS], timeout=PATTERN_TIMEOUT_S)
        except TimeoutError:
            raise SettingsError(
                f"--speaker-from {self._pattern.pattern!r} takes too long on a clip's name; write a simpler expression."
            ) from None
        return (found["speaker"] or None) if found else None
