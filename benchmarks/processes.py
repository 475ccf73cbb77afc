"""A Python process measured from outside: time to the first output, and the peak memory the system counted for it."""

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """One finished process: seconds from its start to its first line of output, and its largest resident set in MiB."""

    first_line_s: float
    peak_mb: float
    output: str


def run_python(code: str, *arguments: str) -> Measured:
    """Run `python -c code arguments…`. Raises `RuntimeError` with its errors when it fails."""
    with tempfile.TemporaryFile("w+") as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, stderr=errors, text=True
        )
        assert process.stdout is not None
        output = process.stdout.readline()
        first_line_s = time.perf_counter() - begun
        output += process.communicate()[0]
        if process.returncode:
            errors.seek(0)
            raise RuntimeError(errors.read()[-2000:])
    peak_kb = int(output.rsplit("PEAK_KB=", 1)[1])
    return Measured(first_line_s, peak_kb / 1024, output.rsplit("PEAK_KB=", 1)[0])


PRINT_PEAK = """
from pathlib import Path
print("PEAK_KB=" + Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""
