"""What goes to a terminal or a pipe: results alone on standard output, and nothing from outside may steer either."""

import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from core.text import plain

__all__ = ["bar", "discard_output", "json_line", "make_streams_usable", "plain", "results_only", "say", "show_progress"]

_BAR_CELLS = 24


def json_line(text: str) -> str:
    r"""JSON text with every character that is not printable as `\uXXXX`.

    JSON leaves U+0085, U+2028 and the C1 controls as they are: some readers end a line there, and some terminals obey.
    """
    return text if text.isascii() and text.isprintable() else re.sub(r"[^ -~]", _json_escape, text)


def _json_escape(found: "re.Match[str]") -> str:
    character = found[0]
    if character.isprintable():
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


def bar(share: float) -> str:
    """A bar of `share` (0–1), 24 cells long."""
    return "█" * round(share * _BAR_CELLS)


def say(message: str) -> None:
    """One line on standard error, in place of a progress line."""
    show_progress("")
    print(message, file=sys.stderr, flush=True)


def show_progress(message: str) -> None:
    """A line that is written over by the next one; only where someone watches."""
    if sys.stderr.isatty():
        print(f"\r\x1b[2K{message}", end="", file=sys.stderr, flush=True)


def make_streams_usable() -> None:
    """A stream that was closed swallows what is written; a terminal without our letters shows their escapes."""
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # as long as the process
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def discard_output() -> None:
    """What is still to be written to standard output goes nowhere, so that leaving raises nothing."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def results_only(*, encoding: str | None = None) -> Iterator[TextIO]:
    """Standard output for results alone: whatever else is printed meanwhile, by C++ too, goes to standard error.

    `encoding` is the terminal's own by default; what it cannot say is written as an escape.
    """
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):  # replaced by something that is no file
        yield sys.stdout
        return
    sys.stdout.flush()
    kept = os.dup(descriptor)
    os.dup2(sys.stderr.fileno(), descriptor)
    try:
        coding = encoding or sys.stdout.encoding
        with os.fdopen(os.dup(kept), "w", encoding=coding, errors="backslashreplace", newline="\n") as results:
            yield results
    finally:
        sys.stdout.flush()
        os.dup2(kept, descriptor)
        os.close(kept)
