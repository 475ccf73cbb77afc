"""`python -m benchmarks.long_audio`: peak memory and speed of a long recording against a short one.

Each runs in a process of its own through `emoscope`'s own path: decode a FLAC file, analyse it, write the outputs
folder at frame granularity. What counts is how much the peak grows with duration.
"""

import argparse
import json
import tempfile
from pathlib import Path

import av
import numpy as np

from benchmarks.processes import PRINT_PEAK, run_python
from benchmarks.warm import voice_like
from core.results import SAMPLE_RATE_HZ

ANALYSE = (
    """
import sys, json
from pathlib import Path
from core.analysis import analyze
from core.audio import decode
from core.exports.outputs import write_outputs
from core.model import open_engine
from core.settings import Settings
waveform = decode(sys.argv[2])
analysis = analyze(waveform, open_engine(sys.argv[1], Settings()))
write_outputs(analysis, waveform, Path(sys.argv[3]), granularity="frame")
drift = float(abs(analysis.frame_logits.mean(axis=0, dtype="float64") - analysis.logits).max())
print(json.dumps({"frames": len(analysis.frame_logits), "windows": analysis.num_windows,
                  "score_s": round(analysis.timings_s["score"], 1), "logit_drift": drift}))
"""
    + PRINT_PEAK
)


def write_recording(path: Path, minutes: float) -> None:
    """A mono 16 kHz FLAC file of that many minutes, encoded a minute at a time."""
    with av.open(str(path), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=SAMPLE_RATE_HZ, layout="mono")
        for minute in range(int(np.ceil(minutes))):
            seconds = min(60.0, 60 * (minutes - minute))
            pcm = (voice_like(seconds, seed=minute) * 32_767).clip(-32_768, 32_767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
            frame.sample_rate = SAMPLE_RATE_HZ
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, nargs="+", default=[1, 60])
    parser.add_argument("--checkpoint", default="bundled")
    options = parser.parse_args()
    shortest_mb = None
    with tempfile.TemporaryDirectory() as scratch:
        for minutes in options.minutes:
            recording = Path(scratch) / "recording.flac"
            write_recording(recording, minutes)
            measured = run_python(ANALYSE, options.checkpoint, str(recording), str(Path(scratch) / "outputs"))
            shortest_mb = measured.peak_mb if shortest_mb is None else shortest_mb
            facts = json.loads(measured.output)
            facts |= {"minutes": minutes, "times_real_time": round(60 * minutes / facts["score_s"], 0)}
            facts |= {"peak_mb": round(measured.peak_mb), "grown_mb": round(measured.peak_mb - shortest_mb)}
            print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main()
