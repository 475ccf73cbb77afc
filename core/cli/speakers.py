"""`emoscope speakers` and `emoscope library voices`. Heavy packages are imported when a command runs."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.terminal import json_line, plain, results_only, say, show_progress
from core.errors import EmoScopeError, LibraryError, SettingsError
from core.settings import Settings

if TYPE_CHECKING:
    from core.results import Array
    from core.speakers import Conversation, VoiceEmbedder

MODELS = ("auto", "resemblyzer", "campplus")
EXPORTS = {"rttm": ".rttm", "json": ".json"}


def add_to(commands: "argparse._SubParsersAction[Any]") -> None:
    """`emoscope speakers`."""
    command = commands.add_parser("speakers", help="say who speaks when")
    command.add_argument("clips", nargs="+", metavar="CLIP", help="audio or video files")
    command.add_argument("--num", type=int, metavar="N", help="how many speak (default: found out)")
    command.add_argument("--model", choices=MODELS, default="auto", help="of voices (default: the best one here)")
    command.add_argument("--library", metavar="DIR|s3://…", help="name those whose voices are in this library")
    command.add_argument("--export", choices=tuple(EXPORTS), help="print this form; with --out write a file a clip")
    command.add_argument(
        "--out", type=Path, metavar="DIR", help="the folder to write to; with --force over what is there"
    )
    command.add_argument("--force", action="store_true", help="replace files that are there")
    command.set_defaults(run=run)


def add_voices_to(actions: "argparse._SubParsersAction[Any]") -> None:
    """`emoscope library voices`."""
    action = actions.add_parser("voices", help="give every clip a vector of its voice; goes on where a run stopped")
    action.add_argument("--library", required=True, metavar="DIR|s3://…", help="where the library is")
    action.add_argument("--model", choices=MODELS, default="auto", help="of voices (default: the best one here)")
    action.set_defaults(run=run_voices, action="voices")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Say who speaks when in each clip; a bad one is one line on standard error and exit code 1, the others go on.

    Raises `SettingsError` for `--out` without `--export`, and what opening the model or the library raises.
    """
    from core.speakers import TurnOptions, VoiceEmbedder

    if options.out is not None and options.export is None:
        raise SettingsError("--out needs to know the form; add --export rttm or --export json.")
    wanted = TurnOptions(num_speakers=options.num)
    embedder = VoiceEmbedder.open(settings, options.model)
    enrolled = _enrolled(options.library, embedder)
    taken: set[str] = set()
    failed = 0
    with results_only(encoding="utf-8" if options.export == "json" else None) as results:
        for clip in options.clips:
            try:
                found, duration_s = _listen(clip, settings, embedder, wanted, enrolled)
                text = _written(found, clip, duration_s, options.export)
                if options.out is None:
                    results.write(text)
                else:
                    say(f"written to {plain(str(_keep(text, clip, options, taken)))}")
                results.flush()
            except EmoScopeError as error:
                failed += 1
                say(f"emoscope: {plain(str(error))}")
    return 1 if failed else 0


def run_voices(options: argparse.Namespace, settings: Settings) -> int:
    """Vectors for the clips of a library that have none of this model."""
    from core.library import Library, Query
    from core.speakers import VoiceEmbedder, add_speaker_vectors, without_vector

    library = Library.open(options.library, create=False)
    embedder = VoiceEmbedder.open(settings, options.model)
    added = add_speaker_vectors(
        library, Query(), embedder, on_progress=lambda done, total: show_progress(f"voices: {done} of {total}")
    )
    show_progress("")
    left = len(without_vector(library, Query(), embedder.model_id))
    rest = f"; {left} have no sound, or no voice in it" if left else ""
    print(f"{added} clips have a vector of their voice now, by {embedder.model_id}{rest}")
    return 0


def _enrolled(location: str | None, embedder: "VoiceEmbedder") -> "dict[str, Array]":
    if location is None:
        return {}
    from core.library import Library
    from core.speakers import enrolled_in

    found = enrolled_in(Library.open(location, create=False), embedder.model_id)
    if not found:
        raise LibraryError(
            f"The library {location!r} names no speaker whose voice is known to {embedder.model.title}; say who speaks "
            "in some of its clips, then run `emoscope library voices`."
        )
    return found


def _listen(
    clip: str, settings: Settings, embedder: "VoiceEmbedder", wanted: Any, enrolled: "dict[str, Array]"
) -> "tuple[Conversation, float]":
    from core.audio import Limits, decode
    from core.speakers import conversation, names_for

    name = plain(clip)
    show_progress(f"{name}: decoding")
    waveform = decode(clip, limits=Limits.from_settings(settings))
    show: Callable[[int, int], None] = lambda done, total: show_progress(f"{name}: {done} of {total} pieces")  # noqa: E731
    found = conversation(waveform, embedder, options=wanted, on_progress=show)
    show_progress("")
    return found.renamed(names_for(found.voices, enrolled, embedder.same_voice)), waveform.duration_s


def _written(found: "Conversation", clip: str, duration_s: float, form: str | None) -> str:
    from core.exports.rttm import rttm

    if form == "rttm":
        return rttm(found.turns, Path(clip).name)
    if form == "json":
        return json_line(json.dumps(record(found, Path(clip).name, duration_s), ensure_ascii=False)) + "\n"
    return _text(found, clip, duration_s)


def record(found: "Conversation", name: str, duration_s: float) -> dict[str, Any]:
    """Turns as plain JSON values."""
    return {
        "name": name,
        "duration_s": round(duration_s, 4),
        "model": found.model_id,
        "speakers": {speaker: round(seconds, 3) for speaker, seconds in found.seconds.items()},
        "turns": [
            {"start_s": round(turn.start_s, 3), "end_s": round(turn.end_s, 3), "speaker": turn.speaker}
            for turn in found.turns
        ],
    }


def _text(found: "Conversation", clip: str, duration_s: float) -> str:
    from core.clock import clock

    count = len(found.voices)
    who = "no speech found" if not count else f"{count} speaker{'s' if count > 1 else ''}"
    lines = [f"{plain(Path(clip).name)} · {duration_s:.2f} s · {who}"]
    lines += [f"  {plain(name)}: {seconds:.1f} s" for name, seconds in found.seconds.items()]
    lines += [f"  {clock(turn.start_s)} – {clock(turn.end_s)}  {plain(turn.speaker)}" for turn in found.turns]
    return "\n".join(lines) + "\n"


def _keep(text: str, clip: str, options: argparse.Namespace, taken: set[str]) -> Path:
    """Write a clip's file, whole or not at all. Raises `ExportError` where it is there or cannot be written."""
    from core.errors import ExportError
    from core.exports.names import safe_name

    name, number = safe_name(Path(clip).name), 2
    base = name
    while name in taken:  # of two clips with one name
        name, number = f"{base}_{number}", number + 1
    taken.add(name)
    target: Path = options.out / f"{name}{EXPORTS[options.export]}"
    if target.exists() and not options.force:
        raise ExportError(f"{str(target)!r} is there already; say --force to replace it.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.partial")
        partial.write_text(text, encoding="utf-8")
        partial.replace(target)
    except OSError as error:
        raise ExportError(f"{str(target)!r} cannot be written ({error.strerror or error}).") from error
    return target
