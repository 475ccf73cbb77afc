"""How the library is looked at: filter, order, page and columns, and how a link carries them. Knows no Streamlit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import quote, unquote

from core.emotions import EMOTION_KEYS
from core.library import ORDERS, Query
from core.text import plain

Span = tuple[float, float]

SECTIONS = ("clips", "add", "jobs", "failures", "truth")
ORDERED_BY = ("added_at", "source", "label", "confidence", "duration_s", "speaker", "reference")
PAGE_SIZES = (25, 50, 100, 250)
MATCHES = ("any", "right", "wrong")
SURENESS = ("any", "sure", "unsure")
SCORES_SHOWN = "scores"  # among the extra columns: the nine scores; any other is a column of metadata
MAX_CHOSEN, MAX_CHARACTERS, MAX_PAGE = 50, 200, 10_000_000


@dataclass(frozen=True, slots=True)
class LibraryView:
    """One way of looking.

    Attributes:
        speakers, references: "" stands for clips of which nobody said.
        confidence, duration_s: from and to; None for all.
        metadata: (column, value) pairs, all of which must hold.
        keys: only these clips, sent by another page; None for all. No link carries them.
        deleted: the deleted clips instead of those that are there.
        extra: further columns of the table, SCORES_SHOWN or names of metadata.
        page: the first is 1.
    """

    section: str = SECTIONS[0]
    text: str = ""
    labels: tuple[str, ...] = ()
    speakers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    checkpoints: tuple[str, ...] = ()
    confidence: Span | None = None
    duration_s: Span | None = None
    sure: str = SURENESS[0]
    match: str = MATCHES[0]
    metadata: tuple[tuple[str, str], ...] = ()
    keys: tuple[str, ...] | None = None
    deleted: bool = False
    order: str = ORDERED_BY[0]
    descending: bool = True
    extra: tuple[str, ...] = ()
    page: int = 1
    page_size: int = PAGE_SIZES[1]

    @property
    def query(self) -> Query:
        """The filter as the library takes it."""
        return Query(
            self.text,
            self.labels,
            self.speakers,
            self.checkpoints,
            self.references,
            self.tags,
            self.confidence,
            self.duration_s,
            {"sure": False, "unsure": True}.get(self.sure),
            {"right": True, "wrong": False}.get(self.match),
            self.metadata,
            self.keys,
            deleted=self.deleted,
            order=self.order,
            descending=self.descending,
        )

    @property
    def is_filtered(self) -> bool:
        """Whether any filter is set; order, page and columns are none."""
        return any(getattr(self, name) != getattr(DEFAULT, name) for name in FILTERS)

    @property
    def num_folded(self) -> int:
        """How many of the filters that are folded away are set."""
        return sum(getattr(self, name) != getattr(DEFAULT, name) for name in FOLDED)

    def without_filters(self) -> "LibraryView":
        """The same way of looking at all clips."""
        return replace(self, **{name: getattr(DEFAULT, name) for name in FILTERS}, page=1)

    def num_pages(self, count: int) -> int:
        """Pages that `count` clips fill; one at least."""
        return max(1, -(-count // self.page_size))

    def on_a_page(self, count: int) -> "LibraryView":
        """The same, on the last page where there are fewer."""
        return replace(self, page=min(self.page, self.num_pages(count)))


FILTERS = (
    "text", "labels", "speakers", "tags", "references", "checkpoints", "confidence", "duration_s", "sure", "match",
    "metadata", "keys", "deleted",
)  # fmt: skip
FOLDED = tuple(name for name in FILTERS if name not in ("text", "labels", "speakers", "tags", "keys"))
DEFAULT = LibraryView()


def to_parameters(view: LibraryView) -> dict[str, list[str]]:
    """What of a view differs from the default, as query parameters."""
    found = {}
    for field in fields(view):
        value = getattr(view, field.name)
        if field.name in PARAMETERS and value != getattr(DEFAULT, field.name):
            found[PARAMETERS[field.name]] = _written(field.name, value)
    return found


def from_parameters(parameters: Mapping[str, Sequence[str]]) -> LibraryView:
    """The view of a link; whatever in it cannot be used is as it is by default."""
    found: dict[str, Any] = {}
    for name, parameter in PARAMETERS.items():
        if values := [text[: 3 * MAX_CHARACTERS] for text in list(parameters.get(parameter, ()))[:MAX_CHOSEN]]:
            value = _READERS[name](values)
            if value is not None:
                found[name] = value
    return LibraryView(**found)


def cleaned(text: str) -> str:
    """A text that is sought: one printable line, bounded."""
    return plain(text.strip())[:MAX_CHARACTERS]


def _written(name: str, value: Any) -> list[str]:
    if name == "metadata":
        return [f"{quote(column, safe=' ')}={sought}" for column, sought in value]
    if isinstance(value, bool):
        return ["on" if value else "off"]
    if name in ("confidence", "duration_s"):
        return [f"{value[0]:g}-{value[1]:g}"]
    return list(value) if isinstance(value, tuple) else [str(value)]


Reader = Callable[[list[str]], Any]


def _one_of(choices: Sequence[Any]) -> Reader:
    return lambda values: next((choice for choice in choices if str(choice) == values[0]), None)


def _some_of(choices: Sequence[str]) -> Reader:
    return lambda values: tuple(choice for choice in choices if choice in values) or None


def _texts(values: list[str]) -> tuple[str, ...] | None:
    return tuple(dict.fromkeys(cleaned(value) for value in values)) or None


def _names(values: list[str]) -> tuple[str, ...] | None:
    return tuple(name for name in _texts(values) or () if name) or None


def _pairs(values: list[str]) -> tuple[tuple[str, str], ...] | None:
    split = [value.partition("=") for value in values]
    return (
        tuple((cleaned(unquote(column)), cleaned(sought)) for column, sign, sought in split if column and sign) or None
    )


def _span(low: float, high: float) -> Reader:
    def read(values: list[str]) -> Span | None:
        try:
            begin, end = (float(part) for part in values[0].split("-"))
        except ValueError:
            return None
        return (begin, end) if low <= begin <= end <= high else None

    return read


def _page(values: list[str]) -> int | None:
    return int(values[0]) if values[0].isascii() and values[0].isdigit() and 1 <= int(values[0]) <= MAX_PAGE else None


_SWITCH: Reader = lambda values: {"on": True, "off": False}.get(values[0])  # noqa: E731  # one of a family of readers

PARAMETERS = {
    "section": "tab",
    "text": "q",
    "labels": "label",
    "speakers": "speaker",
    "tags": "tag",
    "references": "reference",
    "checkpoints": "checkpoint",
    "confidence": "confidence",
    "duration_s": "seconds",
    "sure": "sure",
    "match": "match",
    "metadata": "meta",
    "deleted": "deleted",
    "order": "order",
    "descending": "falling",
    "extra": "column",
    "page": "page",
    "page_size": "rows",
}
_READERS: dict[str, Reader] = {
    "section": _one_of(SECTIONS),
    "text": lambda values: cleaned(values[0]),
    "labels": _some_of(EMOTION_KEYS),
    "speakers": _texts,
    "tags": _names,
    "references": _some_of(("", *EMOTION_KEYS)),
    "checkpoints": _names,
    "confidence": _span(0.0, 1.0),
    "duration_s": _span(0.0, 1e6),
    "sure": _one_of(SURENESS),
    "match": _one_of(MATCHES),
    "metadata": _pairs,
    "deleted": _SWITCH,
    "order": _one_of([order for order in ORDERED_BY if order in ORDERS]),
    "descending": _SWITCH,
    "extra": _names,
    "page": _page,
    "page_size": _one_of(PAGE_SIZES),
}
