"""`python -m training.evaluate`: how well the checkpoints hear speakers that they never learnt from.

By default the five twins of the shipped weights in RUNS/held-out-0 … 4, each on the speakers of its own fold: accuracy
by corpus, gender and language with intervals, calibration and the "unsure" threshold, robustness, precision; the
figures go to OUT/held-out.json and the calibration beside the shipped weights. With `--checkpoint` any one checkpoint
on any manifest: accuracy alone, printed as JSON.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.calibration import (
    coverage_at,
    expected_calibration_error,
    fit_temperature,
    reliability,
    threshold_for,
    write_calibration,
)
from core.checkpoints import BUNDLED_DIR
from core.model import open_engine
from core.model.engine import Engine
from core.results import Array, Calibration
from core.settings import Settings
from core.truth import accuracy, unweighted_average_recall
from training.data import NUM_FOLDS, Clip, of_fold, read_manifest, speaker_folds
from training.degrading import CONDITIONS
from training.hearing import Heard, hear, together
from training.precision import int8_engine
from training.scoring import recalls, summary

COVERAGE = 0.65  # of clips keep a verdict; the others are "unsure"
EVERY = 5  # th held-out clip is heard under each condition and precision


def one_checkpoint(data: Path, clips: Sequence[Clip], engine: Engine) -> dict[str, Any]:
    """Figures for `clips`, files below `data`; clips that cannot be decoded are counted, named and left out."""
    heard = hear(data, clips, engine)
    return about(engine, heard) | summary(heard.clips, heard.said)


def about(engine: Engine, heard: Heard) -> dict[str, Any]:
    info = engine.info
    return {
        "checkpoint": info.checkpoint.id,
        "revision": info.checkpoint.revision,
        "engine": info.engine,
        "precision": info.precision,
        "sayable": list(info.labels),
        "refused": list(heard.refused),
    }


def held_out(data: Path, clips: Sequence[Clip], runs: Path) -> tuple[dict[str, Any], Calibration]:
    """All figures of the fold twins on the speakers each never heard, and the calibration they give."""
    folds = speaker_folds(clips)
    parts: list[Heard] = []
    conditions: dict[str, list[Heard]] = {name: [] for name in ("clean", *CONDITIONS)}
    precisions: dict[str, list[Heard]] = {name: [] for name in ("float32", "bfloat16", "int8")}
    twins = []
    for fold in range(NUM_FOLDS):
        folder = runs / f"held-out-{fold}"
        engine = open_engine(str(folder), Settings())
        theirs = of_fold(clips, fold)
        print(f"fold {fold}: {len(theirs)} clips of {len({c.speaker for c in theirs})} speakers", file=sys.stderr)
        parts.append(hear(data, theirs, engine))
        clean = parts[-1].select(range(0, len(parts[-1].clips), EVERY))
        some = clean.clips
        conditions["clean"].append(clean)
        for name, change in CONDITIONS.items():
            conditions[name].append(hear(data, some, engine, change))
        precisions["float32"].append(clean)
        precisions["bfloat16"].append(hear(data, some, open_engine(str(folder), Settings(precision="bfloat16"))))
        precisions["int8"].append(hear(data, some, int8_engine(folder, engine.info)))
        training = json.loads((folder / "training.json").read_text())
        twins.append({"fold": fold, "revision": engine.info.checkpoint.revision, "epochs": training["epochs"]})
    heard = together(parts)
    calibration, calibration_figures = calibrated(heard, [folds[clip.speaker] for clip in heard.clips])
    figures = {
        "twins": twins,
        "recipe": training["recipe"],
        "sayable": list(heard.labels),
        "refused": list(heard.refused),
        "accuracy": summary(heard.clips, heard.said, intervals=True),
        "said_of": recalls(heard.clips, heard.said),
        "calibration": calibration_figures,
        "robustness": robustness({name: together(each) for name, each in conditions.items()}),
        "precision": precision({name: together(each) for name, each in precisions.items()}),
    }
    return figures, calibration


def calibrated(heard: Heard, folds: Sequence[int]) -> tuple[Calibration, dict[str, Any]]:
    """The calibration fitted on all held-out clips, and what it is worth on speakers that it was not fitted on.

    For the figures, temperature and threshold are fitted on four folds' held-out clips and tried on the fifth's.
    """
    fold_of, correct = np.asarray(folds), heard.correct
    truth = np.array([heard.labels.index(label) if label in heard.labels else -1 for label in heard.truth])
    fitted = truth >= 0
    confidences, unsure = np.zeros(len(correct)), np.zeros(len(correct), dtype=bool)
    temperatures = []
    for fold in np.unique(fold_of):
        theirs = fold_of == fold
        others = ~theirs & fitted
        temperature = fit_temperature(heard.logits[others], truth[others])
        threshold = threshold_for(heard.probabilities(temperature)[others].max(axis=1), COVERAGE)
        confidences[theirs] = heard.probabilities(temperature)[theirs].max(axis=1)
        unsure[theirs] = confidences[theirs] < threshold
        temperatures.append(round(temperature, 4))
    final = fit_temperature(heard.logits[fitted], truth[fitted])
    surest = heard.probabilities(final).max(axis=1)
    calibration = Calibration(round(final, 4), round(threshold_for(surest, COVERAGE), 4))
    raw = heard.probabilities().max(axis=1)
    figures = {
        "temperature": calibration.temperature,
        "unsure_below": calibration.unsure_below,
        "temperatures_by_fold": temperatures,
        "ece_uncalibrated": round(expected_calibration_error(raw, correct), 4),
        "ece": round(expected_calibration_error(confidences, correct), 4),
        "ece_by_corpus": _by_corpus(heard, confidences, correct),
        "reliability": [
            {
                "low": round(each.low, 4),
                "high": round(each.high, 4),
                "count": each.count,
                "confidence": round(each.confidence, 4),
                "accuracy": round(each.accuracy, 4),
            }
            for each in reliability(confidences, correct)
        ],
        "unsure": {
            "coverage": round(float((~unsure).mean()), 4),
            "accuracy_of_all": round(float(correct.mean()), 4),
            "accuracy_of_the_sure": round(float(correct[~unsure].mean()), 4),
            "true_label_among_two_when_unsure": round(_among_two(heard, unsure), 4),
        },
        "risk_coverage": [
            [round(value, 4) for value in (found.coverage, found.accuracy)]
            for found in (coverage_at(confidences, correct, threshold_for(confidences, share / 10))
                          for share in range(1, 11))
        ],
    }  # fmt: skip
    return calibration, figures


def _by_corpus(heard: Heard, confidences: Array, correct: Array) -> dict[str, float]:
    corpora = np.array([clip.corpus for clip in heard.clips])
    return {
        str(corpus): round(expected_calibration_error(confidences[corpora == corpus], correct[corpora == corpus]), 4)
        for corpus in np.unique(corpora)
    }


def _among_two(heard: Heard, unsure: Array) -> float:
    best = np.argsort(-heard.logits, axis=1)[:, :2]
    hits = [true in {heard.labels[int(column)] for column in row} for true, row in zip(heard.truth, best, strict=True)]
    return float(np.array(hits)[unsure].mean()) if unsure.any() else 1.0


def robustness(conditions: dict[str, Heard]) -> dict[str, Any]:
    """UAR and weighted accuracy under each condition, and by corpus."""
    return {
        name: {
            "uar": round(unweighted_average_recall(heard.truth, heard.said), 4),
            "weighted_accuracy": round(accuracy(heard.truth, heard.said), 4),
            "clips": len(heard.clips),
            "uar_by_corpus": {c: f["uar"] for c, f in summary(heard.clips, heard.said)["corpus"].items()},
        }
        for name, heard in conditions.items()
    }


def precision(precisions: dict[str, Heard]) -> dict[str, Any]:
    """What fewer bits cost: UAR, the share of verdicts that stay, and the mean absolute change of a score."""
    exact = precisions["float32"]
    return {
        name: {
            "uar": round(unweighted_average_recall(heard.truth, heard.said), 4),
            "same_verdict": round(accuracy(exact.said, heard.said), 4),
            "mean_absolute_score_change": round(float(np.abs(heard.probabilities() - exact.probabilities()).mean()), 6),
            "clips": len(heard.clips),
        }
        for name, heard in precisions.items()
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/speech"), help="folder of the clips")
    parser.add_argument("--manifest", type=Path, help="CSV of clips and labels (default: DATA/manifest.csv)")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where held-out-0 … 4 lie")
    parser.add_argument("--out", type=Path, help="where the JSON goes (default: training/results, or nowhere)")
    parser.add_argument("--calibrate", type=Path, default=BUNDLED_DIR, help="folder that gets calibration.json")
    parser.add_argument("--checkpoint", help="a known name or a folder: this one alone")
    parser.add_argument("--fold", type=int, help="with --checkpoint: only the speakers of this fold")
    parser.add_argument("--engine", default="native", choices=("native", "funasr"), help="with --checkpoint")
    options = parser.parse_args(arguments)
    clips = read_manifest(options.manifest or options.data / "manifest.csv")
    if options.checkpoint is None:
        figures, calibration = held_out(options.data, clips, options.runs)
        target = (options.out or Path(__file__).parent / "results") / "held-out.json"
        write_calibration(
            options.calibrate,
            calibration,
            fitted_on="speakers that five twins of these weights never heard; see MODEL_CARD.md",
            clips=figures["accuracy"]["all"]["clips"],
            ece=figures["calibration"]["ece"],
        )
    else:
        if options.fold is not None:
            clips = of_fold(clips, options.fold)
        engine = open_engine(options.checkpoint, Settings.from_environment(), engine=options.engine)
        figures = one_checkpoint(options.data, clips, engine) | {"fold": options.fold}
        target = options.out
    text = json.dumps(figures, indent=1)
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
