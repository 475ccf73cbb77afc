"""Bundled examples: synthetic voices, made by `make_examples.py` and by nobody's mouth."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Example:
    """One example; `example.<key>` is its name in the catalogues."""

    key: str

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.key}.opus"


EXAMPLES = tuple(Example(key) for key in ("even", "bright", "heavy", "sharp", "turning", "mandarin"))
