"""How a comparison is looked at: on which axis, drawn how, and how a link carries it. Knows no Streamlit."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from core.emotions import EMOTION_KEYS

Span = tuple[float, float]

MIN_CLIPS, MAX_CLIPS = 2, 8
LETTERS = "ABCDEFGH"
# A clip's own colours: none is an emotion's, each reads on white and on near-black, and white letters read on it.
COLOURS = ("#4263D6", "#C2417C", "#0F8A7E", "#B4570F", "#7A4FC4", "#5A7D1F", "#3E7F9E", "#8C6239")
PARTS = ("clips", "groups")
AXES = ("seconds", "percent", "aligned")
DRAWINGS = ("overlay", "multiples", "difference")
SCORES = ("bars", "radar", "difference")
LIBRARY_MARK = "L"  # before a library's key in a link


@dataclass(frozen=True, slots=True)
class CompareView:
    """One way of looking.

    Attributes:
        part: clips beside each other, or two groups of the library's.
        axis: what "the same moment" means; one of AXES.
        draw: how the curves are drawn; one of DRAWINGS, None for what suits their number.
        emotion: the one that is drawn; None for all that lead somewhere.
        scores: how the scores are drawn; one of SCORES.
        region: a stretch of the axis, in its own unit; None for the whole.
    """

    part: str = PARTS[0]
    axis: str = AXES[0]
    draw: str | None = None
    emotion: str | None = None
    scores: str = SCORES[0]
    region: Span | None = None


DEFAULT = CompareView()
MOST_OVERLAID = 4  # clips in one panel with several emotions each: more is a thicket


def drawing_of(view: CompareView, count: int) -> str:
    """How the curves of `count` clips are drawn."""
    return view.draw or (DRAWINGS[0] if count <= MOST_OVERLAID or view.emotion else DRAWINGS[1])


def to_parameters(view: CompareView) -> dict[str, str]:
    """What of a view differs from the default, as query parameters."""
    changed = [each.name for each in fields(view) if getattr(view, each.name) != getattr(DEFAULT, each.name)]
    return {PARAMETERS[name]: _written(getattr(view, name)) for name in changed}


def from_parameters(parameters: Mapping[str, str]) -> CompareView:
    """The view of a link; whatever in it cannot be used is as it is by default."""
    found: dict[str, Any] = {}
    for name, parameter in PARAMETERS.items():
        value = _READERS[name](parameters.get(parameter, ""))
        if value is not None:
            found[name] = value
    return CompareView(**found)


def _written(value: Any) -> str:
    return ",".join(f"{edge:g}" for edge in value) if isinstance(value, tuple) else str(value)


def _one_of(choices: tuple[str, ...]) -> Any:
    return lambda text: text if text in choices else None


def _span(text: str) -> Span | None:
    try:
        start, end = (float(part) for part in text.split(","))
    except ValueError:
        return None
    return (start, end) if 0 <= start < end <= 1e6 else None


PARAMETERS = {
    "part": "part", "axis": "axis", "draw": "draw", "emotion": "emotion", "scores": "scores", "region": "region",
}  # fmt: skip
_READERS: dict[str, Any] = {
    "part": _one_of(PARTS),
    "axis": _one_of(AXES),
    "draw": _one_of(DRAWINGS),
    "emotion": _one_of(EMOTION_KEYS),
    "scores": _one_of(SCORES),
    "region": _span,
}
