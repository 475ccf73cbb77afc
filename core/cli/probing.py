"""`emoscope probe` and `emoscope heads`: a linear probe of a library's clips, kept as a named head."""

import argparse
import json
from typing import TYPE_CHECKING, Any

from core.cli.terminal import json_line, plain, results_only, show_progress
from core.errors import ProjectionError
from core.settings import Settings

if TYPE_CHECKING:
    from core.projection import Probe

SPACES = ("emotion", "within_speaker", "acoustic")


def add_to(commands: Any) -> None:
    """Add both commands to a parser's."""
    probe = commands.add_parser("probe", help="learn to tell tags apart from a library's clips, and keep it as a head")
    probe.add_argument("--library", required=True, metavar="DIR|s3://…", help="where the library is")
    classes = probe.add_mutually_exclusive_group(required=True)
    classes.add_argument("--tags", metavar="A,B,…", help="these tags are the classes; a clip with several is left out")
    classes.add_argument(
        "--column", metavar="NAME", help="its values are the classes: reference, speaker, label, or one of metadata"
    )
    probe.add_argument("--name", required=True, help="what the head is called: analyze and timeline take --head NAME")
    probe.add_argument("--space", choices=SPACES, default="emotion", help="only a head of emotion can be used on sound")
    for name in ("label", "speaker", "tag"):
        probe.add_argument(
            f"--{name}", action="append", default=[], help=f"only clips with this {name}; may be said again"
        )
    probe.add_argument("--seed", type=int, default=0, help="of the folds (default: 0)")
    probe.add_argument("--force", action="store_true", help="replace a head of that name")
    probe.add_argument("--json", action="store_true", help="one JSON object")
    probe.set_defaults(run=run_probe)
    heads = commands.add_parser("heads", help="list the heads that were kept, or remove one")
    heads.add_argument("--remove", metavar="NAME", help="remove this one")
    heads.add_argument("--json", action="store_true", help="one JSON object a line")
    heads.set_defaults(run=run_heads)


def run_probe(options: argparse.Namespace, settings: Settings) -> int:
    """Fit, say how good it is on speakers it has not heard, and keep it.

    Raises `ProjectionError` for classes that cannot be learnt or a name that is taken, `LibraryError` for a library
    that cannot be read.
    """
    from core.library import Library, Query
    from core.projection import clip_table, fit_probe, heads_home, load_space, save_head

    query = Query(labels=tuple(options.label), speakers=tuple(options.speaker), tags=tuple(options.tag))
    library = Library.open(options.library, create=False)
    with results_only(encoding="utf-8" if options.json else None) as results:
        show_progress("reading")
        space = load_space(library, query, options.space)
        table = clip_table(library, space.keys, acoustics=False)
        show_progress("fitting")
        probe = fit_probe(space, _classes(options, table), table["speaker"].tolist(), seed=options.seed)
        probe = save_head(heads_home(settings), options.name, probe, overwrite=options.force)
        show_progress("")
        print(json_line(json.dumps(_record(probe))) if options.json else _text(probe), file=results)
    return 0


def run_heads(options: argparse.Namespace, settings: Settings) -> int:
    """List heads, or remove one. Raises `ProjectionError` where there is none of that name."""
    from core.projection import heads, heads_home, load_head, remove_head

    home = heads_home(settings)
    if options.remove is not None:
        remove_head(home, options.remove)
        return 0
    with results_only(encoding="utf-8" if options.json else None) as results:
        for name in heads(home):
            probe = load_head(home, name)
            print(json_line(json.dumps(_record(probe))) if options.json else _text(probe), file=results)
    return 0


def _classes(options: argparse.Namespace, table: Any) -> list[str | None]:
    """Each clip's class. Raises `ProjectionError` for a column that is none."""
    from core.projection import tag_classes
    from core.projection.tables import METADATA

    if options.tags is not None:
        wanted = tuple(tag.strip() for tag in options.tags.split(",") if tag.strip())
        return tag_classes(table["tags"].tolist(), wanted)
    known = {name: name for name in ("reference", "speaker", "label")}
    known |= {str(name).removeprefix(METADATA): str(name) for name in table.columns if str(name).startswith(METADATA)}
    if options.column not in known:
        raise ProjectionError(f"There is no column {options.column!r}; there are {', '.join(known)}.")
    return [None if value in (None, "") else str(value) for value in table[known[options.column]]]


def _record(probe: "Probe") -> dict[str, Any]:
    return {
        "name": probe.name,
        "space": probe.space,
        "model": probe.model,
        "uar": round(probe.cv_uar, 4),
        "chance": round(probe.chance, 4),
        "recalls": dict(zip(probe.classes, (round(each, 4) for each in probe.recalls), strict=True)),
        "clips": probe.num_clips,
        "speakers": probe.num_groups,
        "folds": probe.folds,
        "speakers_kept_apart": probe.grouped,
    }


def _text(probe: "Probe") -> str:
    apart = "speakers kept apart" if probe.grouped else "the same speakers in several folds, which flatters"
    lines = [
        f"{plain(probe.name)} · {probe.space} ({plain(probe.model)})",
        f"  unweighted average recall {probe.cv_uar:.1%}, by chance {probe.chance:.1%}: {probe.folds} folds of "
        f"{probe.num_clips} clips of {probe.num_groups} speakers, {apart}",
    ]
    recalls = zip(probe.classes, probe.recalls, strict=True)
    return "\n".join(lines + [f"  {plain(label):>10} {recall:6.1%}" for label, recall in recalls])
