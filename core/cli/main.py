"""The `emoscope` command: arguments in, exit code out. Heavy packages are imported by the commands that need them."""

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from core.cli import compare, mapping, probing, speakers, truth
from core.cli.terminal import discard_output, make_streams_usable, plain, say
from core.errors import EmoScopeError
from core.settings import DEVICES, ENGINES, GRANULARITIES, PRECISIONS, Settings

FAILED = 1
INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 something failed (and was named on standard error), 2 wrong usage."""
    make_streams_usable()
    try:
        options = _parser().parse_args(arguments)
        code: int = options.run(options, Settings.from_environment())
        sys.stdout.flush()
        return code
    except EmoScopeError as error:
        say(f"emoscope: {plain(str(error))}")
        return FAILED
    except KeyboardInterrupt:
        say("emoscope: stopped.")
        return INTERRUPTED
    except BrokenPipeError:  # the reader (head, less) has enough
        discard_output()
        return 0
    except OSError as error:  # standard output itself: everything else has errors of its own
        discard_output()
        say(f"emoscope: the results cannot be written ({error.strerror or error}).")
        return FAILED


class _Parser(argparse.ArgumentParser):
    """What was typed is shown with its control characters made visible, here as everywhere."""

    def error(self, message: str) -> NoReturn:
        super().error(plain(message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="emoscope", description="What a voice feels, second by second.")
    parser.add_argument("--version", action=_ShowVersion, nargs=0, help="show the version and leave")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_analyze(commands)
    _add_timeline(commands)
    compare.add_to(commands)
    _add_batch(commands)
    _add_library(commands)
    _add_models(commands)
    mapping.add_to(commands)
    probing.add_to(commands)
    speakers.add_to(commands)
    serve = commands.add_parser("serve", help="start the dashboard")
    serve.add_argument("--port", type=_port, default=8501, help="1 to 65535 (default: 8501)")
    serve.add_argument("--host", default="localhost", help="address to listen on (default: this machine only)")
    serve.set_defaults(run=_serve)
    doctor = commands.add_parser("doctor", help="what is installed, which device, what is reachable")
    doctor.add_argument("--json", action="store_true", help="one JSON object")
    doctor.set_defaults(run=_doctor)
    return parser


class _ShowVersion(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        import importlib.metadata

        print(f"emoscope {importlib.metadata.version('emoscope')}")
        parser.exit()


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:
        raise ValueError
    return port


_port.__name__ = "port"  # argparse's message says "invalid port value"


def _moment(text: str) -> float:
    """Seconds, from `75`, `1:15` or `0:01:15.0`."""
    parts = [float(part) for part in text.split(":")]
    if len(parts) > 3 or not all(math.isfinite(part) and part >= 0 for part in parts):
        raise ValueError
    return sum(part * 60.0**place for place, part in enumerate(reversed(parts)))


_moment.__name__ = "time"


def _add_analyze(commands: "argparse._SubParsersAction[_Parser]") -> None:
    analyze = commands.add_parser("analyze", help="say what clips feel")
    _add_listening(analyze)
    analyze.add_argument("--granularity", choices=GRANULARITIES, default="utterance")
    analyze.add_argument("--head", metavar="NAME", help="a probe that was kept by this name: its scores, too")
    analyze.set_defaults(run=_analyze)


def _add_timeline(commands: "argparse._SubParsersAction[_Parser]") -> None:
    timeline = commands.add_parser("timeline", help="say what clips feel, second by second")
    _add_listening(timeline)
    timeline.add_argument(
        "--export", metavar="KIND,…", default="",
        help="json, csv, parquet, npz, textgrid, eaf, audacity, srt, vtt, html (a report with the sound), figure (its "
        "figure alone); all of them where only --out is given",
    )  # fmt: skip
    timeline.add_argument("--language", choices=("en", "zh"), default="en", help="of the report (default: en)")
    timeline.add_argument("--from", dest="from_s", type=_moment, metavar="TIME", help="tell of what follows (75, 1:15)")
    timeline.add_argument("--to", dest="to_s", type=_moment, metavar="TIME", help="tell of what comes before")
    timeline.add_argument(
        "--smooth", type=float, default=0.0, metavar="S", help="smooth probabilities in tables and the report, 0 to 3 s"
    )
    timeline.add_argument("--smooth-by", choices=("moving-average", "savitzky-golay"), default="savitzky-golay")
    timeline.add_argument("--no-vad", action="store_true", help="let silence count as an emotion, too")
    timeline.add_argument(
        "--min-segment", type=float, default=0.5, metavar="S", help="no segment is shorter, in seconds (default: 0.5)"
    )
    timeline.add_argument(
        "--speakers", type=int, nargs="?", const=0, metavar="N",
        help="say who speaks when, too: N voices, or as many as are found (write it after the clips)",
    )  # fmt: skip
    timeline.add_argument("--head", metavar="NAME", help="a probe that was kept by this name: its scores, too")
    timeline.set_defaults(run=_timeline)


def _add_batch(commands: "argparse._SubParsersAction[_Parser]") -> None:
    batch = commands.add_parser("batch", help="analyse many clips into a library; goes on where an earlier run stopped")
    batch.add_argument(
        "source", metavar="SOURCE", help="a folder, a zip, a CSV with a column `file`, or a list of files"
    )
    batch.add_argument("--library", required=True, metavar="DIR|s3://…", help="where the library is, or is to be")
    batch.add_argument("--metadata", metavar="CSV", help="columns about the clips: file, speaker, reference, …")
    batch.add_argument(
        "--speaker-from",
        default="",
        metavar="PATTERN",
        help="a regular expression with a group (?P<speaker>…) on names",
    )
    batch.add_argument("--engine", choices=("local", "ray"), default="local", help="ray: many processes or machines")
    batch.add_argument("--workers", type=int, default=0, metavar="N", help="clips heard at once (default: one a core)")
    batch.add_argument("--checkpoint", metavar="NAME|DIR", help="a known checkpoint or a folder (default: bundled)")
    batch.add_argument("--precision", choices=PRECISIONS)
    batch.add_argument("--device", choices=DEVICES)
    batch.add_argument(
        "--no-sound", action="store_true", help="keep no sound in the library, only what was heard in it"
    )
    batch.add_argument("--json", action="store_true", help="one JSON object on standard output")
    batch.set_defaults(run=_batch)


def _add_library(commands: "argparse._SubParsersAction[_Parser]") -> None:
    library = commands.add_parser("library", help="look a library through, mend it, tidy it up")
    actions = library.add_subparsers(required=True, metavar="ACTION")
    for name, what in (
        ("show", "how many clips there are, of what, and the room they take"),
        ("verify", "read every clip; exit code 1 when something is damaged"),
        ("repair", "remove what is damaged or belongs to nothing (not while a batch runs)"),
        ("compact", "remove deleted clips for good, merge small files (not while a batch runs)"),
    ):
        action = actions.add_parser(name, help=what)
        action.add_argument("--library", required=True, metavar="DIR|s3://…", help="where the library is")
        if name == "show":
            action.add_argument("--json", action="store_true", help="one JSON object")
        action.set_defaults(run=_library, action=name)
    _add_moving(actions)
    truth.add_to(actions)


def _add_moving(actions: "argparse._SubParsersAction[_Parser]") -> None:
    """`library export` and `library import`."""
    export = actions.add_parser("export", help="take clips elsewhere, or the whole library")
    export.add_argument("out", metavar="OUT", help="the file to write; of the form `library` a folder")
    forms = ("csv", "parquet", "jsonl", "npy", "audiofolder", "library")
    export.add_argument("--format", choices=forms, default="csv", help="default: csv")
    for name in ("label", "speaker", "tag"):
        export.add_argument(
            f"--{name}", action="append", default=[], help=f"only clips with this {name}; may be said again"
        )
    export.add_argument(
        "--space", choices=("emotion", "speaker", "scores"), default="emotion", help="of the form `npy`"
    )
    export.add_argument("--force", action="store_true", help="replace a file that is there")
    take = actions.add_parser("import", help="add the clips of a folder that `export --format library` wrote")
    take.add_argument("folder", metavar="FOLDER")
    speakers.add_voices_to(actions)
    for action, name in ((export, "export"), (take, "import")):
        action.add_argument("--library", required=True, metavar="DIR|s3://…", help="where the library is")
        action.set_defaults(run=_library, action=name)


def _library(options: argparse.Namespace, settings: Settings) -> int:
    from core.cli import library

    if options.action == "show":
        return library.run_show(options.library, options.json)
    if options.action == "import":
        return library.run_import(options.library, options.folder)
    if options.action == "export":
        from core.library import Query

        query = Query(labels=tuple(options.label), speakers=tuple(options.speaker), tags=tuple(options.tag))
        chosen = (options.format, query, options.space)
        return library.run_export(options.library, options.out, *chosen, force=options.force)
    run: Callable[[str], int] = getattr(library, f"run_{options.action}")
    return run(options.library)


def _add_listening(command: _Parser) -> None:
    """What is heard, and how."""
    command.add_argument("clips", nargs="+", metavar="CLIP", help="audio or video files; - reads standard input")
    command.add_argument("--checkpoint", metavar="NAME|DIR", help="a known checkpoint or a folder (default: bundled)")
    command.add_argument("--precision", choices=PRECISIONS)
    command.add_argument("--device", choices=DEVICES)
    command.add_argument("--engine", choices=ENGINES, default="native", help="funasr: the reference implementation")
    command.add_argument("--drop-other", action="store_true", help="leave `other` and `unknown` out and renormalise")
    command.add_argument("--out", type=Path, metavar="DIR", help="write <stamp>_<name>/ folders there")
    command.add_argument("--json", action="store_true", help="one JSON object a line on standard output")


def _add_models(commands: "argparse._SubParsersAction[_Parser]") -> None:
    models = commands.add_parser("models", help="list, fetch and verify checkpoints")
    actions = models.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("list", help="known checkpoints and where they are").set_defaults(run=_models_list)
    pull = actions.add_parser("pull", help="fetch a checkpoint; goes on where an earlier pull stopped")
    pull.add_argument("name")
    pull.add_argument("--source", choices=("auto", "modelscope", "huggingface"), default="auto")
    pull.set_defaults(run=_models_pull)
    verify = actions.add_parser("verify", help="read a checkpoint through and compare its checksums")
    verify.add_argument("name")
    verify.set_defaults(run=_models_verify)


def _timeline(options: argparse.Namespace, settings: Settings) -> int:
    from core.cli import timeline

    return timeline.run(options, settings)


def _batch(options: argparse.Namespace, settings: Settings) -> int:
    from core.cli.batch import run

    return run(options, settings)


def _analyze(options: argparse.Namespace, settings: Settings) -> int:
    from core.cli.analyzing import run

    return run(options, settings)


def _models_list(options: argparse.Namespace, settings: Settings) -> int:
    from core.cli.models import run_list

    return run_list(settings)


def _models_pull(options: argparse.Namespace, settings: Settings) -> int:
    from core.cli.models import run_pull

    return run_pull(options.name, options.source, settings)


def _models_verify(options: argparse.Namespace, settings: Settings) -> int:
    from core.cli.models import run_verify

    return run_verify(options.name, settings)


def _serve(options: argparse.Namespace, settings: Settings) -> int:
    from core.cli.serving import run

    return run(options.host, options.port, settings)


def _doctor(options: argparse.Namespace, settings: Settings) -> int:
    from core.doctor import examine, report

    findings = examine(settings)
    print(report(findings, as_json=options.json))
    return 0 if findings["ready"] else FAILED
