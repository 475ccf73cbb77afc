"""`emoscope compare`: what it takes; `core.cli.comparing` does it."""

import argparse
from pathlib import Path
from typing import Any

from core.settings import DEVICES, ENGINES, PRECISIONS, Settings

DESIGNS = ("auto", "paired", "stratified", "speakers", "clips")  # core.comparison.groups', which is not imported here


def add_to(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command; what it needs is imported when it runs."""
    compare = commands.add_parser("compare", help="hold clips, or two groups of clips, against each other")
    compare.add_argument("clips", nargs="*", metavar="CLIP", help="two or more; - reads standard input")
    compare.add_argument("--reference", type=int, default=1, metavar="N", help="which clip the others are held against")
    compare.add_argument(
        "--align", action="store_true", help="lay clips beside each other by what is said (dynamic time warping)"
    )
    compare.add_argument(
        "--noise", action="store_true", help="measure the model's own noise, and call a difference only what exceeds it"
    )
    compare.add_argument(
        "--groups", metavar="CSV", type=Path, help="two groups: columns file, group, and speaker where it is known"
    )
    compare.add_argument("--group-a", nargs="+", default=[], metavar="CLIP", help="the first of two groups")
    compare.add_argument("--group-b", nargs="+", default=[], metavar="CLIP", help="the second of two groups")
    compare.add_argument("--design", choices=DESIGNS, default="auto", help="what a test of groups may exchange")
    compare.add_argument("--checkpoint", metavar="NAME|DIR", help="a known checkpoint or a folder (default: bundled)")
    compare.add_argument("--precision", choices=PRECISIONS)
    compare.add_argument("--device", choices=DEVICES)
    compare.add_argument("--engine", choices=ENGINES, default="native", help="funasr: the reference implementation")
    compare.add_argument("--drop-other", action="store_true", help="leave `other` and `unknown` out and renormalise")
    compare.add_argument(
        "--out", type=Path, metavar="DIR", help="write <stamp>_comparison/ there: tables, JSON and a report with sound"
    )
    compare.add_argument("--language", choices=("en", "zh"), default="en", help="of the report (default: en)")
    compare.add_argument("--json", action="store_true", help="one JSON object on standard output")
    compare.set_defaults(run=run)


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Import what compares, and do so."""
    from core.cli import comparing

    return comparing.run(options, settings)
