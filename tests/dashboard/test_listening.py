"""Clips are decoded once, wait for their checkpoint, and are listened to outside whoever asked."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.analysis import analyze
from core.audio import Limits, decode
from core.model import Engine, open_engine
from core.results import Stage
from core.settings import Settings
from dashboard import listening
from dashboard.listening import Listener, Phase, Shelf, hear, wait_for, wait_while_busy
from dashboard.model_host import ModelHost
from tests import sounds
from tests.dashboard.test_model_host import Watched

PATIENCE_S = 60.0
OnStage = Callable[[Stage], None]


class House:
    """A host and a listener on a real engine that can be held back and watched."""

    def __init__(self, settings: Settings) -> None:
        self.may_load = threading.Event()
        self.engines: list[Watched] = []
        self.host = ModelHost(settings, opener=self._open)
        self.listener = Listener(self.host)

    def _open(self, checkpoint: str, settings: Settings, on_stage: OnStage) -> Engine:
        assert self.may_load.wait(PATIENCE_S)
        self.engines.append(Watched(open_engine(checkpoint, settings, on_stage=on_stage)))
        return self.engines[-1]


@pytest.fixture
def house(settings: Settings) -> Iterator[House]:
    house = House(settings)
    house.may_load.set()
    yield house
    house.may_load.set()
    house.listener.shutdown()
    house.host.shutdown()


def test_the_result_is_that_of_analyze_with_the_decoding_in_its_timings(house: House, voice_wav: bytes) -> None:
    heard = house.listener.hear(io.BytesIO(voice_wav), "voice.wav")
    job = house.listener.listen(heard, house.host.default, Shelf())
    assert wait_for([job], PATIENCE_S) and job.phase is Phase.DONE and job.analysis is not None
    expected = analyze(decode(voice_wav, name="voice.wav"), house.engines[0])
    np.testing.assert_array_equal(job.analysis.frame_logits, expected.frame_logits)
    assert job.analysis.name == "voice.wav" and job.analysis.sha256 == expected.sha256
    timings_s = job.analysis.timings_s
    assert timings_s["decode"] >= heard.result().decode_s > 0
    assert timings_s["total"] == pytest.approx(timings_s["decode"] + timings_s["score"] + timings_s["summarise"])
    assert job.analysis.log[0].at_s >= heard.result().decode_s


def test_a_clip_that_comes_while_the_model_loads_goes_on_by_itself(house: House, voice_wav: bytes) -> None:
    house.may_load.clear()
    job = house.listener.listen(house.listener.hear(voice_wav, "early.wav"), house.host.default, Shelf())
    deadline = time.monotonic() + PATIENCE_S
    while job.phase is not Phase.WAITING and time.monotonic() < deadline:
        time.sleep(0.01)
    assert job.phase is Phase.WAITING and not wait_for([job], 0.2)
    house.may_load.set()
    assert wait_for([job], PATIENCE_S) and job.analysis is not None


def test_a_bad_clip_is_one_sentence_and_the_others_go_on(house: House, voice_wav: bytes) -> None:
    shelf = Shelf()
    jobs = [
        house.listener.listen(house.listener.hear(source, name), house.host.default, shelf)
        for source, name in ((b"this is not a sound" * 50, "bad.wav"), (voice_wav, "good.wav"), (b"", "empty.wav"))
    ]
    assert wait_for(jobs, PATIENCE_S)
    assert [job.phase for job in jobs] == [Phase.FAILED, Phase.DONE, Phase.FAILED]
    assert jobs[0].error is not None and jobs[0].error.startswith("'bad.wav' is not a sound file")
    assert jobs[2].error == "'empty.wav' is empty (0 bytes); choose a file that holds sound."


def test_the_same_sound_under_another_name_is_listened_to_once(house: House, voice_wav: bytes) -> None:
    shelf = Shelf()
    names = []
    for name in ("first.wav", "second.wav"):
        job = house.listener.listen(house.listener.hear(voice_wav, name), house.host.default, shelf)
        assert wait_for([job], PATIENCE_S) and job.analysis is not None
        names.append(job.analysis.name)
    assert names == ["first.wav", "second.wav"]
    assert house.engines[0].calls == 1 and len(shelf.analyses) == 1


def test_a_clip_nobody_wants_any_more_is_not_listened_to(house: House, voice_wav: bytes) -> None:
    house.may_load.clear()
    job = house.listener.listen(house.listener.hear(voice_wav, "gone.wav"), house.host.default, Shelf())
    job.cancel()
    house.may_load.set()
    assert wait_for([job], PATIENCE_S)
    assert job.phase is Phase.FAILED and job.analysis is None and house.engines[0].calls == 0


def test_progress_counts_the_windows(settings: Settings) -> None:
    house = House(replace(settings, window_s=1.0, margin_s=1.0))
    house.may_load.set()
    job = house.listener.listen(
        house.listener.hear(sounds.wav(sounds.voice(4.2)), "x.wav"), house.host.default, Shelf()
    )
    assert wait_for([job], PATIENCE_S) and job.analysis is not None
    assert job.windows_done == job.windows_in_all == job.analysis.num_windows == house.engines[0].calls == 5
    assert job.analysis.scope == "recording"


def test_a_long_waveform_lies_on_disk_and_is_the_same_sound(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = sounds.wav(sounds.voice(3.0))
    monkeypatch.setattr(listening, "ON_DISK_FROM_S", 2.0)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    heard = hear(data, "long.wav", Limits())
    assert isinstance(heard.waveform.samples, np.memmap)
    assert heard.waveform.sha256 == decode(data).sha256
    assert list(tmp_path.iterdir()) == [], "the file has no name: nothing is left behind"


def test_nobody_is_held_up_by_a_clip_that_waits_for_its_model(house: House, voice_wav: bytes) -> None:
    house.may_load.clear()
    job = house.listener.listen(house.listener.hear(voice_wav, "early.wav"), house.host.default, Shelf())
    begun = time.monotonic()
    wait_while_busy([job], PATIENCE_S)
    assert job.phase is Phase.WAITING and time.monotonic() - begun < PATIENCE_S / 2
    house.may_load.set()
    assert wait_for([job], PATIENCE_S)
    wait_while_busy([job], PATIENCE_S)
    assert job.phase is Phase.DONE
