"""What a space, a map or its groups are made of: emotion, or the speaker, the language, the length of the clip?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.projection.clusters import Clusters
from core.results import Array

ATTRIBUTES = ("label", "reference", "speaker", "metadata.gender", "metadata.language", "metadata.corpus", "duration_s")


@dataclass(frozen=True, slots=True)
class Confound:
    """How much of the arrangement one attribute explains.

    Attributes:
        attribute: a column of the table; a number is cut into thirds.
        classes: how many values were told apart, of clips `n`.
        nmi: normalised mutual information with the groups, and `nmi_chance` with the values shuffled; None
            without groups.
        probe_uar: mean recall (unweighted average) with which a logistic regression tells the value from the position,
            cross-validated, on speakers it was not fitted on wherever the attribute is not the speaker.
        chance: the same with the values shuffled.
        grouped: whether speakers were kept apart.
        note: why a figure is missing, else empty.
    """

    attribute: str
    classes: int
    n: int
    nmi: float | None
    nmi_chance: float | None
    probe_uar: float | None
    chance: float | None
    grouped: bool
    note: str = ""

    @property
    def explained(self) -> float | None:
        """Of what the probe could know beyond chance, what it knows: (uar − chance) / (1 − chance), 0 at least."""
        return _beyond(self.probe_uar, self.chance)

    @property
    def shared(self) -> float | None:
        """The same of the mutual information with the groups."""
        return _beyond(self.nmi, self.nmi_chance)


def _beyond(value: float | None, chance: float | None) -> float | None:
    if value is None or chance is None:
        return None
    return max(0.0, (value - chance) / max(1e-9, 1 - chance))


def confounds(
    points: Array,
    table: Any,
    clusters: Clusters | None = None,
    attributes: Sequence[str] = ATTRIBUTES,
    *,
    sample: int = 2000,
    seed: int = 0,
) -> tuple[Confound, ...]:
    """Measure each attribute that the table has; `points` (n, d) are `Space.prepared` or `Map.positions`."""
    raise NotImplementedError


def one_sentence(found: Sequence[Confound]) -> str:
    """What the groups (or without groups, the space) are made of, said plainly, in English."""
    raise NotImplementedError
