"""Decoded clips wait in bounded room, and their windows come out by length, none of them never."""

import threading
import time
from types import SimpleNamespace
from typing import Any

import numpy as np

from core.analysis import Listening
from core.batch.waiting import Room, WindowPool
from core.results import Waveform


def clip(seconds: float) -> Any:
    """As much of a clip as waits: its windows."""
    return SimpleNamespace(listening=Listening(Waveform(np.zeros(int(seconds * 16_000), np.float32))))


def lengths(pool: WindowPool, seconds: float) -> list[float]:
    return [task.num_samples / 16_000 for task in pool.take(int(seconds * 16_000))]


def test_a_batch_is_the_window_that_waited_longest_and_those_nearest_to_its_length() -> None:
    pool = WindowPool()
    pool.add([clip(seconds) for seconds in (3.0, 1.0, 8.0, 2.9, 1.1, 3.2)])
    assert lengths(pool, 10) == [2.9, 3.0, 3.2]
    assert lengths(pool, 10) == [1.0, 1.1]
    assert lengths(pool, 10) == [8.0]


def test_a_window_longer_than_a_batch_goes_alone() -> None:
    pool = WindowPool()
    pool.add([clip(20.0), clip(19.0), clip(0.5)])
    assert [lengths(pool, 10) for _ in range(3)] == [[20.0], [19.0], [0.5]]


def test_a_long_clip_waits_as_its_windows() -> None:
    pool = WindowPool()
    long = clip(95.0)
    pool.add([long])
    tasks = [task for _ in range(4) for task in pool.take(1)]
    assert [task.number for task in tasks] == [0, 3, 1, 2] or sorted(task.number for task in tasks) == [0, 1, 2, 3]
    assert all(task.window is long.listening.parts[task.number] for task in tasks)


def test_every_window_comes_out_once_whoever_takes() -> None:
    pool = WindowPool()
    rng = np.random.default_rng(0)
    clips = [clip(float(seconds)) for seconds in rng.uniform(0.2, 12, 300)]
    taken: list[int] = []

    def take() -> None:
        while tasks := pool.take(10 * 16_000):
            taken.extend(id(task.clip) for task in tasks)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for start in range(0, 300, 7):
        pool.add(clips[start : start + 7])
    pool.close()
    for thread in threads:
        thread.join(timeout=10)
    assert sorted(taken) == sorted(id(each) for each in clips)


def test_a_closed_pool_that_discards_hands_out_nothing() -> None:
    pool = WindowPool()
    pool.add([clip(1.0)])
    pool.close(discard=True)
    assert pool.take(1) == []


def entering(room: Room, *sizes: int) -> tuple[list[int], list[threading.Thread]]:
    """One thread a size, begun in order; the sizes that got in, in order."""
    entered: list[int] = []
    threads = []
    for size in sizes:
        thread = threading.Thread(target=lambda size=size: entered.append(size) if room.enter(size) else None)
        thread.start()
        time.sleep(0.02)
        threads.append(thread)
    return entered, threads


def test_decoders_are_held_back_while_there_is_enough_and_served_in_order() -> None:
    room = Room(100)
    entered, threads = entering(room, 60, 30, 80, 5)
    assert entered == [60, 30], "5 would fit, but 80 came first"
    room.leave(60)
    room.leave(30)
    for thread in threads:
        thread.join(timeout=5)
    assert sorted(entered) == [5, 30, 60, 80]


def test_a_clip_larger_than_all_room_is_let_in_alone() -> None:
    room = Room(100)
    entered, threads = entering(room, 10, 500)
    assert entered == [10]
    room.leave(10)
    threads[1].join(timeout=5)
    assert entered == [10, 500]


def test_nobody_waits_in_a_room_that_was_closed() -> None:
    room = Room(10)
    entered, threads = entering(room, 10, 10)
    room.close()
    for thread in threads:
        thread.join(timeout=5)
        assert not thread.is_alive()
    assert entered == [10]
