"""What references say of the library's verdicts, made once for as long as nobody changes a clip. Knows no Streamlit."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

from core.errors import LibraryError
from core.library import Library, Query
from core.truth import (
    GroundTruth,
    Judgements,
    LabelError,
    TruthOptions,
    ground_truth,
    judgements_of,
    label_errors,
)

FINDINGS_KEPT = 4
_Asked = tuple[str, int, Query, bool]
_kept: OrderedDict[_Asked, "Findings"] = OrderedDict()
_guard = threading.Lock()


@dataclass(frozen=True)
class Findings:
    """Of the clips that are meant: those judged, their figures or why there are none, and likely label errors."""

    judgements: Judgements
    truth: GroundTruth | None
    why_none: str
    errors: tuple[LabelError, ...]


def findings_of(library: Library, query: Query, *, leave_out_unsure: bool = False) -> Findings:
    """Make or find them. Raises `LibraryError` where the library cannot be read."""
    query = replace(query, order="key", descending=False)  # of every order the same
    asked = (library.location, library.version(), query, leave_out_unsure)
    with _guard:
        if asked in _kept:
            _kept.move_to_end(asked)
            return _kept[asked]
    made = _made(judgements_of(library, query), leave_out_unsure)
    with _guard:
        _kept[asked] = made
        while len(_kept) > FINDINGS_KEPT:
            _kept.popitem(last=False)
    return made


def _made(judgements: Judgements, leave_out_unsure: bool) -> Findings:
    try:
        truth = ground_truth(judgements, TruthOptions(leave_out_unsure=leave_out_unsure))
    except LibraryError as error:
        return Findings(judgements, None, str(error), ())
    return Findings(judgements, truth, "", label_errors(judgements))
