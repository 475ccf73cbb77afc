"""Libraries of older versions, brought up to this one, a step at a time."""

from collections.abc import Callable, Mapping
from typing import Any

from core.library.tables import ABOUT, VERSION

Step = Callable[[Mapping[str, Any]], None]


def _begin(tables: Mapping[str, Any]) -> None:
    """From nothing: the tables were just made."""


def _further_vectors(tables: Mapping[str, Any]) -> None:
    """1 → 2: the table `vectors` came; opening the library made it, and there was none before."""


# From version N to N + 1. A step may have been cut short by a kill: each can be done twice.
STEPS: Mapping[int, Step] = {0: _begin, 1: _further_vectors}


def migrate(tables: Mapping[str, Any], version: int) -> None:
    """Do every step from `version` on; the version is written after each."""
    import pyarrow as pa

    for number in range(version, VERSION):
        STEPS[number](tables)
        row = pa.table({"name": ["version"], "value": [str(number + 1)]}, schema=ABOUT)
        tables["about"].merge_insert("name").when_matched_update_all().when_not_matched_insert_all().execute(row)
