"""What a timeline needs of one analysis, worked out once and kept as long as the clip is. Knows no Streamlit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from core.acoustics import Prosody, SpeechActivity, prosody
from core.curves import Structure, averaged, contributions, smooth, smooth_probabilities, structure_of
from core.results import Analysis, Array, Waveform
from dashboard.player_curve import PlayerCurve, curve_of
from dashboard.timeline_view import TimelineView

Made = TypeVar("Made")
KEPT = 6  # results of each kind: one way of looking and a few before it


@dataclass
class Workbench:
    """One analysis of a waveform, and what was worked out of it.

    Attributes:
        speech: where somebody speaks.
    """

    analysis: Analysis
    waveform: Waveform
    speech: SpeechActivity
    _kept: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    def heard(self, view: TimelineView) -> SpeechActivity | None:
        return self.speech if view.finds_speech else None

    def structure(self, view: TimelineView) -> Structure:
        return self._once(
            ("structure", view.min_segment_s, view.finds_speech),
            lambda: structure_of(self.analysis, view.min_segment_s, self.heard(view)),
        )

    def curves(self, view: TimelineView) -> tuple[Array, Array]:
        """Times (n,) and values (n, num_labels), float64: probabilities or logits, smoothed and at the view's step."""
        return self._once(
            ("curves", view.values, view.smoothing, view.smoothing_s, view.step_ms), lambda: self._curves(view)
        )

    def player_curve(self, view: TimelineView) -> PlayerCurve:
        return self._once(("player", view.finds_speech), lambda: curve_of(self.analysis, self.heard(view)))

    def prosody(self, start_s: float, end_s: float) -> Prosody:
        return self._once(("prosody", start_s, end_s), lambda: prosody(self.waveform, start_s, end_s))

    def evidence(self, label: str, against: str) -> Array:
        """(num_frames,) float64: how much each frame's logit of `label` exceeds that of `against`.

        Their mean is the difference of the two logits of the verdict.
        """
        return self._once(
            ("evidence", label, against),
            lambda: contributions(self.analysis, label, against) * len(self.analysis.frame_logits),
        )

    def _curves(self, view: TimelineView) -> tuple[Array, Array]:
        method, seconds = view.smoothing, view.smoothing_s
        if view.values == "logits":
            values = smooth(self.analysis.frame_logits, method, seconds)  # type: ignore[arg-type]  # one of METHODS
        else:
            values = smooth_probabilities(self.analysis.frame_probabilities, method, seconds)  # type: ignore[arg-type]
        return averaged(self.analysis.frame_times_s, values, view.step_ms // 20)

    def _once(self, key: tuple[Any, ...], make: Callable[[], Made]) -> Made:
        if key not in self._kept:
            same_kind = [other for other in self._kept if other[0] == key[0]]
            for oldest in same_kind[: max(0, len(same_kind) - KEPT + 1)]:
                del self._kept[oldest]
            self._kept[key] = make()
        made: Made = self._kept[key]
        return made
