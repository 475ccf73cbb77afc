"""Threads that read and decode, each with a decoding process of its own."""

import queue
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from core.audio.worker import DecodingProcess
from core.batch.reading import Clip, Read, Reader
from core.library.entries import Failure

MIN_DECODERS = 2


class Decoders:
    """A pool of `threads` to work in; half as many as there are lanes, as decoding takes a third of the time or less.

    A context: at its end the processes are ended, too.
    """

    def __init__(self, reader: Reader, num_lanes: int) -> None:
        count = max(MIN_DECODERS, num_lanes // 2)
        self._reader = reader
        self.threads = ThreadPoolExecutor(count, "batch-read")
        self._processes = [DecodingProcess(reader.options.limits) for _ in range(count)]
        self._idle: queue.SimpleQueue[DecodingProcess] = queue.SimpleQueue()
        for process in self._processes:
            self._idle.put(process)

    def decode(self, read: Read) -> Clip | Failure:
        """What is read becomes a clip, or the row of a file that is none; called in one of `threads`."""
        process = self._idle.get()
        try:
            return self._reader.decode(read, process)
        finally:
            self._idle.put(process)

    def __enter__(self) -> "Decoders":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.threads.shutdown(wait=True, cancel_futures=True)
        for process in self._processes:
            process.close()
