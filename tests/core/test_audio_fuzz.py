"""Whatever the bytes: a valid waveform within the limits, or `AudioError`. Never another exception, never a hang."""

import time
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core import audio
from core.audio import Limits
from core.errors import AudioError
from core.results import SAMPLE_RATE_HZ
from tests import sounds

LIMITS = Limits(max_duration_s=30.0)
SLOWEST_S = 20.0  # generous: the machine may be busy
KINDS = (*sounds.KINDS, "mp4", "amr-wb")

many = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def clip_of(kind: str) -> bytes:
    """A real file of half a second."""
    if kind == "mp4":
        return sounds.video("mp4")
    if kind == "amr-wb":
        return sounds.amr_wb(0.5)
    return sounds.encode_kind(kind, sounds.voice(0.5, sounds.KINDS[kind][2]))


def check(clip: bytes) -> None:
    """Decode and judge: this is the whole contract of `decode` for bytes from outside."""
    begun = time.monotonic()
    try:
        waveform = audio.decode(clip, limits=LIMITS)
    except AudioError as error:
        message = str(error)
        assert "\n" not in message
        assert message.endswith((".", "avi)."))
    else:
        assert waveform.samples.dtype == np.float32
        assert waveform.samples.ndim == 1
        assert np.isfinite(waveform.samples).all()
        assert waveform.samples.flags.owndata
        assert LIMITS.min_duration_s <= waveform.num_samples / SAMPLE_RATE_HZ <= LIMITS.max_duration_s
    assert time.monotonic() - begun < SLOWEST_S


@many
@given(st.binary(max_size=4000))
@example(b"RIFF\xff\xff\xff\xffWAVEfmt ")
@example(b"OggS")
@example(b"\x1aE\xdf\xa3" + bytes(60))
@example(b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f")
@example(b"\xff\xfb\x90\x00" * 500)
@example(b"caff\0\1\0\0data\x80\0\0\0\0\0\0\0")
def test_arbitrary_bytes(clip: bytes) -> None:
    check(clip)


@many
@given(st.sampled_from(KINDS), st.binary(max_size=3000))
def test_arbitrary_bytes_after_a_real_header(kind: str, tail: bytes) -> None:
    check(clip_of(kind)[:200] + tail)


@many
@given(
    st.sampled_from(KINDS),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=40),
)
def test_real_files_with_bytes_changed(kind: str, changes: list[tuple[float, int]]) -> None:
    clip = bytearray(clip_of(kind))
    for place, value in changes:
        clip[int(place * len(clip))] = value
    check(bytes(clip))


@many
@given(st.sampled_from(KINDS), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=12))
def test_real_files_with_their_header_changed(kind: str, changes: list[tuple[int, int]]) -> None:
    """Where lengths, rates, channel counts and sizes stand."""
    clip = bytearray(clip_of(kind))
    for place, value in changes:
        clip[min(place, len(clip) - 1)] = value
    check(bytes(clip))


@many
@given(st.sampled_from(KINDS), st.floats(0, 1))
def test_truncated_files(kind: str, kept: float) -> None:
    clip = clip_of(kind)
    check(clip[: int(kept * len(clip))])


@many
@given(st.sampled_from(KINDS), st.sampled_from(KINDS), st.floats(0, 1), st.floats(0, 1))
def test_spliced_files(first: str, second: str, end: float, start: float) -> None:
    head, tail = clip_of(first), clip_of(second)
    check(head[: int(end * len(head))] + tail[int(start * len(tail)) :])


@pytest.mark.parametrize("declared", [0, 1, 2**20, 2**31 - 1, 2**32 - 1])
def test_a_lying_flac_header_allocates_nothing(declared: int) -> None:
    """STREAMINFO may claim 2^36 samples; memory follows what is decoded, not what is claimed."""
    clip = bytearray(clip_of("flac"))
    clip[22:26] = declared.to_bytes(4, "big")  # the low 32 of 36 bits
    check(bytes(clip))
