"""A waveform on its way out: WAV files and peaks."""

import io
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core import audio
from core.results import Waveform
from tests import sounds


def test_a_written_wav_is_mono_16_bit_16_khz_and_comes_back_to_half_a_step(waveform: Waveform, tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    audio.write_wav(waveform, path)
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
        assert file.getnframes() == waveform.num_samples
    assert np.abs(audio.decode(path).samples - waveform.samples).max() <= 0.5 / 32768 + 1e-9


def test_what_came_from_16_bits_goes_back_unchanged(voice_wav: bytes) -> None:
    target = io.BytesIO()
    audio.write_wav(audio.decode(voice_wav), target)
    assert target.getvalue() == voice_wav
    assert not target.closed


def test_a_target_that_cannot_be_rewound_gets_the_same_file(waveform: Waveform) -> None:
    class OneWay(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.data += bytes(data)
            return len(data)

    one_way, seekable = OneWay(), io.BytesIO()
    audio.write_wav(waveform, one_way)  # type: ignore[arg-type]
    audio.write_wav(waveform, seekable)
    assert one_way.data == seekable.getvalue()


@pytest.mark.parametrize("peak", [1.5, 32768.0])
def test_sound_beyond_full_scale_is_turned_down_not_clipped(peak: float) -> None:
    loud = sounds.tone(440, 0.5, amplitude=peak)
    target = io.BytesIO()
    audio.write_wav(Waveform(loud), target)
    written = audio.decode(target.getvalue()).samples
    assert np.abs(written - loud / np.abs(loud).max()).max() <= 1.01 / 32768
    assert np.abs(written).max() == pytest.approx(1.0, abs=1e-4)


def test_full_scale_stays_full_scale() -> None:
    edge = np.array([-1.0, 1.0, 0.0, 0.5] * 800, np.float32)
    target = io.BytesIO()
    audio.write_wav(Waveform(edge), target)
    assert audio.decode(target.getvalue()).samples[:4].tolist() == [-1.0, 32767 / 32768, 0.0, 0.5]


class TestPeaks:
    """The lowest and highest sample of each of equal stretches."""

    def test_known_buckets(self) -> None:
        samples = np.array([0.1, -0.2, 0.3, 0.4, -0.5, 0.6], np.float32)
        expected = np.array([[-0.2, 0.3, -0.5], [0.1, 0.4, 0.6]], np.float32)
        assert np.array_equal(audio.peaks(Waveform(samples), 3), expected)

    @given(
        hnp.arrays(np.float32, st.integers(1, 300), elements=st.floats(-1, 1, width=32)),
        st.integers(1, 400),
    )
    def test_no_extreme_is_lost(self, samples: np.ndarray, num_buckets: int) -> None:
        found = audio.peaks(Waveform(samples), num_buckets)
        assert found.shape == (2, num_buckets)
        assert found.dtype == np.float32
        assert (found[0].min(), found[1].max()) == (samples.min(), samples.max())
        assert (found[0] <= found[1]).all()

    @given(st.integers(1, 1000), st.integers(1, 50))
    def test_each_bucket_is_its_own_stretch(self, num_samples: int, num_buckets: int) -> None:
        samples = np.arange(num_samples, dtype=np.float32)
        low, high = audio.peaks(Waveform(samples), num_buckets)
        if num_samples >= num_buckets:
            assert (low[1:] == high[:-1] + 1).all()

    def test_nothing_gives_zeros_and_no_bucket_is_refused(self) -> None:
        assert audio.peaks(Waveform(np.empty(0, np.float32)), 4).tolist() == [[0, 0, 0, 0]] * 2
        with pytest.raises(ValueError, match="num_buckets is 0"):
            audio.peaks(Waveform(np.zeros(5, np.float32)), 0)
