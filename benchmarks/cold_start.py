"""`python -m benchmarks.cold_start --size large`: process start to first result, native against FunASR in one run.

Each round starts two fresh processes, one after the other: `emoscope analyze --json`, and plain `funasr.AutoModel`;
the clock stops when the line with the result has come. The checkpoint has random weights in the hubs' format and file
size (optimizer state included), and lies in the page cache for both.
"""

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.processes import PRINT_PEAK, Measured, run_python
from benchmarks.random_checkpoint import SIZES, write_checkpoint
from benchmarks.warm import voice_like
from core.audio import write_wav
from core.results import Waveform

NATIVE = (
    """
import sys
from core.cli import main
main(["analyze", sys.argv[2], "--checkpoint", sys.argv[1], "--json"])
"""
    + PRINT_PEAK
)

FUNASR = (
    """
import sys, json, contextlib
with contextlib.redirect_stdout(sys.stderr):
    from funasr import AutoModel
    model = AutoModel(model=sys.argv[1], disable_update=True, disable_pbar=True, device="cpu")
    result = model.generate(sys.argv[2], granularity="utterance", extract_embedding=True)[0]
best = max(range(len(result["scores"])), key=lambda i: result["scores"][i])
print(json.dumps({"label": result["labels"][best], "confidence": result["scores"][best]}), flush=True)
"""
    + PRINT_PEAK
)


def measure(folder: Path, clip: Path, rounds: int) -> dict[str, Any]:
    """Median seconds to the first result and peak MiB by engine, their ratio, and what each said."""
    programs = {"native": NATIVE, "funasr": FUNASR}
    runs: dict[str, list[Measured]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, code in programs.items():
            runs[name].append(run_python(code, str(folder), str(clip)))
    first_s = {name: statistics.median(run.first_line_s for run in measured) for name, measured in runs.items()}
    return {
        "rounds": rounds,
        "first_result_s": {name: round(value, 2) for name, value in first_s.items()},
        "times_faster": round(first_s["funasr"] / first_s["native"], 2),
        "peak_mb": {name: round(max(run.peak_mb for run in measured)) for name, measured in runs.items()},
        "said": {name: _said(json.loads(measured[-1].output)) for name, measured in runs.items()},
    }


def _said(record: dict[str, Any]) -> dict[str, Any]:
    return {key: record[key] for key in ("label", "confidence", "timings_s") if key in record}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=sorted(SIZES), default="large")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--checkpoint", type=Path, help="a hub folder; by default a random one is made")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.checkpoint or write_checkpoint(Path(scratch) / "checkpoint", options.size)
        clip = Path(scratch) / "clip.wav"
        write_wav(Waveform(voice_like(options.seconds)), clip)
        run_python(NATIVE, str(folder), str(clip))  # brings the file into the page cache, for both
        print(json.dumps({"size": options.size, "clip_s": options.seconds} | measure(folder, clip, options.rounds)))


if __name__ == "__main__":
    main()
