"""`python -m training.evaluate --data DIR --manifest CSV --checkpoint NAME`: how well a checkpoint hears.

Every clip goes the way a person's does: decoded, scored by the engine, the label being that of the mean frame logits.
Prints JSON: unweighted average recall (UAR) and weighted accuracy in all and by corpus, gender and language.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.analysis import analyze
from core.errors import AudioError
from core.model import open_engine
from core.model.engine import Engine
from core.settings import Settings
from training.data import Clip, read_manifest, speaker_folds
from training.scoring import summary


def evaluate(data: Path, clips: Sequence[Clip], engine: Engine) -> dict[str, Any]:
    """Figures for `clips`, files below `data`; clips that cannot be decoded are counted, named and left out."""
    heard, said, refused = [], [], []
    for done, clip in enumerate(clips, start=1):
        try:
            said.append(analyze(data / clip.file, engine).label)
            heard.append(clip)
        except AudioError as error:
            refused.append(str(error))
        if done % 500 == 0:
            print(f"{done} of {len(clips)} clips", file=sys.stderr)
    info = engine.info
    about = {
        "checkpoint": info.checkpoint.id,
        "revision": info.checkpoint.revision,
        "engine": info.engine,
        "precision": info.precision,
        "sayable": list(info.labels),
        "refused": refused,
    }
    return about | summary(heard, said)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the clips")
    parser.add_argument("--manifest", type=Path, help="CSV of clips and labels (default: DATA/manifest.csv)")
    parser.add_argument("--checkpoint", default="bundled", help="a known name or a folder")
    parser.add_argument("--fold", type=int, help="only the speakers of this fold, as training held them out")
    parser.add_argument("--engine", default="native", choices=("native", "funasr"))
    parser.add_argument("--out", type=Path, help="also write the JSON there")
    options = parser.parse_args(arguments)
    clips = read_manifest(options.manifest or options.data / "manifest.csv")
    if options.fold is not None:
        folds = speaker_folds(clips)
        clips = [clip for clip in clips if folds[clip.speaker] == options.fold]
    engine = open_engine(options.checkpoint, Settings.from_environment(), engine=options.engine)
    figures = json.dumps(evaluate(options.data, clips, engine) | {"fold": options.fold}, indent=1)
    if options.out:
        options.out.write_text(figures + "\n")
    print(figures)


if __name__ == "__main__":
    main()
