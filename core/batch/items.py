"""`Item`, one clip to be, and `Items`, a stream of them; what a name from outside may be."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from core.audio.openers import Opener
from core.batch.metadata import Known
from core.text import plain

# Files that people keep beside their clips; anything else is tried, and is a failure where it is no sound.
_BESIDE_CLIPS = """
    txt csv tsv json jsonl md rst html htm xml yaml yml toml ini cfg log py ipynb sh r m
    pdf doc docx odt rtf xls xlsx ods ppt pptx png jpg jpeg gif bmp webp tif tiff svg
    textgrid eaf pfsx srt vtt ass lab trs cha stm ctm phn wrd npy npz parquet arrow pkl pt
    safetensors db sqlite bib tex md5 sha256 license
"""
BESIDE_CLIPS = frozenset(f".{kind}" for kind in _BESIDE_CLIPS.split())
ARCHIVE_LITTER = "__MACOSX"  # what macOS puts into every zip
MAX_NAME_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class Item:
    """One clip to be.

    Attributes:
        place: where it is within its source ("folder/clip.wav"), as it is written there: data, never a path.
        opener: gives its bytes.
        known: what is known of it beside the sound.
    """

    place: str
    opener: Opener
    known: Known = field(default_factory=Known)

    @property
    def name(self) -> str:
        """The place as a person reads it, and as it is kept: one printable line."""
        return shown(self.place)


class Items:
    """A stream of items that can be begun anew; `ignored` and `notes` are complete once it was read to the end."""

    ignored = 0

    def __iter__(self) -> Iterator[Item]:
        raise NotImplementedError

    def count(self) -> int:
        """How many items there will be; reads names only, no clip."""
        return sum(1 for _ in self._places())

    def notes(self) -> list[str]:
        """Sentences about what was not understood."""
        return []

    def _places(self) -> Iterable[object]:
        return self


def shown(name: str) -> str:
    """A relative name as it is kept: one printable line, forward slashes, at most 1,000 characters."""
    name = plain(name)
    if len(name) > MAX_NAME_CHARACTERS:
        name = name[: MAX_NAME_CHARACTERS // 2] + "…" + name[-MAX_NAME_CHARACTERS // 2 + 1 :]
    return name or "clip"


def is_beside(name: str) -> bool:
    """Whether a file is one of those that people keep beside clips: texts, tables, pictures, hidden files."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return bool(parts) and (
        is_hidden(parts[-1]) or ARCHIVE_LITTER in parts or PurePosixPath(parts[-1]).suffix.lower() in BESIDE_CLIPS
    )


def is_hidden(name: str) -> bool:
    return name.startswith(".")
