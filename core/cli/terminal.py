"""What goes to a terminal: nothing that came from outside may steer it."""

import sys

_BAR_CELLS = 24


def plain(text: str) -> str:
    """`text` with control and direction characters made visible, so that a file name cannot steer the terminal."""
    return (
        "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
        .encode("utf-8", "backslashreplace")
        .decode("utf-8")
    )


def bar(share: float) -> str:
    """A bar of `share` (0–1), 24 cells long."""
    return "█" * round(share * _BAR_CELLS)


def say(message: str) -> None:
    """One line on standard error."""
    print(message, file=sys.stderr, flush=True)


def show_progress(message: str) -> None:
    """A line that is written over by the next one; only where someone watches."""
    if sys.stderr.isatty():
        print(f"\r\x1b[2K{message}", end="", file=sys.stderr, flush=True)
