"""`python -m benchmarks.batch --size large|base`: 200 clips of a folder, against FunASR's own file list in one run.

FunASR gets the list of files in one call of `generate`, as its documentation has it; we run `emoscope batch`'s own
pipeline into a fresh library, decoding, hashing and writing included. One random checkpoint in the hubs' format serves
all. Turns are taken (FunASR, float32, bfloat16, FunASR, …), so that a busier moment of the machine meets each alike.
"""

import argparse
import csv
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.random_checkpoint import SIZES, write_checkpoint
from benchmarks.warm import voice_like
from core.audio import decode, write_wav
from core.batch import BatchOptions, items_of, run_batch
from core.library import Library
from core.model.engine import Engine
from core.model.funasr_engine import FunasrEngine, load_funasr, quiet_logging, quiet_stdout
from core.model.loading import load_native
from core.results import Waveform
from core.settings import PRECISIONS, Settings

Scores = dict[str, list[float]]  # of each clip, by file name, in the order of the labels

SPEECH = Path("../shared/speech")


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds on the wall, and of all cores together, decoding processes included.

    On a machine that others use as well, the second says what the first would be without them.
    """

    seconds: float
    cpu_s: float

    @classmethod
    def now(cls) -> "Taken":
        return cls(time.perf_counter(), sum(os.times()[:4]))

    def since(self, begun: "Taken") -> "Taken":
        return Taken(self.seconds - begun.seconds, self.cpu_s - begun.cpu_s)


def made_up_clips(folder: Path, count: int) -> None:
    """`count` different sounds of 1.2 to 5 s."""
    rng = np.random.default_rng(0)
    for number in range(count):
        write_wav(Waveform(voice_like(float(rng.uniform(1.2, 5.0)), number)), folder / f"{number:04d}.wav")


def chosen_clips(data: Path, folder: Path, count: int) -> str:
    """`count` clips of a folder with a `manifest.csv`, drawn at random, as 16 kHz WAV; else made-up ones. Which it was.

    WAV, because FunASR reads files of other kinds through programs that need not be there; both read the same bytes.
    """
    if not (data / "manifest.csv").is_file():
        made_up_clips(folder, count)
        return "made-up sounds"
    with (data / "manifest.csv").open(encoding="utf-8", newline="") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    for number, index in enumerate(np.random.default_rng(0).permutation(len(names))[:count]):
        write_wav(decode(data / names[index]), folder / f"{number:04d}.wav")
    return data.name


def funasr_list(engine: FunasrEngine, folder: Path) -> Scores:
    """FunASR on all files in one call."""
    files = sorted(folder.glob("*.wav"))
    with quiet_stdout(), quiet_logging():
        results = engine._model.generate(
            [os.fspath(file) for file in files], granularity="utterance", disable_pbar=True
        )
    return {file.name: list(map(float, result["scores"])) for file, result in zip(files, results, strict=True)}


def our_batch(engine: Engine, folder: Path, location: Path, options: BatchOptions) -> None:
    """The whole batch into a library of its own. Raises `RuntimeError` where a clip fails."""
    result = run_batch(items_of(folder), engine, Library.open(location), options)
    if result.progress.failed or not result.progress.done:
        raise RuntimeError(f"{result.progress.failed} clips failed, {result.progress.done} did not")


def scores_in(location: Path) -> Scores:
    """What a library holds."""
    library = Library.open(location)
    analyses = [library.get(key).analysis for key in library.rows(columns=["key"]).column("key").to_pylist()]
    return {each.name: [each.scores[label] for label in each.labels] for each in analyses}


def measure(
    reference: FunasrEngine, engines: dict[str, Engine], folder: Path, libraries: Path, options: argparse.Namespace
) -> tuple[dict[str, list[Taken]], dict[str, Scores]]:
    """What every round took, and the scores of the last, by contender."""
    taken: dict[str, list[Taken]] = {name: [] for name in ("funasr", *engines)}
    scores: dict[str, Scores] = {}
    for turn in range(options.rounds):
        begun = Taken.now()
        scores["funasr"] = funasr_list(reference, folder)
        taken["funasr"].append(Taken.now().since(begun))
        for name, engine in engines.items():
            location = libraries / f"{name}-{turn}"
            begun = Taken.now()
            our_batch(engine, folder, location, BatchOptions(workers=options.workers, keep_sound=options.sound))
            taken[name].append(Taken.now().since(begun))
            scores[name] = scores_in(location)
    return taken, scores


def compared(taken: dict[str, list[Taken]], scores: dict[str, Scores], heard_s: float) -> dict[str, Any]:
    """The best round of each contender, and how far its scores are from FunASR's."""
    best = {name: min(each.seconds for each in rounds) for name, rounds in taken.items()}
    ours = {name: said for name, said in scores.items() if name != "funasr"}
    reference = scores["funasr"]
    return {
        "seconds": {name: [round(each.seconds, 2) for each in rounds] for name, rounds in taken.items()},
        "cpu_seconds": {name: [round(each.cpu_s, 1) for each in rounds] for name, rounds in taken.items()},
        "clips_per_s": {name: round(len(reference) / seconds, 2) for name, seconds in best.items()},
        "times_real_time": {name: round(heard_s / seconds, 1) for name, seconds in best.items()},
        "times_funasr": {name: round(best["funasr"] / best[name], 2) for name in ours},
        "max_score_difference": {
            name: max(float(np.abs(np.subtract(said[clip], reference[clip])).max()) for clip in reference)
            for name, said in ours.items()
        },
        "same_verdict": {
            name: sum(int(np.argmax(said[clip]) == np.argmax(reference[clip])) for clip in reference)
            for name, said in ours.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=sorted(SIZES), default="large")
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--workers", type=int, default=0, help="lanes; by default one a core")
    parser.add_argument("--sound", action="store_true", help="keep each clip's sound in the library, too")
    parser.add_argument("--data", type=Path, default=SPEECH, help="a folder with manifest.csv; else sounds are made up")
    parser.add_argument("--checkpoint", type=Path, help="a hub folder; by default a random one is made")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "clips")
        folder.mkdir()
        kind = chosen_clips(options.data, folder, options.clips)
        heard_s = sum(decode(file).duration_s for file in folder.iterdir())
        checkpoint = options.checkpoint or write_checkpoint(Path(scratch, "ck"), options.size, optimizer_state=False)
        reference = load_funasr(checkpoint, options.size, Settings())
        engines: dict[str, Engine] = {}
        for precision in PRECISIONS:
            native = load_native(checkpoint, options.size, replace(Settings(), precision=precision))
            native.optimise()
            engines[precision] = native
        about = {"size": options.size, "clips": options.clips, "of": kind, "sound_s": round(heard_s, 1)}
        about["load_before"] = round(os.getloadavg()[0], 2)
        found = about | compared(*measure(reference, engines, folder, Path(scratch), options), heard_s)
        json.dump(found, sys.stdout)
        print(flush=True)


if __name__ == "__main__":
    main()
