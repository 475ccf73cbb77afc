"""Memory: what is resident is told, and freed blocks go back."""

import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.memory import map_pages_early, resident_mb

CODE = """
import numpy as np
from core.memory import release_free_memory, resident_mb
before = resident_mb()
blocks = [np.ones(16_000) for _ in range(800)]  # 128 kB each: from the heap, not mapped one by one
kept = np.ones(16_000)  # on top of them, so that the heap cannot simply shrink
held = resident_mb()
del blocks
release_free_memory()
print(held - before, held - resident_mb())
"""


def test_resident_memory_follows_what_is_touched_and_released() -> None:
    """In a process of its own, whose heap is empty."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True, timeout=60)
    touched_mb, released_mb = map(float, done.stdout.split())
    assert touched_mb > 85 and released_mb > 80


def test_a_paused_collection_is_taken_up_again_even_after_an_error() -> None:
    import gc

    from core.memory import collection_paused

    assert gc.isenabled()
    try:
        with collection_paused():
            assert not gc.isenabled()
            raise KeyError
    except KeyError:
        assert gc.isenabled()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the call is Linux's")
def test_pages_of_a_mapped_file_are_resident_once_mapped_early(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(bytes(64 << 20))
    mapped = np.memmap(path, dtype=np.uint8, mode="r")
    before_mb = resident_mb()
    thread = map_pages_early(mapped.ctypes.data + 5000, mapped.nbytes - 5000)
    assert thread is not None
    thread.join()
    kernel = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2])
    assert resident_mb() - before_mb > 60 or kernel < (5, 14)
    assert mapped[-1] == 0


def test_mapping_early_of_what_is_not_there_does_nothing() -> None:
    thread = map_pages_early(1 << 46, 1 << 20)
    if thread is not None:
        thread.join()
        assert not thread.is_alive()
