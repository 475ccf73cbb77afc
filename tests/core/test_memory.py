"""Memory: what is resident is told, and freed blocks go back."""

import subprocess
import sys

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
