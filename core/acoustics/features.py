"""What a clip sounds like, as one vector: pitch, level, spectrum, tempo, timbre."""

from dataclasses import dataclass

import numpy as np

from core.acoustics.prosody import MIN_STEP_S, Prosody, prosody
from core.results import SAMPLE_RATE_HZ, Array, Waveform

MODEL = "acoustics-1"  # another number wherever a feature changes: vectors of two models are never compared
NUM_MFCC = 12  # without the first, which is the level
FEATURES = (
    "pitch_hz", "pitch_sd_st", "pitch_range_st", "voiced_share", "level_db", "level_sd_db", "level_range_db",
    "centroid_hz", "centroid_sd_hz", "tilt_db_per_octave", "syllables_per_s",
    *(f"mfcc{number}_mean" for number in range(1, NUM_MFCC + 1)),
    *(f"mfcc{number}_sd" for number in range(1, NUM_MFCC + 1)),
)  # fmt: skip
BLOCK_S = 60.0  # of a long recording at a time
HEARD_DB = 30.0  # below the loudest 5 %: quieter frames say nothing of the voice
MEL_RANGE_DB = 60.0  # of the mel spectrum below its loudest: what is weaker is taken for that
DIP_DB = 2.0  # between two syllables (de Jong & Wempe 2009)
_FFT_SAMPLES, _HOP_SAMPLES, _MELS = 512, 160, 40
_TILT_HZ = (100.0, 5000.0)


def acoustic_features(waveform: Waveform) -> Array:
    """(len(FEATURES),) float32, in the order of FEATURES; NaN for the pitch where no voice is heard.

    pitch      geometric mean in hertz; standard deviation and range (5th to 95th percentile) in semitones; the share of
               heard frames that have a pitch (`core.acoustics.prosody`)
    level      mean, standard deviation and range in decibels below full scale
    spectrum   centroid in hertz; tilt: slope of the mean spectrum, 100 to 5,000 Hz, in decibels an octave
    tempo      syllable nuclei a second: voiced peaks of the level that stand DIP_DB above the dips beside them (de Jong
               & Wempe 2009, Behavior Research Methods 41(2)), in the time that is heard
    timbre     means and standard deviations of the mel cepstrum (librosa)

    All but the shares are of heard frames alone. Raises `ValueError` for a clip without samples.
    """
    edges = np.arange(0.0, waveform.duration_s, BLOCK_S).tolist()
    if not edges:
        raise ValueError("a clip without samples has no features")
    voices = [prosody(waveform, start, min(start + BLOCK_S, waveform.duration_s)) for start in edges]
    spectra = [
        _spectra(waveform.samples[int(at * SAMPLE_RATE_HZ) : int((at + BLOCK_S) * SAMPLE_RATE_HZ)]) for at in edges
    ]
    voice = Prosody(
        *(np.concatenate([getattr(v, name) for v in voices]) for name in ("times_s", "pitch_hz", "level_db"))
    )
    found = np.array([*_of_voice(voice), *_of_spectra(spectra)], np.float64)
    ordered = [*found[:7], *found[8:11], found[7], *found[11:]]  # tempo is told after the spectrum
    vector: Array = np.array(ordered, np.float32)
    return vector


@dataclass(frozen=True)
class _Spectra:
    """Of one block: `power` (257,) summed over heard frames, `centroids` (m,), `cepstra` (12, m), of those frames."""

    power: Array
    centroids: Array
    cepstra: Array


def _of_voice(voice: Prosody) -> list[float]:
    """The first seven features, and the tempo."""
    heard = voice.level_db >= np.percentile(voice.level_db, 95) - HEARD_DB
    voiced = heard & np.isfinite(voice.pitch_hz)
    semitones = 12 * np.log2(voice.pitch_hz[voiced].astype(np.float64))
    pitch = [float("nan")] * 3
    if len(semitones) >= 2:
        pitch = [2 ** (semitones.mean() / 12), semitones.std(), _range(semitones)]
    level = voice.level_db[heard].astype(np.float64)
    nuclei = _nuclei(voice, heard)
    return [*pitch, voiced.sum() / heard.sum(), level.mean(), level.std(), _range(level), nuclei]


def _range(values: Array) -> float:
    low, high = np.percentile(values, (5, 95))
    return float(high - low)


def _nuclei(voice: Prosody, heard: Array) -> float:
    from scipy.ndimage import uniform_filter1d
    from scipy.signal import find_peaks

    smooth = uniform_filter1d(voice.level_db.astype(np.float64), 5)
    peaks, _ = find_peaks(smooth, prominence=DIP_DB)
    counted = heard[peaks] & np.isfinite(voice.pitch_hz[peaks])
    step_s = float(np.median(np.diff(voice.times_s))) if len(voice.times_s) > 1 else MIN_STEP_S
    return float(counted.sum() / (heard.sum() * step_s))


def _spectra(samples: Array) -> _Spectra:
    import librosa  # up to six seconds the first time

    samples = np.pad(samples, (0, max(0, _FFT_SAMPLES - len(samples))))
    power = np.abs(librosa.stft(samples, n_fft=_FFT_SAMPLES, hop_length=_HOP_SAMPLES)) ** 2
    level_db = 10 * np.log10(power.sum(axis=0) + 1e-12)
    power = power[:, level_db >= np.percentile(level_db, 95) - HEARD_DB]
    hertz = librosa.fft_frequencies(sr=SAMPLE_RATE_HZ, n_fft=_FFT_SAMPLES)
    centroids = (hertz @ power) / np.maximum(power.sum(axis=0), 1e-12)
    mel = librosa.feature.melspectrogram(S=power, sr=SAMPLE_RATE_HZ, n_mels=_MELS)
    # Relative to the loudest, or a quiet recording's weak bands would lie on the floor and bend its cepstrum.
    level_db = librosa.power_to_db(mel, ref=np.max, amin=1e-30, top_db=MEL_RANGE_DB)
    cepstra = librosa.feature.mfcc(S=level_db, n_mfcc=NUM_MFCC + 1)[1:]
    return _Spectra(power.sum(axis=1), centroids, cepstra)


def _of_spectra(blocks: list[_Spectra]) -> list[float]:
    import librosa

    power = np.sum([block.power for block in blocks], axis=0)
    centroids = np.concatenate([block.centroids for block in blocks])
    cepstra = np.concatenate([block.cepstra for block in blocks], axis=1)
    hertz = librosa.fft_frequencies(sr=SAMPLE_RATE_HZ, n_fft=_FFT_SAMPLES)
    inside = (hertz >= _TILT_HZ[0]) & (hertz <= _TILT_HZ[1])
    tilt = np.polyfit(np.log2(hertz[inside]), 10 * np.log10(power[inside] + 1e-12), 1)[0]
    return [centroids.mean(), centroids.std(), tilt, *cepstra.mean(axis=1), *cepstra.std(axis=1)]
