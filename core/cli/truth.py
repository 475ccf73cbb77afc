"""`emoscope library truth`: what the verdicts are worth on the clips that have a reference."""

import argparse
from typing import TYPE_CHECKING, Any

from core.cli.terminal import plain
from core.settings import Settings

if TYPE_CHECKING:
    from core.truth import EmotionFigures, GroundTruth, Interval, LabelError

_SPEAKERS = 10  # that are printed, the hardest first
_ERRORS = 10


def add_to(actions: Any) -> None:
    """Add `library truth`."""
    command = actions.add_parser(
        "truth", help="hold verdicts against references: confusion, UAR, accuracy, likely label errors"
    )
    command.add_argument("--library", required=True, metavar="DIR|s3://…", help="where the library is")
    for name in ("checkpoint", "speaker", "tag"):
        command.add_argument(
            f"--{name}", action="append", default=[], help=f"only clips with this {name}; may be said again"
        )
    command.add_argument(
        "--without-unsure",
        action="store_true",
        help="leave unsure verdicts out (default: they count as the best label)",
    )
    command.add_argument("--json", action="store_true", help="one JSON object, with every speaker and label error")
    command.set_defaults(run=run)


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Print the figures. Raises `LibraryError` where no clip has a reference that counts."""
    import json

    from core.library import Library, Query
    from core.truth import TruthOptions, ground_truth, judgements_of, label_errors

    query = Query(
        checkpoints=tuple(options.checkpoint), speakers=tuple(options.speaker), tags=tuple(options.tag), order="key"
    )
    judgements = judgements_of(Library.open(options.library, create=False), query)
    truth = ground_truth(judgements, TruthOptions(leave_out_unsure=options.without_unsure))
    errors = label_errors(judgements)
    if options.json:
        print(json.dumps(truth.to_dict() | {"label_errors": [_record(error) for error in errors]}, ensure_ascii=True))
    else:
        print("\n".join([*_lines(truth), *_error_lines(errors)]))
    return 0


def _record(error: "LabelError") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(error) | {"margin": error.margin}


def _lines(truth: "GroundTruth") -> list[str]:
    said = "left out" if truth.options.leave_out_unsure else "counted as their best label"
    drawn = f"{truth.options.share:.0%} intervals, drawing {truth.resampled}"
    lines = [
        f"clips counted: {truth.counted:,} of {truth.judged:,} with a reference; without one: {truth.without:,}",
        f"verdicts of {plain(', '.join(truth.checkpoints))}; unsure: {truth.unsure:,}, {said}",
        *(f"left out, as the checkpoint cannot say it: reference {plain(name)!r}, clips: {count:,}"
          for name, count in sorted(truth.unsayable.items())),
        "",
        f"UAR                {_figure(truth.uar, truth.uar_interval)}",
        f"weighted accuracy  {_figure(truth.accuracy, truth.accuracy_interval)}",
        f"({drawn}. Of clips the checkpoint learnt from, they promise nothing for new speakers.)",
        "",
        *_matrix_lines(truth),
        "",
        f"{'emotion':>10}    clips   recall  precision      F1",
        *map(_emotion_line, truth.by_emotion),
    ]  # fmt: skip
    hardest = sorted(truth.by_speaker, key=lambda each: (each.uar, each.speaker))[:_SPEAKERS]
    if truth.num_speakers > 1:
        lines += ["", f"the hardest of {truth.num_speakers:,} speakers"]
        lines += [f"{_percent(each.uar)} UAR {_percent(each.accuracy)} accuracy  {each.clips:6,} clips  "
                  f"{plain(each.speaker) or '(nobody named)'}" for each in hardest]  # fmt: skip
    return lines


def _emotion_line(each: "EmotionFigures") -> str:
    figures = f"{_percent(each.recall)}    {_percent(each.precision)}  {_percent(each.f1)}"
    return f"{each.label:>10}  {each.clips:7,}  {figures}"


def _figure(value: float, interval: "Interval") -> str:
    return f"{value:6.1%}  ({interval.low:.1%} to {interval.high:.1%})"


def _percent(value: float | None) -> str:
    return "     –" if value is None else f"{value:6.1%}"


def _matrix_lines(truth: "GroundTruth") -> list[str]:
    """References down, verdicts across."""
    head = "reference ↓ said →"
    lines = [f"{head:>18}" + "".join(f"{label[:9]:>10}" for label in truth.labels)]
    for label, counts in zip(truth.labels, truth.confusion.tolist(), strict=True):
        lines.append(f"{label:>18}" + "".join(f"{count:10,}" for count in counts))
    return lines


def _error_lines(errors: "tuple[LabelError, ...]") -> list[str]:
    if not errors:
        return ["", "no reference is likely wrong"]
    lines = ["", f"references that are likely wrong: {len(errors):,}; the likeliest:"]
    return lines + [
        f"  {error.reference} → {error.suggested}  {error.reference_score:.2f} against {error.suggested_score:.2f}  "
        f"{plain(error.source)}"
        for error in errors[:_ERRORS]
    ]
