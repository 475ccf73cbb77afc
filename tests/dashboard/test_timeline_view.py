"""What a link carries, and the clips it finds."""

from concurrent.futures import Future

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.results import Waveform
from dashboard.clips import Clip, Recents
from dashboard.listening import Heard
from dashboard.pictures import picture_of
from dashboard.timeline_view import (
    DEFAULT,
    DRAWINGS,
    PARAMETERS,
    ROWS,
    STEPS_MS,
    TimelineView,
    from_parameters,
    to_parameters,
)


def test_a_view_as_by_default_adds_nothing_to_a_link() -> None:
    assert to_parameters(DEFAULT) == {} and from_parameters({}, 10.0) == DEFAULT


@given(
    st.builds(
        TimelineView,
        draw=st.sampled_from(DRAWINGS),
        values=st.sampled_from(["probabilities", "logits"]),
        smoothing=st.sampled_from(["none", "moving average", "savitzky-golay"]),
        smoothing_s=st.sampled_from([0.0, 0.1, 1.5, 3.0]),
        step_ms=st.sampled_from(STEPS_MS),
        emotions=st.none() | st.just(("angry", "sad")),
        rows=st.sampled_from([(), ROWS, ("level",)]),
        min_segment_s=st.sampled_from([0.0, 0.3, 2.0]),
        finds_speech=st.booleans(),
        view_s=st.none() | st.just((1.25, 9.5)),
        region_s=st.none() | st.just((0.1, 0.7)),
    )
)
def test_a_view_comes_back_from_its_link(view: TimelineView) -> None:
    assert from_parameters(to_parameters(view), 10.0) == view


@given(st.dictionaries(st.sampled_from(sorted(PARAMETERS.values())), st.text(max_size=20)))
def test_nothing_in_a_link_breaks_the_page(parameters: dict[str, str]) -> None:
    view = from_parameters(parameters, 10.0)
    assert view.draw in DRAWINGS and 0 <= view.smoothing_s <= 3
    for span in (view.view_s, view.region_s):
        assert span is None or 0 <= span[0] < span[1] <= 10.05


@pytest.mark.parametrize("text", ["5,3", "-1,2", "1", "1,2,3", "nan,inf", "2,99"])
def test_a_range_that_is_none_is_left_out(text: str) -> None:
    assert from_parameters({"view": text}, 10.0).view_s is None


def clip_of(seconds: float) -> Clip:
    waveform = Waveform(np.zeros(int(seconds * 16_000), dtype=np.float32))
    heard: Future[Heard] = Future()
    heard.set_result(Heard(waveform, picture_of(waveform), 0.0))
    return Clip("clip", heard)


def test_the_clip_used_longest_ago_leaves_first() -> None:
    recents = Recents(max_clips=2)
    first, second, third = (clip_of(1.0) for _ in range(3))
    recents.keep(first)
    recents.keep(second)
    recents.keep(first)
    recents.keep(third)
    assert recents.find(second.id) is None and recents.find(first.id) is first and recents.find(third.id) is third
    recents.forget(first)
    assert recents.find(first.id) is None


def test_sound_is_bounded_and_the_newest_stays_whatever_its_length() -> None:
    recents = Recents(max_seconds=3.0)
    short, long = clip_of(1.0), clip_of(5.0)
    recents.keep(short)
    recents.keep(long)
    assert recents.find(short.id) is None and recents.find(long.id) is long
