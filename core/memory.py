"""This process's memory: what is resident, giving back what is free, and when to look for garbage."""

import ctypes
import ctypes.util
import gc
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

PAGE_BYTES = 4096
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4  # of glibc's mallopt
MADV_POPULATE_READ = 22  # Linux 5.14 and later


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


def map_pages_early(address: int, num_bytes: int) -> threading.Thread | None:
    """Have a thread map the pages of a memory-mapped file that lie at [address, address + num_bytes), where Linux can.

    Touched one by one as a network first runs, the 650 MB of a large checkpoint cost 0.05 s of page faults; mapped in
    one call while the network is built, next to nothing. A hint only: where it is not understood, nothing happens.

    Returns:
        The thread, or None where the system has no such call.
    """
    if not sys.platform.startswith("linux"):
        return None
    begin = address - address % PAGE_BYTES
    advise = ctypes.CDLL(None).madvise
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    thread = threading.Thread(
        target=advise, args=(begin, address + num_bytes - begin, MADV_POPULATE_READ), name="map-pages", daemon=True
    )
    thread.start()
    return thread


def release_free_memory() -> None:
    """Give freed memory back to the system, where the C library can.

    glibc keeps freed blocks for later. Windows of slightly different lengths do not fit each other's blocks, so that
    resident memory would creep up with every window of a long recording (100 MB over 20 minutes, measured).
    """
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


def keep_freed_memory() -> None:
    """From now on keep freed memory for the next allocation, where the C library can: for work that repeats itself.

    A training step allocates and frees the same gigabyte again and again; taken from the system and given back each
    time, its pages cost a fifth of the step.
    """
    try:
        tell = ctypes.CDLL(ctypes.util.find_library("c") or "libc.so.6").mallopt
    except (OSError, AttributeError):  # not glibc
        return
    tell(M_MMAP_MAX, 0)
    tell(M_TRIM_THRESHOLD, 2**31 - 1)
    tell(M_TOP_PAD, 1 << 24)


@cache
def _malloc_trim() -> "Callable[[int], int] | None":
    try:
        trim: Callable[[int], int] = ctypes.CDLL(ctypes.util.find_library("c") or "libc.so.6").malloc_trim
    except (OSError, AttributeError):  # not glibc
        return None
    return trim
