"""The part of a clip in which a voice is heard, by WebRTC's detector, as Resemblyzer was taught to hear speech."""

import warnings
from typing import Any

import numpy as np

from core.errors import SpeakerError
from core.results import SAMPLE_RATE_HZ, Array

STEP_SAMPLES = 480  # 30 ms, the longest the detector takes
STRICTEST = 3  # of its modes 0 to 3: what is not surely voice goes
SMOOTHED_STEPS = 8  # 240 ms: flags are averaged over this …
WIDENED_STEPS = 7  # 210 ms: … and what is left is widened to this, so that words keep their ends
LEVEL_DB = -30.0  # root mean square below full scale to which quiet clips are turned up
MIN_VOICED_SAMPLES = SAMPLE_RATE_HZ // 2  # with less, the whole clip is taken for the voice


def voiced_part(samples: Array) -> Array:
    """(num_samples,) float32 → its voiced parts joined, quiet sound turned up; all of it where hardly a voice is found.

    The steps are those of Resemblyzer's `preprocess_wav` (github.com/resemble-ai/Resemblyzer), for any length of sound.

    Raises:
        SpeakerError: webrtcvad is not installed.
    """
    loud = levelled(samples)
    kept = loud[: len(loud) // STEP_SAMPLES * STEP_SAMPLES][np.repeat(_voice_steps(loud), STEP_SAMPLES)]
    return kept if len(kept) >= MIN_VOICED_SAMPLES else loud


def levelled(samples: Array) -> Array:
    """(num_samples,) float32: quiet sound turned up to LEVEL_DB, within full scale."""
    level = np.sqrt(np.mean(np.square(samples, dtype=np.float64))) if samples.size else 0.0
    wanted = 10 ** (LEVEL_DB / 20)
    gain = np.float32(wanted / level if 0 < level < wanted else 1.0)
    loud: Array = np.clip(samples * gain, -1.0, 1.0).astype(np.float32)
    return loud


def _voice_steps(samples: Array) -> Array:
    """(whole steps,) bool."""
    from scipy.ndimage import binary_dilation, uniform_filter1d

    steps = (samples[: len(samples) // STEP_SAMPLES * STEP_SAMPLES] * 32767).round().astype("<i2")
    detector = _detector()
    flags = np.array([detector.is_speech(step.tobytes(), SAMPLE_RATE_HZ) for step in steps.reshape(-1, STEP_SAMPLES)])
    if not flags.size:
        return flags.astype(bool)
    # Half a step's shift of an even window is Resemblyzer's: `origin` −1 looks one step further ahead than behind.
    smooth = uniform_filter1d(flags.astype(np.float64), SMOOTHED_STEPS, mode="constant", origin=-1)
    found: Array = binary_dilation(np.round(smooth).astype(bool), np.ones(WIDENED_STEPS))
    return found


def _detector() -> Any:
    """A new one: it adapts to what it hears."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its older builds ask `pkg_resources`, which is deprecated
            import webrtcvad  # type: ignore[import-untyped]
    except ImportError as error:
        raise SpeakerError(
            "Voices need WebRTC's detector, which is not installed; run `pip install webrtcvad-wheels`."
        ) from error
    return webrtcvad.Vad(STRICTEST)
