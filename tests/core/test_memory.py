"""Memory: what is resident is told, and freed blocks go back."""

import numpy as np

from core.memory import release_free_memory, resident_mb


def test_resident_memory_follows_what_is_touched_and_released() -> None:
    before = resident_mb()
    blocks = [np.ones(16_000, dtype=np.float64) for _ in range(800)]  # 125 KB each: from the heap, not mapped
    held = resident_mb()
    assert held > before + 90
    del blocks
    release_free_memory()
    assert resident_mb() < held - 80
