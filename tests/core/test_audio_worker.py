"""Decoding in a process of its own gives what decoding here gives, and survives what would have killed this process."""

import os
import signal
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.audio import Limits, decode
from core.audio.openers import Archive, FileOpener, ZipOpener, to_record
from core.audio.opus import BIT_RATE, opus_bytes
from core.audio.worker import DecodingProcess, Request, kept_sound
from core.errors import AudioError
from core.results import Waveform
from tests import sounds


@pytest.fixture(scope="module")
def process() -> Iterator[DecodingProcess]:
    process = DecodingProcess(Limits())
    yield process
    process.close()


@pytest.mark.parametrize("kind", ["wav-stereo", "mp3", "m4a", "webm"])
def test_the_waveform_is_the_same_as_here(process: DecodingProcess, kind: str) -> None:
    data = sounds.encode_kind(kind)
    here, there = decode(data, name=f"a.{kind}"), process.decode(Request(f"folder/a.{kind}", data))
    assert np.array_equal(there.waveform.samples, here.samples)
    assert {**vars(there.waveform), "samples": 0} == {**vars(here), "samples": 0}
    assert there.decode_s > 0 and there.sound == b""


def test_a_file_and_an_entry_of_a_zip_are_opened_there(
    process: DecodingProcess, voice_path: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.write(voice_path, "../voice.wav")
    for opener in (FileOpener(str(voice_path)), ZipOpener(Archive(str(tmp_path / "z.zip")), 0, 100)):
        decoded = process.decode(Request("voice.wav", opener=to_record(opener)))
        assert decoded.waveform.sha256 == decode(voice_path).sha256


def test_a_bad_clip_is_its_own_sentence_and_the_next_one_goes_on(process: DecodingProcess, voice_wav: bytes) -> None:
    with pytest.raises(AudioError, match=r"'bad\.wav' is not a sound file"):
        process.decode(Request("bad.wav", b"this is text"))
    with pytest.raises(AudioError, match="does not exist"):
        process.decode(Request("none.wav", opener=to_record(FileOpener("/nowhere/none.wav"))))
    assert process.decode(Request("good.wav", voice_wav)).waveform.duration_s == 3.0


def test_limits_hold_there_too(voice_wav: bytes) -> None:
    process = DecodingProcess(Limits(max_duration_s=2.0))
    with pytest.raises(AudioError, match="longer than 2 s"):
        process.decode(Request("a.wav", voice_wav))
    process.close()


def test_a_decoder_that_is_killed_is_one_clips_failure(voice_wav: bytes) -> None:
    process = DecodingProcess(Limits())
    process.decode(Request("a.wav", voice_wav))
    assert process._process is not None
    os.kill(process._process.pid, signal.SIGSEGV)
    process._process.wait()
    with pytest.raises(AudioError, match=r"'b\.wav' made the decoder crash"):
        process.decode(Request("b.wav", voice_wav))
    assert process.decode(Request("c.wav", voice_wav)).waveform.name == "c.wav"
    process.close()


def test_sound_is_kept_as_opus_of_the_same_length_and_pitch(process: DecodingProcess) -> None:
    data = sounds.wav(sounds.tone(440, 2.0))
    sound = process.decode(Request("a.wav", data, with_sound=True)).sound
    again = decode(sound)
    assert again.duration_s == 2.0 and sounds.amplitude_of(again.samples, 440) == pytest.approx(0.5, abs=0.05)
    assert len(sound) * 8 < 2 * BIT_RATE * 2.0


def test_opus_is_kept_byte_for_byte_and_only_opus(waveform: Waveform) -> None:
    own = opus_bytes(waveform)
    assert kept_sound(decode(own), own) == own
    stereo = sounds.encode(np.stack([sounds.voice(1), sounds.voice(1)]), "ogg", "libopus", 48_000, "stereo")
    assert kept_sound(decode(stereo), stereo) != stereo
    padded = own + b"\0" * 100_000
    assert kept_sound(waveform, padded) != padded


def test_sound_beyond_full_scale_is_turned_down_before_it_is_kept() -> None:
    loud = decode(opus_bytes(Waveform(4 * sounds.tone(440, 1.0))))
    assert sounds.amplitude_of(loud.samples, 440) == pytest.approx(1.0, abs=0.1)
