"""`python -m training.card`: the shipped folder, from what `training.train` and `training.evaluate` wrote.

Takes the weights of RUNS/bundled and the logs of all six runs, and writes the model card with its two figures. Every
figure in the card is read from a file: RESULTS/held-out.json, RESULTS/curves.json, the logs, `training.json`.
"""

import argparse
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.checkpoints import BUNDLED_DIR
from core.emotions import EMOTION_KEYS
from training.data import NUM_FOLDS

WEIGHT_FILES = ("model.safetensors", "config.yaml", "configuration.json", "tokens.txt", "training.json")
CORPORA = {
    "ravdess": ("RAVDESS", "English", "CC BY-NC-SA 4.0", "Livingstone & Russo 2018, PLoS ONE 13(5)"),
    "nemo": ("nEMO", "Polish", "CC BY-NC-SA 4.0", "Christop 2024, LREC-COLING"),
    "emodb": ("EmoDB (first 2 s of each clip)", "German", "CC0 1.0", "Burkhardt et al. 2005, Interspeech"),
    "banglaser": ("BanglaSER", "Bangla", "CC BY 4.0", "Das et al. 2022, Data in Brief"),
}
SVM_REFERENCE = {"ravdess": 43, "banglaser": 50, "emodb": 55, "nemo": 34}
GROUP_NAMES = {"bn": "Bangla", "de": "German", "en": "English", "pl": "Polish"}


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines)


def accuracy_table(accuracy: Mapping[str, Any]) -> str:
    """By corpus, gender and language; the reference beside corpora."""
    rows = []
    groups = [("corpus", accuracy["corpus"]), ("gender", accuracy["gender"]), ("language", accuracy["language"])]
    for attribute, found in [*groups, ("", {"all": accuracy["all"]})]:
        for name, figures in found.items():
            low, high = figures["uar_95"]
            reference = f"{SVM_REFERENCE[name]} %" if name in SVM_REFERENCE else ""
            title = CORPORA[name][0] if name in CORPORA else GROUP_NAMES.get(name, name)
            rows.append(
                [
                    f"{attribute} {title}".strip(),
                    f"**{percent(figures['uar'])}** ({100 * low:.1f}–{100 * high:.1f})",
                    percent(figures["weighted_accuracy"]),
                    f"{figures['clips']:,}",
                    figures["speakers"],
                    reference,
                ]
            )
    return table(["", "UAR (95 % interval)", "weighted accuracy", "clips", "speakers", "SVM reference, UAR"], rows)


def said_of_table(said_of: Mapping[str, Mapping[str, float]], sayable: Sequence[str]) -> str:
    """A confusion table in per cent of the true label's clips."""
    rows = [
        [true, *(f"**{100 * said.get(label, 0):.0f}**" if label == true else f"{100 * said.get(label, 0):.0f}"
                 for label in sayable)]
        for true, said in said_of.items()
    ]  # fmt: skip
    return table(["true \\ said, %", *sayable], rows)


def robustness_table(robustness: Mapping[str, Any]) -> str:
    corpora = sorted(robustness["clean"]["uar_by_corpus"])
    rows = [
        [name, f"**{percent(found['uar'])}**", *(percent(found["uar_by_corpus"][corpus]) for corpus in corpora)]
        for name, found in robustness.items()
    ]
    return table(["", "UAR of all", *(CORPORA.get(corpus, (corpus,))[0] for corpus in corpora)], rows)


def precision_table(precision: Mapping[str, Any]) -> str:
    rows = [
        [name, percent(found["uar"]), percent(found["same_verdict"]), f"{found['mean_absolute_score_change']:.5f}"]
        for name, found in precision.items()
    ]
    return table(["", "UAR", "same verdict as float32", "mean absolute change of a score"], rows)


def data_table(accuracy: Mapping[str, Any]) -> str:
    rows = [
        [title, language, f"{figures['clips']:,}", figures["speakers"], licence, cite]
        for name, (title, language, licence, cite) in CORPORA.items()
        if (figures := accuracy["corpus"].get(name))
    ]
    return table(["corpus", "language", "clips", "speakers", "licence", "cite"], rows)


def card(training: Mapping[str, Any], held_out: Mapping[str, Any], curves: Mapping[str, Any], megabytes: float) -> str:
    """MODEL_CARD.md."""
    accuracy, calibration, recipe = held_out["accuracy"], held_out["calibration"], training["recipe"]
    unsure, precision = calibration["unsure"], held_out["precision"]
    sayable = held_out["sayable"]
    unsayable = [key for key in EMOTION_KEYS if key not in sayable]
    lost = 100 * (precision["float32"]["uar"] - precision["int8"]["uar"])
    everyone = accuracy["all"]
    return f"""# EmoScope bundled

A small network that says what a voice feels, so that EmoScope gives a real verdict on the very first start, offline. It is
not one of the emotion2vec+ models, and it is far weaker than they are.

{
        table(
            ["", ""],
            [
                [
                    "network",
                    f"`EmoScopeMel`: log-mel filterbank (64) and periodicity by pitch (64), three convolutions, "
                    f"{recipe['num_blocks']} conformer-like blocks of width {recipe['embed_dim']}, linear head on frames; "
                    f"{training['parameters']:,} parameters, {megabytes:.1f} MB",
                ],
                ["input", "mono 16 kHz, layer-normalised over the clip: loudness is not heard"],
                ["output", f"logits of {len(sayable)} emotions at 50 Hz; their mean over time is the verdict"],
                ["says", ", ".join(sayable)],
                [
                    "cannot say",
                    f"{', '.join(unsayable)}: no clip showed it. `other` was learnt from acted boredom of EmoDB alone, "
                    "`disgusted` from RAVDESS and EmoDB alone",
                ],
                [
                    "calibration",
                    f"temperature {calibration['temperature']}; a verdict below {calibration['unsure_below']} is "
                    '"unsure"',
                ],
                [
                    "training",
                    f"{training['clips']:,} clips, {training['epochs']} epochs, {training['minutes']:.0f} minutes on one "
                    "core of a shared machine",
                ],
            ],
        )
    }

## Data

{everyone["clips"]:,} clips of acted speech, {everyone["speakers"]} speakers:

{data_table(accuracy)}

RAVDESS "calm" is taken as neutral, EmoDB "boredom" as other. **The weights carry CC BY-NC-SA 4.0**, because RAVDESS and
nEMO do; the code that runs them is Apache-2.0.

## How well it hears speakers it never heard

The shipped weights learnt from all {
        everyone["speakers"]
    } speakers, so that no speaker here is new to them. The figures are those of five
twins, trained by the same recipe, each without a fifth of the speakers (`training/folds.json`) and tried on these alone.
Full softmax over all {len(sayable)} labels; intervals are percentile bootstraps over speakers.

{accuracy_table(accuracy)}

The reference is an SVM on MFCC and mel statistics trained on the same corpora and tested on other speakers of them.

{said_of_table(held_out["said_of"], sayable)}

![Learning curves](learning_curves.png)

## How far its confidence can be trusted

Temperature scaling, fitted on speakers that the twins never heard; for the figures, on four folds' and tried on the fifth's.
The expected calibration error over 15 bins is **{calibration["ece"]:.3f}**, {
        calibration["ece_uncalibrated"]:.3f} without
({", ".join(f"{CORPORA.get(c, (c,))[0]} {value:.3f}" for c, value in calibration["ece_by_corpus"].items())} after).

![Reliability](reliability.png)

**"Unsure"**: {percent(unsure["coverage"])} of the clips keep a verdict, and {
        percent(unsure["accuracy_of_the_sure"])
    } of these are right, against
{percent(unsure["accuracy_of_all"])} of all clips. Of the unsure ones, the true label is among the two candidates in {
        percent(unsure["true_label_among_two_when_unsure"])
    }.

## Its curve

Two clips of different emotion, each recognised on its own, spoken by anyone the twin never heard, joined end to end: the
curve's change point lies within {curves["within_s"]} s of the joint in **{percent(curves["share_within"])}** of {
        curves["pairs"]
    } random pairs
({percent(curves["share_by_chance"])} for a point drawn at random, {
        percent(curves["share_of_middles"])
    } for the middle of the clip, as most
clips are about as long), and in **{percent(curves["off_centre_share_within"] or 0)}** of the {
        curves["off_centre_pairs"]
    } whose joint is not near the middle. The median distance is {
        curves["median_distance_s"]
    } s. Both halves keep their verdict, read off the joined
clip's curve, in {percent(curves["both_halves_keep_their_verdict"])}.

## What it stands

Every fifth held-out clip, changed before it is heard:

{robustness_table(held_out["robustness"])}

Fewer bits, on the same clips:

{precision_table(precision)}

Dynamic int8 {"costs" if lost > 0 else "gains"} {
        abs(lost):.1f} points of UAR here. (7.2 points of F1 are reported for emotion2vec+ large elsewhere.)

## Limits

- Acted emotion only, read sentences, mostly studio recordings, four languages. Spontaneous speech, other languages,
  children, crowds and real telephone lines were not measured.
- Corpora differ in which emotions they show; a class that only one corpus shows (`other`) is also that corpus's sound.
- Calibration holds for speech like the corpora's. On other speech the confidence is too high, as a rule.
- A verdict is about how a voice sounds to actors' labels, not about what a person feels.

## Not to be used for

Judging people: hiring, grading, policing, insurance, credit, medical or legal decisions, emotion inference at work or in
schools. Any commercial use (the licence forbids it).

## Again

    make train       # five twins and the shipped weights, two at a time
    make evaluate    # the figures, the calibration, this card
"""  # noqa: E501  # a Markdown paragraph with figures in it is long in the source


def draw_learning_curves(logs: Mapping[str, Sequence[Mapping[str, Any]]], path: Path) -> None:
    """Training loss of every run, and the held-out UAR of the twins where it was looked at."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.4), layout="constrained")
    losses, recalls = figure.subplots(1, 2)
    for name, lines in logs.items():
        losses.plot([line["epoch"] for line in lines], [line["loss"] for line in lines], linewidth=1, label=name)
        looked = [line for line in lines if "held_out" in line]
        for corpus in sorted({corpus for line in looked for corpus in line["held_out"]["corpus"]}):
            recalls.plot(
                [line["epoch"] for line in looked],
                [100 * line["held_out"]["corpus"][corpus]["uar"] for line in looked],
                marker="o",
                markersize=3,
                linewidth=1,
                color=f"C{sorted(CORPORA).index(corpus) if corpus in CORPORA else 5}",
                label=CORPORA[corpus][0].split(" (")[0] if corpus in CORPORA and name.endswith("0") else None,
            )
    losses.set(xlabel="epoch", ylabel="training loss (smoothed labels, augmented)")
    recalls.set(xlabel="epoch", ylabel="held-out UAR, %")
    for axes in (losses, recalls):
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=7)
    figure.savefig(path, dpi=110, metadata={"Software": None})


def draw_reliability(bins: Sequence[Mapping[str, float]], path: Path) -> None:
    """Accuracy against confidence, and how many clips each bin holds."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 100], [0, 100], color="0.6", linestyle="--", linewidth=1)
    width = 100 * (bins[0]["high"] - bins[0]["low"])
    axes.bar(
        [100 * each["low"] for each in bins],
        [100 * each["accuracy"] for each in bins],
        width,
        align="edge",
        color="#56B4E9",
        edgecolor="white",
    )
    for each in bins:
        axes.annotate(
            str(each["count"]),
            (50 * (each["low"] + each["high"]), 1),
            ha="center",
            fontsize=6,
            color="0.25",
            rotation=90,
        )
    axes.set(xlabel="confidence, %", ylabel="recognised, %", xlim=(0, 100), ylim=(0, 100))
    figure.savefig(path, dpi=110, metadata={"Software": None})


def read_log(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def ship(runs: Path, results: Path, folder: Path) -> None:
    """Write `folder` and the logs in `results`."""
    names = [*(f"held-out-{fold}" for fold in range(NUM_FOLDS)), "bundled"]
    for name in WEIGHT_FILES:
        shutil.copyfile(runs / "bundled" / name, folder / name)
    for name in names:
        shutil.copyfile(runs / name / "log.jsonl", results / f"{name}.log.jsonl")
    held_out = json.loads((results / "held-out.json").read_text())
    draw_learning_curves(
        {name: read_log(results / f"{name}.log.jsonl") for name in names}, folder / "learning_curves.png"
    )
    draw_reliability(held_out["calibration"]["reliability"], folder / "reliability.png")
    text = card(
        json.loads((folder / "training.json").read_text()),
        held_out,
        json.loads((results / "curves.json").read_text()),
        (folder / "model.safetensors").stat().st_size / 1e6,
    )
    (folder / "MODEL_CARD.md").write_text(text, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where bundled and held-out-0 … 4 lie")
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--out", type=Path, default=BUNDLED_DIR, help="the folder to write")
    options = parser.parse_args(arguments)
    ship(options.runs, options.results, options.out)


if __name__ == "__main__":
    main()
