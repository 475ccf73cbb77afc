"""`python -m training.evaluate_comparison`: does the distance of two clips tell whether they differ in emotion?

200 reference clips are drawn, each with three partners: another clip of the same speaker and emotion, one of the same
speaker and another emotion, and one of another speaker and another emotion. How well each distance separates the first
partner from the other two is given as AUC, its interval by drawing the references anew. The noise of the clips of one
speaker is measured (`core.comparison.noise`), and copies of the references, changed by seeds and strengths that the
noise floor never tried, one change at a time and most of them together, are held against them: what share is called a
difference is the false-alarm rate. `HEADROOM` was settled on other clips, whose rates are given for several values.

The bundled checkpoint learnt from all speakers of this corpus, so that its AUC is on speakers *heard in training*; with
`--checkpoint runs/held-out-0 --fold 0` it is one of speakers that were not.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.analysis import analyze
from core.audio import decode
from core.comparison import Compared, CompareOptions, NoiseFloor, Pair, compare, noise_floor
from core.comparison.groups import cliffs_delta
from core.comparison.noise import HEADROOM, Perturbation, perturbed
from core.model import open_engine
from core.model.engine import Engine
from core.results import Array, Waveform
from core.settings import Settings
from training.data import Clip, of_fold, read_manifest

NUM_REFERENCES = 200
NUM_CALIBRATION = 60
PARTNERS = ("same speaker, same emotion", "same speaker, other emotion", "other speaker, other emotion")
DISTANCES = ("js_distance", "curve_distance", "curve_distance_normalised", "aligned_distance", "emotion_cosine")
HEADROOMS = (1.0, 1.1, 1.2, 1.25, 1.3, 1.5)


@dataclass(frozen=True)
class Drawn:
    """A reference and its partners, in the order of `PARTNERS`."""

    reference: Clip
    partners: tuple[Clip, Clip, Clip]


def draw(clips: Sequence[Clip], count: int, rng: np.random.Generator) -> list[Drawn]:
    """References that have a partner of each kind; no clip is a reference twice."""
    drawn: list[Drawn] = []
    for index in rng.permutation(len(clips)):
        reference = clips[int(index)]
        kinds: list[list[Clip]] = [[], [], []]
        for other in clips:
            own, same = other.speaker == reference.speaker, other.emotion == reference.emotion
            if other.file != reference.file and (own or not same):
                kinds[0 if own and same else 1 if own else 2].append(other)
        if all(kinds):
            picked = [kind[int(rng.integers(len(kind)))] for kind in kinds]
            drawn.append(Drawn(reference, (picked[0], picked[1], picked[2])))
        if len(drawn) == count:
            return drawn
    raise ValueError(f"only {len(drawn)} clips have partners of every kind; {count} were asked for")


def copies(waveform: Waveform, rng: np.random.Generator) -> dict[str, Waveform]:
    """The clip changed within the limits that the noise floor is for, in ways that it did not try."""
    changes = {
        "gain": Perturbation("gain", float(rng.uniform(-6, 6))),
        "noise": Perturbation("noise", 20.0, seed=int(rng.integers(1000, 2**31))),
        "less noise": Perturbation("noise", float(rng.uniform(20, 30)), seed=int(rng.integers(1000, 2**31))),
        "tempo": Perturbation("tempo", float(rng.uniform(-2, 2))),
        "shift": Perturbation("shift", float(rng.uniform(1, 19))),
    }
    found = {name: perturbed(waveform, change) for name, change in changes.items()}
    together = waveform
    for name in ("tempo", "shift", "less noise", "gain"):
        together = perturbed(together, changes[name])
    return found | {"all but the most noise together": together}


class Listener:
    """Hears clips of the corpus and measures their noise, each once."""

    def __init__(self, data: Path, engine: Engine) -> None:
        self._data, self._engine = data, engine
        self._known: dict[str, Compared] = {}

    def __call__(self, clip: Clip, with_noise: bool = True) -> Compared:
        known = self._known.get(clip.file)
        if known is None or (with_noise and known.noise is None):
            waveform = decode(self._data / clip.file)
            floor = noise_floor(waveform, self._engine) if with_noise else None
            known = self._known[clip.file] = Compared(analyze(waveform, self._engine), waveform, noise=floor)
        return known

    def copies_of(self, clip: Clip, rng: np.random.Generator) -> tuple[NoiseFloor, dict[str, float]]:
        """The clip's noise, and how far each changed copy's scores are from its own."""
        original = self(clip)
        assert original.waveform is not None and original.noise is not None
        apart = {}
        for name, waveform in copies(original.waveform, rng).items():
            other = Compared(analyze(waveform, self._engine))
            options = CompareOptions(align=False, voice=False)
            apart[name] = compare([original, other], options=options).pairs[0][1].js_distance
        return original.noise, apart


def false_alarms(listener: Listener, clips: Sequence[Clip], rng: np.random.Generator) -> dict[str, Any]:
    """Shares of changed copies whose distance exceeds the reference's own level: a pair's level is that or higher."""
    heard = [listener.copies_of(clip, rng) for clip in clips]
    largest = np.array([floor.js.max() for floor, _ in heard])
    apart = {name: np.array([each[name] for _, each in heard]) for name in heard[0][1]}
    rates: dict[str, dict[str, Any]] = {}
    for headroom in HEADROOMS:
        by_kind = {name: float((each > headroom * largest).mean()) for name, each in apart.items()}
        rates[str(headroom)] = {
            "all": _rounded(np.mean(list(by_kind.values()))),
            "worst": _rounded(max(by_kind.values())),
        }
        if headroom == HEADROOM:
            rates[str(headroom)]["by_kind"] = {name: _rounded(rate) for name, rate in by_kind.items()}
    return {"clips": len(clips), "copies": len(clips) * len(apart), "rate_at_headroom": rates}


def separation(pairs: Sequence[tuple[Pair, Pair, Pair]], rng: np.random.Generator) -> dict[str, Any]:
    """AUC of each distance against the partners of the same speaker and emotion, and medians."""
    found: dict[str, Any] = {}
    for measure in DISTANCES:
        values = np.array([[_as_distance(measure, pair) for pair in row] for row in pairs])
        found[measure] = {
            "median": {name: _rounded(np.median(values[:, k])) for k, name in enumerate(PARTNERS)},
            "auc": {name: _auc(values[:, 0], values[:, k], rng) for k, name in enumerate(PARTNERS) if k},
        }
    called = np.array([[bool(pair.is_different) for pair in row[:2]] for row in pairs]).mean(axis=0)
    levels = np.array([[pair.noise_level for pair in row[:2]] for row in pairs], np.float64)
    found["called_different"] = {name: _rounded(share) for name, share in zip(PARTNERS, called, strict=False)}
    found["noise_level_quartiles"] = [_rounded(value) for value in np.quantile(levels, [0.25, 0.5, 0.75])]
    return found


def _as_distance(measure: str, pair: Pair) -> float:
    value = getattr(pair, measure)
    return 1 - value if measure.endswith("_cosine") else float(value)


def _auc(same: Array, other: Array, rng: np.random.Generator) -> dict[str, Any]:
    drawn = [rng.integers(len(same), size=len(same)) for _ in range(1000)]
    spread = [(cliffs_delta(same[chosen], other[chosen]) + 1) / 2 for chosen in drawn]
    ends = [_rounded(value) for value in np.quantile(spread, [0.025, 0.975])]
    return {"auc": _rounded((cliffs_delta(same, other) + 1) / 2), "interval_95": ends}


def _rounded(value: float | np.floating[Any]) -> float:
    return round(float(value), 4)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/speech"), help="folder with manifest.csv")
    parser.add_argument("--checkpoint", default="bundled")
    parser.add_argument("--fold", type=int, help="only the speakers of this fold, whom the checkpoint must not know")
    parser.add_argument("--references", type=int, default=NUM_REFERENCES)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "comparison.json")
    options = parser.parse_args(arguments)
    clips = read_manifest(options.data / "manifest.csv")
    clips = clips if options.fold is None else of_fold(clips, options.fold)
    rng = np.random.default_rng(0)
    calibration = [clips[int(i)] for i in rng.permutation(len(clips))[:NUM_CALIBRATION]]
    settled_on = {clip.file for clip in calibration}
    drawn = draw([clip for clip in clips if clip.file not in settled_on], options.references, rng)
    engine = open_engine(options.checkpoint, Settings())
    listener = Listener(options.data, engine)
    settling = false_alarms(listener, calibration, rng)
    print(json.dumps(settling), file=sys.stderr)
    alarms = false_alarms(listener, [each.reference for each in drawn], rng)
    pairs = []
    for each in drawn:
        *own, stranger = each.partners
        heard = [listener(each.reference), *map(listener, own), listener(stranger, with_noise=False)]
        row = compare(heard, options=CompareOptions(all_pairs=False))
        pairs.append((row.pairs[0][1], row.pairs[0][2], row.pairs[0][3]))
    known = "speakers heard in training" if options.fold is None else "speakers never heard in training"
    figures = {
        "checkpoint": engine.info.checkpoint.id,
        "revision": engine.info.checkpoint.revision,
        "on": known,
        "references": len(drawn),
        "headroom": HEADROOM,
        "false_alarms_settled_on": settling,
        "false_alarms": alarms,
        **separation(pairs, rng),
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
