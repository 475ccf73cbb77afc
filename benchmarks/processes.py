"""A Python process measured from outside: wall time, and the peak memory the system counted for it."""

import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """One finished process; `peak_mb` is its largest resident set in MiB."""

    wall_s: float
    peak_mb: float
    output: str


def run_python(code: str, *arguments: str) -> Measured:
    """Run `python -c code arguments…`. Raises `RuntimeError` with its errors when it fails."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    output, errors = process.communicate()
    wall_s = time.perf_counter() - begun
    if process.returncode:
        raise RuntimeError(errors[-2000:])
    peak_kb = int(output.rsplit("PEAK_KB=", 1)[1])
    return Measured(wall_s, peak_kb / 1024, output.rsplit("PEAK_KB=", 1)[0])


PRINT_PEAK = """
import resource
print(f"PEAK_KB={resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}")
"""
