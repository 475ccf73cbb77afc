"""How a timeline is looked at: options, range and region, and how a link carries them. Knows no Streamlit."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from core.curves import METHODS
from core.curves.smoothing import MAX_SMOOTHING_S
from core.emotions import EMOTION_KEYS

Span = tuple[float, float]

DRAWINGS = ("lines", "area", "heat")
VALUES = ("probabilities", "logits")
STEPS_MS = (20, 100, 500)
ROWS = ("speakers", "pitch", "level", "evidence")
MAX_MIN_SEGMENT_S = 10.0


@dataclass(frozen=True, slots=True)
class TimelineView:
    """One way of looking.

    Attributes:
        emotions: those drawn; None for the noteworthy ones.
        rows: extra rows, of ROWS.
        finds_speech: whether silence is found and kept apart.
        view_s: what is seen; None for the whole recording.
        region_s: what is asked about on its own.
    """

    draw: str = DRAWINGS[0]
    values: str = VALUES[0]
    smoothing: str = METHODS[1]
    smoothing_s: float = 0.3
    step_ms: int = STEPS_MS[0]
    emotions: tuple[str, ...] | None = None
    rows: tuple[str, ...] = ()
    min_segment_s: float = 0.5
    finds_speech: bool = True
    view_s: Span | None = None
    region_s: Span | None = None


DEFAULT = TimelineView()


def to_parameters(view: TimelineView) -> dict[str, str]:
    """What of a view differs from the default, as query parameters."""
    changed = {field.name for field in fields(view) if getattr(view, field.name) != getattr(DEFAULT, field.name)}
    return {PARAMETERS[name]: _written(getattr(view, name)) for name in PARAMETERS if name in changed}


def from_parameters(parameters: Mapping[str, str], duration_s: float) -> TimelineView:
    """The view of a link; whatever in it cannot be used is as it is by default."""
    found: dict[str, Any] = {}
    for name, parameter in PARAMETERS.items():
        text = parameters.get(parameter)
        value = None if text is None else _READERS[name](text)
        if value is not None:
            found[name] = value
    for name in ("view_s", "region_s"):
        if name in found and found[name][1] > duration_s + 0.05:
            del found[name]
    return TimelineView(**found)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join(_written(each) for each in value)
    return f"{value:g}" if isinstance(value, float) and abs(value) < 1000 else str(value)


def _one_of(choices: tuple[Any, ...]) -> Any:
    return lambda text: next((choice for choice in choices if str(choice) == text), None)


def _some_of(choices: tuple[str, ...]) -> Any:
    return lambda text: tuple(choice for choice in choices if choice in text.split(","))


def _number(low: float, high: float) -> Any:
    def read(text: str) -> float | None:
        try:
            number = float(text)
        except ValueError:
            return None
        return number if low <= number <= high else None

    return read


def _span(text: str) -> Span | None:
    edges = [_number(0.0, 1e6)(part) for part in text.split(",")]
    if len(edges) != 2 or None in edges or edges[0] >= edges[1]:
        return None
    return (edges[0], edges[1])


PARAMETERS = {
    "draw": "draw",
    "values": "values",
    "smoothing": "smoothing",
    "smoothing_s": "smooth",
    "step_ms": "step",
    "emotions": "show",
    "rows": "rows",
    "min_segment_s": "shortest",
    "finds_speech": "speech",
    "view_s": "view",
    "region_s": "region",
}
_READERS: dict[str, Any] = {
    "draw": _one_of(DRAWINGS),
    "values": _one_of(VALUES),
    "smoothing": _one_of(METHODS),
    "smoothing_s": _number(0.0, MAX_SMOOTHING_S),
    "step_ms": _one_of(STEPS_MS),
    "emotions": _some_of(EMOTION_KEYS),
    "rows": _some_of(ROWS),
    "min_segment_s": _number(0.0, MAX_MIN_SEGMENT_S),
    "finds_speech": {"on": True, "off": False}.get,
    "view_s": _span,
    "region_s": _span,
}
