"""`python -m training.evaluate_curves`: does the curve move where the emotion changes?

Two clips of different emotion, of speakers the checkpoint never heard, are joined end to end; both are recognised on
their own. The joined clip is heard whole, and the change point of its curve (`core.curves.change_point` of the log
probabilities, over the loud frames of speech) is held against the joint. The same pairs give three levels to compare
with: a change point drawn uniformly; the middle of the clip, which is near the joint because most clips are about as
long; and the middle of the longest pause, which knows how pairs are made. None of these needs a model; the pairs whose
joint is not near the middle ("off_centre") tell best what the curve itself finds.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.acoustics import loud_frames, speech_activity
from core.analysis import analyze
from core.audio import decode
from core.curves import change_point
from core.model import open_engine
from core.model.engine import Engine
from core.results import SAMPLE_RATE_HZ, Array, Waveform
from core.settings import Settings
from training.data import NUM_FOLDS, Clip, of_fold, read_manifest
from training.hearing import Heard, hear

WITHIN_S = 0.5
NUM_PAIRS = 500
CLIPS_A_FOLD = 400  # drawn at random: enough recognised ones for a hundred pairs


def draw_pairs(heard: Heard, num_pairs: int, rng: np.random.Generator) -> list[tuple[Clip, Clip]]:
    """Random pairs of recognised clips of different emotion, whoever speaks them."""
    recognised = [clip for clip, is_right in zip(heard.clips, heard.correct, strict=True) if is_right]
    if len({clip.emotion for clip in recognised}) < 2:
        raise ValueError("fewer than two emotions are recognised: no pair can be drawn")
    pairs: list[tuple[Clip, Clip]] = []
    while len(pairs) < num_pairs:
        first, second = (recognised[int(i)] for i in rng.integers(0, len(recognised), 2))
        if first.emotion != second.emotion:
            pairs.append((first, second))
    return pairs


def joined(first: Array, second: Array) -> Array:
    """Both at the same level (root mean square), end to end: (num_samples,) float32."""
    levels = [float(np.sqrt(np.mean(np.square(part, dtype=np.float64)))) for part in (first, second)]
    return np.concatenate([part / max(level, 1e-9) * 0.1 for part, level in zip((first, second), levels, strict=True)])


def try_pairs(data: Path, pairs: Sequence[tuple[Clip, Clip]], engine: Engine) -> list[dict[str, Any]]:
    """For each pair: the joint, where the curve changes, and whether the halves read as what they are."""
    found = []
    for first, second in pairs:
        parts = [decode(data / clip.file).samples for clip in (first, second)]
        waveform = Waveform(joined(*parts).astype(np.float32), "joined")
        analysis = analyze(waveform, engine)
        joint_s = len(parts[0]) / SAMPLE_RATE_HZ
        times_s = analysis.frame_times_s
        heard = speech_activity(waveform).mask(times_s) & loud_frames(waveform, len(times_s))
        frame = change_point(np.log(analysis.frame_probabilities.clip(min=1e-6)), heard)
        halves = [times_s < joint_s, times_s >= joint_s]
        said = [analysis.labels[int(analysis.frame_logits[half].mean(axis=0).argmax())] for half in halves]
        found.append(
            {
                "files": [first.file, second.file],
                "emotions": [first.emotion, second.emotion],
                "duration_s": round(analysis.duration_s, 3),
                "joint_s": round(joint_s, 3),
                "change_s": round(float((times_s[frame - 1] + times_s[frame]) / 2), 3),
                "longest_pause_s": round(longest_pause_s(times_s, heard), 3),
                "halves_said": said,
            }
        )
    return found


def longest_pause_s(times_s: Array, speech: Array) -> float:
    """The middle of the longest stretch between two frames of speech."""
    frames = np.flatnonzero(speech)
    if len(frames) < 2:
        return float(times_s.mean())
    longest = int(np.diff(frames).argmax())
    return float(times_s[frames[longest : longest + 2]].mean())


def figures_of(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Shares and distances over all pairs."""
    away, paused = (np.array([abs(p[key] - p["joint_s"]) for p in found]) for key in ("change_s", "longest_pause_s"))
    by_chance = [
        (min(pair["joint_s"] + WITHIN_S, pair["duration_s"]) - max(pair["joint_s"] - WITHIN_S, 0)) / pair["duration_s"]
        for pair in found
    ]
    central = np.array([abs(pair["joint_s"] - pair["duration_s"] / 2) for pair in found])
    off_centre = central > WITHIN_S
    return {
        "pairs": len(found),
        "within_s": WITHIN_S,
        "share_within": round(float((away <= WITHIN_S).mean()), 4),
        "share_by_chance": round(float(np.mean(by_chance)), 4),
        "share_of_middles": round(float((~off_centre).mean()), 4),
        "off_centre_pairs": int(off_centre.sum()),
        "off_centre_share_within": round(float((away <= WITHIN_S)[off_centre].mean()), 4) if off_centre.any() else None,
        "share_of_longest_pauses": round(float((paused <= WITHIN_S).mean()), 4),
        "median_distance_s": round(float(np.median(away)), 3),
        "distance_quartiles_s": [round(float(value), 3) for value in np.quantile(away, [0.25, 0.5, 0.75, 0.9])],
        "both_halves_keep_their_verdict": round(
            float(np.mean([pair["halves_said"] == pair["emotions"] for pair in found])), 4
        ),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/speech"), help="folder with manifest.csv")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where held-out-0 … 4 lie")
    parser.add_argument("--folds", type=int, nargs="+", default=list(range(NUM_FOLDS)))
    parser.add_argument("--pairs", type=int, default=NUM_PAIRS)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "curves.json")
    options = parser.parse_args(arguments)
    clips = read_manifest(options.data / "manifest.csv")
    rng = np.random.default_rng(0)
    found: list[dict[str, Any]] = []
    for position, fold in enumerate(options.folds):
        engine = open_engine(str(options.runs / f"held-out-{fold}"), Settings())
        theirs = of_fold(clips, fold)
        some = [theirs[i] for i in rng.permutation(len(theirs))[:CLIPS_A_FOLD]]
        heard = hear(options.data, some, engine)
        wanted = options.pairs * (position + 1) // len(options.folds) - len(found)
        found += try_pairs(options.data, draw_pairs(heard, wanted, rng), engine)
        print(f"fold {fold}: {json.dumps(figures_of(found))}", file=sys.stderr)
    figures = {"folds": options.folds} | figures_of(found)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(figures | {"found": found}, indent=None) + "\n")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
