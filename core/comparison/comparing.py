"""All clips against all: the one result the page, the report, the tables and the command line read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations

import numpy as np

from core.comparison import distances
from core.comparison.align import Alignment, AlignmentOptions, Features, align_features, features_of
from core.comparison.clustering import Tree, tree_of
from core.comparison.noise import NoiseFloor, pair_level
from core.comparison.voice import Voice, difference, ratio, semitones, voice_of
from core.emotions import EMOTION_KEYS
from core.errors import ComparisonError
from core.results import Analysis, Array, Waveform
from core.said import said

Progress = Callable[[int, int], None]

# What a pair is measured by, and the value of a clip and itself.
MEASURES: Mapping[str, float] = {
    "js_distance": 0.0,
    "curve_distance": 0.0,
    "curve_distance_normalised": 0.0,
    "aligned_distance": 0.0,
    "emotion_cosine": 1.0,
    "speaker_cosine": 1.0,
    "pitch_st": 0.0,
    "energy_db": 0.0,
    "rate_ratio": 1.0,
    "speech_ratio": 1.0,
}


@dataclass(frozen=True)
class Compared:
    """One clip as it is compared: its analysis, and whatever else there is of it.

    Attributes:
        waveform: for alignment, pitch, level and rate; None leaves these out.
        speaker_embedding: (dim,) of the voice, by the model named `speaker_model`; only vectors of the same model are
            held against each other.
        noise: how much the scores of this clip move by themselves: `core.comparison.noise_floor`.
        voice: pitch, level and rate, where they were measured before.
    """

    analysis: Analysis
    waveform: Waveform | None = None
    speaker_embedding: Array | None = None
    speaker_model: str = ""
    noise: NoiseFloor | None = None
    voice: Voice | None = None


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """What is measured.

    Attributes:
        align: lay clips beside each other by what is heard, for those with a waveform.
        all_pairs: align every pair, not only those with the reference.
        voice: measure pitch, level and rate of clips with a waveform.
        cluster_by: the measure whose distances make the tree.
    """

    align: bool = True
    all_pairs: bool = True
    voice: bool = True
    cluster_by: str = "js_distance"
    alignment: AlignmentOptions = field(default_factory=AlignmentOptions)


@dataclass(frozen=True, slots=True)
class Pair:
    """Clip `other` held against clip `reference`; None where something cannot be measured.

    Attributes:
        js_distance: Jensen–Shannon distance of the nine scores, 0 to 1.
        curve_distance: mean of that of the frames at the same second, over the seconds that both last.
        curve_distance_normalised: at the same share of the duration.
        aligned_distance: at the same moment of what is said.
        alignment_cost: mean distance of the acoustic features along the path: how well the clips could be aligned.
        emotion_cosine, speaker_cosine: cosine of the angle of the embeddings, of the voices' vectors.
        correlations: Pearson's r of each emotion's curves over the normalised duration.
        aligned_correlations: the same at the same moments of what is said; empty without alignment.
        pitch_st: semitones that `other` is higher; energy_db: decibels that its speech is louder.
        rate_ratio: its syllable nuclei a second over the reference's; speech_ratio: its seconds of speech over theirs.
        noise_level: how far scores move by themselves: a larger `js_distance` is a difference.
        is_different: whether it is larger; None where no noise was measured of both and the clips are not the same.
    """

    reference: int
    other: int
    js_distance: float
    curve_distance: float
    curve_distance_normalised: float
    aligned_distance: float | None
    alignment_cost: float | None
    emotion_cosine: float | None
    speaker_cosine: float | None
    correlations: Mapping[str, float | None]
    aligned_correlations: Mapping[str, float | None]
    pitch_st: float | None
    energy_db: float | None
    rate_ratio: float | None
    speech_ratio: float | None
    noise_level: float | None
    is_different: bool | None
    is_same_sound: bool


@dataclass(frozen=True)
class Comparison:
    """Clips held against each other.

    Attributes:
        clips: as given, with their voices measured.
        pairs: pairs[i][j] is clip j against clip i; pairs[i][i] is a clip and itself.
        alignments: of clips i < j, the first as reference; see `alignment`.
    """

    clips: tuple[Compared, ...]
    reference: int
    pairs: tuple[tuple[Pair, ...], ...]
    alignments: Mapping[tuple[int, int], Alignment]
    options: CompareOptions

    @property
    def labels(self) -> tuple[str, ...]:
        return self.clips[0].analysis.labels

    def matrix(self, measure: str) -> Array:
        """(n, n) float64 of one of `MEASURES`, NaN where it could not be measured. Raises `ValueError` for others."""
        _known(measure)
        values = [[getattr(pair, measure) for pair in row] for row in self.pairs]
        return np.array([[np.nan if value is None else value for value in row] for row in values], np.float64)

    def distances(self, measure: str) -> Array:
        """(n, n) float64, symmetric, 0 on the diagonal: `matrix` as distances.

        A cosine's is 1 − cosine, a ratio's |log2|, a difference's its amount.
        """
        values, same = self.matrix(measure), MEASURES[_known(measure)]
        if measure.endswith("_cosine"):
            return 1 - values
        return np.abs(np.log2(values)) if same == 1.0 else np.abs(values)

    def tree(self, measure: str) -> Tree:
        """The dendrogram by one of `MEASURES`."""
        return tree_of(self.distances(measure))

    @cached_property
    def _tree(self) -> Tree:
        return self.tree(self.options.cluster_by)

    @property
    def linkage(self) -> Array:
        """(n − 1, 4) float64, SciPy's, by `options.cluster_by`."""
        return self._tree.linkage

    @property
    def order(self) -> tuple[int, ...]:
        """The clips as the dendrogram has its leaves."""
        return self._tree.order

    @cached_property
    def differences(self) -> Array:
        """(n, 9) float64: each clip's scores less the reference's, in the order of `EMOTION_KEYS`."""
        scores = np.array([_scores(clip.analysis) for clip in self.clips])
        found: Array = scores - scores[self.reference]
        return found

    def alignment(self, reference: int, other: int) -> Alignment | None:
        """Clip `other` laid beside clip `reference`; None where that was not done."""
        if (reference, other) in self.alignments:
            return self.alignments[reference, other]
        found = self.alignments.get((other, reference))
        return None if found is None else found.reversed()


def compare(
    clips: Sequence[Compared],
    reference: int = 0,
    options: CompareOptions = CompareOptions(),
    on_progress: Progress | None = None,
) -> Comparison:
    """Hold clips against each other, each pair of them.

    Args:
        clips: two or more, analysed with the same checkpoint.
        reference: which of them the others are held against in `differences`; all pairs are measured.
        on_progress: called as on_progress(pairs done, pairs in all).

    Raises:
        ComparisonError: fewer than two clips, several checkpoints, or sets of labels, or no such reference.
        ValueError: `options.cluster_by` is no measure.
    """
    _check(clips, reference, options)
    clips = tuple(_with_voice(clip) if options.voice else clip for clip in clips)
    features = _features(clips, options)
    size = len(clips)
    wanted = list(combinations(range(size), 2))
    alignments: dict[tuple[int, int], Alignment] = {}
    rows = [[_itself(clips[i], i) for i in range(size)] for _ in range(size)]
    for done, (i, j) in enumerate(wanted):
        _tell(on_progress, done, len(wanted))
        is_aligned = options.all_pairs or reference in (i, j)
        if is_aligned and i in features and j in features:
            alignments[i, j] = align_features(features[i], features[j], options.alignment)
        rows[i][j] = _pair(clips, i, j, alignments.get((i, j)))
        rows[j][i] = _mirrored(rows[i][j])
    _tell(on_progress, len(wanted), len(wanted))
    return Comparison(clips, reference, tuple(tuple(row) for row in rows), alignments, options)


def _check(clips: Sequence[Compared], reference: int, options: CompareOptions) -> None:
    _known(options.cluster_by)
    if len(clips) < 2:
        raise ComparisonError(
            said("compare.single", "{count} clip was given; a comparison needs two or more.", count=len(clips))
        )
    if not 0 <= reference < len(clips):
        raise ComparisonError(f"The reference is clip {reference + 1}; there are clips 1 to {len(clips)}.")
    first = clips[0].analysis
    for clip in clips[1:]:
        found = clip.analysis
        if _spoken_by(found) != _spoken_by(first):
            raise ComparisonError(
                said(
                    "compare.checkpoints",
                    "{first!r} was heard by {one} and {second!r} by {other}; analyse both with the same checkpoint.",
                    first=first.name, one=f"{first.checkpoint.id} ({first.checkpoint.revision})",
                    second=found.name, other=f"{found.checkpoint.id} ({found.checkpoint.revision})",
                )
            )  # fmt: skip
        if found.labels != first.labels:
            raise ComparisonError(
                f"{first.name!r} is seen with {', '.join(first.labels)} and {found.name!r} with "
                f"{', '.join(found.labels)}; leave out the same emotions of both."
            )


def _spoken_by(analysis: Analysis) -> tuple[str, str]:
    return analysis.checkpoint.id, analysis.checkpoint.revision


def _known(measure: str) -> str:
    if measure not in MEASURES:
        raise ValueError(f"{measure!r} is no measure; there are {', '.join(MEASURES)}")
    return measure


def _with_voice(clip: Compared) -> Compared:
    if clip.waveform is None or clip.voice is not None:
        return clip
    return replace(clip, voice=voice_of(clip.waveform))


def _features(clips: Sequence[Compared], options: CompareOptions) -> dict[int, Features]:
    if not options.align:
        return {}
    return {i: features_of(clip.waveform, options.alignment) for i, clip in enumerate(clips) if clip.waveform}


def _scores(analysis: Analysis) -> Array:
    """(9,) float64 in the order of `EMOTION_KEYS`."""
    return np.array([analysis.scores[key] for key in EMOTION_KEYS])


def _pair(clips: Sequence[Compared], i: int, j: int, alignment: Alignment | None) -> Pair:
    one, two = clips[i], clips[j]
    first, second = one.analysis, two.analysis
    curves = first.frame_probabilities, second.frame_probabilities
    labels, same = first.labels, first.sha256 == second.sha256
    js = distances.js_distance(_scores(first), _scores(second))
    level = pair_level(one.noise, two.noise)
    voices = one.voice or _UNHEARD, two.voice or _UNHEARD
    return Pair(
        reference=i,
        other=j,
        js_distance=js,
        curve_distance=distances.curve_distance(*curves),
        curve_distance_normalised=distances.curve_distance_normalised(*curves),
        aligned_distance=None if alignment is None else distances.aligned_distance(*curves, alignment),
        alignment_cost=None if alignment is None else alignment.cost,
        emotion_cosine=distances.cosine(first.embedding, second.embedding),
        speaker_cosine=_speaker_cosine(one, two),
        correlations=distances.correlations(distances.at_shares(curves[0]), distances.at_shares(curves[1]), labels),
        aligned_correlations=_along(*curves, alignment, labels),
        pitch_st=semitones(voices[0].pitch_hz, voices[1].pitch_hz),
        energy_db=difference(voices[0].level_db, voices[1].level_db),
        rate_ratio=ratio(voices[0].nuclei_per_s, voices[1].nuclei_per_s),
        speech_ratio=ratio(voices[0].speech_s, voices[1].speech_s) or None,
        noise_level=level,
        is_different=False if same else None if level is None else js > level,
        is_same_sound=same,
    )


_UNHEARD = Voice(None, None, 0.0, None)


def _along(first: Array, second: Array, alignment: Alignment | None, labels: Sequence[str]) -> dict[str, float | None]:
    if alignment is None:
        return {}
    halves = distances.along(first, second, alignment)
    ones, others = (np.concatenate(parts) for parts in zip(*halves, strict=True))
    return distances.correlations(ones, others, labels)


def _speaker_cosine(one: Compared, two: Compared) -> float | None:
    if one.speaker_embedding is None or two.speaker_embedding is None or one.speaker_model != two.speaker_model:
        return None
    if one.speaker_embedding.shape != two.speaker_embedding.shape:
        return None
    return distances.cosine(one.speaker_embedding, two.speaker_embedding)


def _itself(clip: Compared, index: int) -> Pair:
    """A clip and itself: measured as any pair is, so that 0 is what comes out and not what is written."""
    pair = _pair([clip], 0, 0, None)
    aligned = 0.0 if clip.waveform is not None else None
    return replace(pair, reference=index, other=index, aligned_distance=aligned, alignment_cost=aligned)


def _mirrored(pair: Pair) -> Pair:
    """The same two clips with their roles exchanged."""
    return replace(
        pair,
        reference=pair.other,
        other=pair.reference,
        pitch_st=None if pair.pitch_st is None else -pair.pitch_st,
        energy_db=None if pair.energy_db is None else -pair.energy_db,
        rate_ratio=None if pair.rate_ratio is None else 1 / pair.rate_ratio,
        speech_ratio=None if pair.speech_ratio is None else 1 / pair.speech_ratio,
    )


def _tell(on_progress: Progress | None, done: int, total: int) -> None:
    if on_progress is not None:
        on_progress(done, total)
