"""`python -m training.evaluate_speakers`: are people told apart who were never heard before?

Four questions, each about speakers that the projection did not learn from:

clusters  10 speakers × 20 clips, five draws each from RAVDESS, BanglaSER and all four corpora: adjusted Rand index with
          the number of speakers given and estimated, and the equal error rate over all pairs of clips. For each draw a
          projection is learnt on the other 53 speakers. Beside it what Resemblyzer's own vectors give with k-means.
turns     20 conversations of two minutes and three speakers of one corpus and one fold of `folds.json`, joined from
          clips; the projection learns on the other folds. Diarisation error rate, without a collar and with 0.25 s.
names     half of a fold's speakers are enrolled with five clips each; the others' clips and the enrolled ones' own are
          named or left unnamed.

A threshold used on one fold is chosen on the other four. `--learn` then learns the projection that ships, on all 63.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from core.acoustics import speech_activity
from core.results import Array, SpeakerTurn
from core.speakers.clustering import centred, cluster_voices
from core.speakers.embedding import VoiceEmbedder
from core.speakers.models import RESEMBLYZER
from core.speakers.projection import BUNDLED_DIR, Projection, unit, write_projection
from core.speakers.scoring import DiarisationError, diarisation_error
from core.speakers.turns import TurnOptions, conversation_of, pieces_of
from training.conversations import join_conversation
from training.data import NUM_FOLDS, Clip, read_manifest, speaker_folds
from training.voices import Recipe, Voices, hear_voices, learn_projection, plain_vectors_of, some_of_each

SETS = ("ravdess", "banglaser", "all")
DRAWS, SPEAKERS, CLIPS = 5, 10, 20
CONVERSATIONS, TALKERS = 20, 3
ENROLLED_CLIPS = 5
RESULTS = Path(__file__).parent / "results" / "speakers.json"


def draw(voices: Voices, corpus: str, seed: int) -> Array:
    """(SPEAKERS · CLIPS,) int: clips of ten speakers of a corpus, or of any."""
    rng = np.random.default_rng(1000 + seed)
    corpora = np.array([clip.corpus for clip in voices.clips])
    pool = np.unique(voices.speakers[(corpora == corpus) | (corpus == "all")])
    chosen = rng.choice(pool, SPEAKERS, replace=False)
    return np.concatenate(
        [rng.choice(np.flatnonzero(voices.speakers == speaker), CLIPS, replace=False) for speaker in chosen]
    )


def cluster_figures(voices: Voices, corpus: str, seed: int, recipe: Recipe) -> dict[str, Any]:
    """One draw."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score as rand_index

    chosen = draw(voices, corpus, seed)
    names = voices.speakers[chosen]
    projection = learn_projection(voices, set(names.tolist()), recipe)
    ours, plain = projection(voices.plain[chosen]), plain_vectors_of(voices)[chosen]
    guess = cluster_voices(ours)
    return {
        "set": corpus,
        "seed": seed,
        "speakers": sorted(set(names.tolist())),
        "ari": rand_index(names, cluster_voices(ours, SPEAKERS)),
        "ari_number_estimated": rand_index(names, guess),
        "number_estimated": int(guess.max()) + 1,
        "eer": equal_error_rate(ours, names),
        "eer_centred": equal_error_rate(centred(ours), names),
        "plain_kmeans_ari": rand_index(names, KMeans(SPEAKERS, n_init=10, random_state=0).fit_predict(plain)),
        "plain_same_clustering_ari": rand_index(names, cluster_voices(plain, SPEAKERS)),
        "plain_eer": equal_error_rate(plain, names),
    }


def equal_error_rate(vectors: Array, names: Array) -> float:
    """Where as many pairs of one speaker are refused as pairs of two are accepted, over all pairs of vectors."""
    return _equal_error(*pair_cosines(vectors, names))[0]


def pair_cosines(vectors: Array, names: Array) -> tuple[Array, Array]:
    """Cosines (pairs,) and whether each pair is of one speaker."""
    first, second = np.triu_indices(len(vectors), 1)
    unit_vectors = unit(vectors)
    return (unit_vectors @ unit_vectors.T)[first, second], names[first] == names[second]


def _equal_error(cosines: Array, same: Array) -> tuple[float, float]:
    """The rate and the cosine at which it is reached."""
    from sklearn.metrics import roc_curve

    false_rate, true_rate, thresholds = roc_curve(same, cosines)
    at = int(np.argmin(np.abs(false_rate - (1 - true_rate))))
    return float((false_rate[at] + 1 - true_rate[at]) / 2), float(thresholds[at])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/speech"), help="folder with manifest.csv")
    parser.add_argument("--cache", type=Path, default=Path("runs/voices"), help="where features are kept")
    parser.add_argument("--only", choices=("clusters", "turns", "names", "learn"), nargs="+")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    voices = hear_voices(options.data, some_of_each(read_manifest(options.data / "manifest.csv")), options.cache)
    recipe = Recipe()
    figures = json.loads(options.out.read_text()) if options.out.exists() else {}
    for part in options.only or ("clusters",):
        if part == "clusters":
            figures["clusters"] = clusters(voices, recipe)
        options.out.write_text(json.dumps(figures, indent=1) + "\n")


def clusters(voices: Voices, recipe: Recipe) -> dict[str, Any]:
    found = []
    for corpus in SETS:
        for seed in range(DRAWS):
            found.append(cluster_figures(voices, corpus, seed, recipe))
            print(json.dumps({k: v for k, v in found[-1].items() if k != "speakers"}), file=sys.stderr)
    means = {
        corpus: {
            name: round(float(np.mean([each[name] for each in found if each["set"] == corpus])), 4)
            for name, value in found[0].items()
            if isinstance(value, float) or name == "number_estimated"
        }
        for corpus in SETS
    }
    print(json.dumps(means, indent=1))
    return {"recipe": asdict(recipe), "means": means, "draws": found}


if __name__ == "__main__":
    main()
