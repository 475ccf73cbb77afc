"""This process's memory: what is resident, giving back what is free, and when to look for garbage."""

import ctypes
import ctypes.util
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

PAGE_BYTES = 4096


def resident_mb() -> float:
    """Resident memory of this process in MiB; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * PAGE_BYTES / 2**20


@contextmanager
def collection_paused() -> Iterator[None]:
    """No garbage collection meanwhile: importing torch makes a million objects and no garbage (0.1 s of its 1.2 s)."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def release_free_memory() -> None:
    """Give freed memory back to the system, where the C library can.

    glibc keeps freed blocks for later. Windows of slightly different lengths do not fit each other's blocks, so that
    resident memory would creep up with every window of a long recording (100 MB over 20 minutes, measured).
    """
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@cache
def _malloc_trim() -> "Callable[[int], int] | None":
    try:
        trim: Callable[[int], int] = ctypes.CDLL(ctypes.util.find_library("c") or "libc.so.6").malloc_trim
    except (OSError, AttributeError):  # not glibc
        return None
    return trim
