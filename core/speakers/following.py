"""Who speaks in a row of pieces of speech: voices that come back, and mostly stay a while.

A hidden Markov model whose states are speakers. A piece's vector is spread about its speaker's direction (von
Mises–Fisher; Banerjee et al. 2005, J. Machine Learning Research 6), and the next piece is the same speaker's with
probability STAY. Directions are learnt by expectation maximisation from several first guesses, of which the likeliest
is kept: as in the Bayesian HMM clustering of x-vectors (Landini et al. 2022, Computer Speech & Language 71), with
cosines in the place of its probabilistic discriminant analysis.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.results import Array
from core.speakers.clustering import MOST_AT_ONCE, ONE_VOICE, by_appearance, centred, nearness
from core.speakers.projection import unit

SHARPNESS = 10.0  # how narrowly a voice's pieces are spread; this and what follows were chosen on conversations joined
STAY = 0.65  # from clips of held-out speakers, other ones than those that `training.evaluate_speakers` measures on
WORTH = 0.38  # log likelihood a full piece that one more speaker must bring
FULL_S = 2.0  # pieces this long and longer count in full
GUESSES = 6  # by k-means, beside two by linkage
ROUNDS = 15
_SETTLED = 1e-3


@dataclass(frozen=True)
class _Path:
    """(n,) int speakers, and the log likelihood of the pieces under them."""

    labels: Array
    likelihood: float


def followed(vectors: Array, lengths_s: Array, num_speakers: int | None, most: int) -> Array:
    """(n,) int: the speaker of each piece, 0, 1, … by first appearance.

    Args:
        vectors: (n, dim) float32 of length 1, n ≥ 1, in order of time.
        lengths_s: (n,) how long each piece is.
        num_speakers: where it is known, n at the most; None to find it: speakers are added as long as the pieces become
            likelier by WORTH each, and two whose voices are nearly one are one.
        most: of those that are found.
    """
    weights = np.sqrt(np.minimum(1.0, np.asarray(lengths_s) / FULL_S))
    apart = centred(vectors)
    if num_speakers is not None:
        return by_appearance(_path(apart, weights, num_speakers).labels)
    return by_appearance(_found(vectors, apart, weights, min(most, len(vectors))))


def _found(vectors: Array, apart: Array, weights: Array, most: int) -> Array:
    """(n,) int: with as many speakers as are worth it."""
    alone = np.zeros(len(vectors), dtype=np.int64)
    if most < 2:
        return alone
    best = last = _path(apart, weights, 2)
    if len(np.unique(best.labels)) < 2 or nearness(vectors * weights[:, None], best.labels) > ONE_VOICE:
        return alone
    wanted, best_worth, not_worth = WORTH * float(weights.sum()), 0.0, 0
    worth = 0.0  # of `last` above two speakers, less what each further one must bring
    for count in range(3, most + 1):
        path = _path(apart, weights, count)
        worth += path.likelihood - last.likelihood - wanted
        not_worth = 0 if path.likelihood - last.likelihood >= wanted else not_worth + 1
        if worth > best_worth:
            best, best_worth = path, worth
        if not_worth == 2:
            break
        last = path
    return best.labels


def _path(apart: Array, weights: Array, count: int) -> _Path:
    """The likeliest of those that the first guesses lead to; of those with all the speakers where there is one."""
    if count == 1:
        return _Path(np.zeros(len(apart), dtype=np.int64), 0.0)
    guesses = np.stack([np.eye(count)[guess] for guess in _guesses(apart, count)])
    shares, likelihoods = _learn(apart, weights, guesses)
    labels = shares.argmax(axis=2)
    complete = np.array([len(np.unique(each)) == count for each in labels])
    at = int(np.argmax(np.where(complete | ~complete.any(), likelihoods, -np.inf)))
    return _Path(labels[at], float(likelihoods[at]))


def _guesses(apart: Array, count: int) -> Iterator[Array]:
    from sklearn.cluster import AgglomerativeClustering, KMeans

    if len(apart) <= MOST_AT_ONCE:
        yield AgglomerativeClustering(count, linkage="ward").fit_predict(apart)
        yield AgglomerativeClustering(count, linkage="average", metric="cosine").fit_predict(apart)
    for seed in range(GUESSES):
        yield KMeans(count, n_init=1, random_state=seed).fit_predict(apart)


def _learn(apart: Array, weights: Array, shares: Array) -> tuple[Array, Array]:
    """Expectation maximisation of all guesses at once.

    Args:
        shares: (guesses, n, count): how much each piece is whose.

    Returns:
        The same at the end, and the (guesses,) log likelihoods.
    """
    before = np.full(len(shares), -np.inf)
    likelihoods = before
    for _ in range(ROUNDS):
        directions = unit(np.einsum("gnk,n,nd->gkd", shares, weights, apart))
        scores = SHARPNESS * weights[None, :, None] * np.einsum("nd,gkd->gnk", apart, directions)
        shares, likelihoods = _forward_backward(scores)
        if np.all(np.abs(likelihoods - before) < _SETTLED):
            break
        before = likelihoods
    return shares, likelihoods


def _forward_backward(scores: Array) -> tuple[Array, Array]:
    """(guesses, n, count) log scores → the posterior of each speaker, same shape, and the (guesses,) log likelihoods.

    Rabiner 1989, Proc. IEEE 77(2), § III and V.A (scaling). All moves are as likely as each other, so that a step is a
    sum in the place of a matrix.
    """
    _, num_pieces, count = scores.shape
    move = (1 - STAY) / (count - 1)
    highest = scores.max(axis=2, keepdims=True)
    seen = np.exp(scores - highest)
    forward, scale = np.empty_like(seen), np.empty(seen.shape[:2])
    belief = np.full((len(scores), count), 1 / count)
    for step in range(num_pieces):
        belief = (belief if step == 0 else (STAY - move) * belief + move) * seen[:, step]
        scale[:, step] = belief.sum(axis=1)
        belief = belief / scale[:, step, None]
        forward[:, step] = belief
    backward = np.ones_like(seen)
    for step in range(num_pieces - 2, -1, -1):
        ahead = backward[:, step + 1] * seen[:, step + 1]
        ahead = (STAY - move) * ahead + move * ahead.sum(axis=1, keepdims=True)
        backward[:, step] = ahead / scale[:, step + 1, None]
    likelihoods: Array = (np.log(scale) + highest[:, :, 0]).sum(axis=1)
    return forward * backward, likelihoods
