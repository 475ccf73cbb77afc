"""The `emoscope` command: arguments in, exit code out. Heavy packages are imported by the commands that need them."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from core.errors import EmoScopeError
from core.exports.records import GRANULARITIES
from core.settings import DEVICES, ENGINES, PRECISIONS, Settings

INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 something failed (and was named on standard error), 2 wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options, Settings.from_environment())
        sys.stdout.flush()
        return code
    except EmoScopeError as error:
        print(f"emoscope: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("emoscope: stopped.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader (head, less) has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="emoscope", description="What a voice feels, second by second.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_analyze(commands)
    _add_models(commands)
    serve = commands.add_parser("serve", help="start the dashboard")
    serve.add_argument("--port", type=int, default=8501)
    serve.add_argument("--host", default="localhost", help="address to listen on (default: this machine only)")
    serve.set_defaults(run=_serve)
    doctor = commands.add_parser("doctor", help="what is installed, which device, what is reachable")
    doctor.add_argument("--json", action="store_true", help="one JSON object")
    doctor.set_defaults(run=_doctor)
    return parser


def _add_analyze(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    analyze = commands.add_parser("analyze", help="say what clips feel")
    analyze.add_argument("clips", nargs="+", metavar="CLIP", help="audio or video files; - reads standard input")
    analyze.add_argument("--checkpoint", metavar="NAME|DIR", help="a known checkpoint or a folder (default: bundled)")
    analyze.add_argument("--granularity", choices=GRANULARITIES, default="utterance")
    analyze.add_argument("--precision", choices=PRECISIONS)
    analyze.add_argument("--device", choices=DEVICES)
    analyze.add_argument("--engine", choices=ENGINES, default="native", help="funasr: the reference implementation")
    analyze.add_argument("--out", type=Path, metavar="DIR", help="write <stamp>_<name>/ folders there")
    analyze.add_argument("--json", action="store_true", help="one JSON object a line on standard output")
    analyze.set_defaults(run=_analyze)


def _add_models(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
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

    return run(options.host, options.port)


def _doctor(options: argparse.Namespace, settings: Settings) -> int:
    from core.doctor import examine, report

    findings = examine(settings)
    print(report(findings, as_json=options.json))
    return 0 if findings["ready"] else 1
