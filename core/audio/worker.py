"""Decoding in a process of its own: `python -m core.audio.worker` answers requests on standard input.

A decoder in a thread takes the interpreter's lock hundreds of times a second from a network that needs it as often: two
such threads decode no more than one, and halve what is heard beside them (measured). In a process it disturbs nobody,
and a file that makes libav crash takes no more with it than its own process.

Both ways a message is JSON, its length before it in four bytes, and as many bytes after it as it says. No code travels.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import numpy as np

from core.audio.decoding import decode
from core.audio.limits import Limits
from core.audio.openers import from_record
from core.audio.opus import BIT_RATE, opus_bytes
from core.errors import AudioError, EmoScopeError
from core.results import Waveform

_ROOT = Path(__file__).parents[2]
_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoded clip, the Ogg Opus to keep of it (empty where none was asked for), and the seconds of decoding."""

    waveform: Waveform
    sound: bytes
    decode_s: float


@dataclass(frozen=True, slots=True)
class Request:
    """What to decode: `data`, or where `opener` (a record of `core.audio.openers`) finds it; `name` is for people."""

    name: str
    data: bytes = b""
    opener: Mapping[str, Any] | None = None
    with_sound: bool = False


class DecodingProcess:
    """One worker; to be used by one thread at a time. It is started when first needed, and anew after a crash."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None

    def decode(self, request: Request) -> Decoded:
        """The decoded clip; `AudioError` where it is none, or made the worker end."""
        process = self._process = self._process or self._start()
        assert process.stdin is not None and process.stdout is not None
        try:
            self._send(process.stdin, request)
            return _receive(process.stdout)
        except (OSError, EOFError, json.JSONDecodeError) as error:
            self.close()
            raise AudioError(f"{request.name!r} made the decoder crash; convert it to wav or mp3.") from error

    def close(self) -> None:
        """End the worker."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def _start(self) -> "subprocess.Popen[bytes]":
        paths = [str(_ROOT), os.environ.get("PYTHONPATH", "")]
        return subprocess.Popen(
            [sys.executable, "-m", "core.audio.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
            start_new_session=True,  # Ctrl-C is for the one who reads the answers
            bufsize=0,
        )

    def _send(self, pipe: IO[bytes], request: Request) -> None:
        header = {
            "name": request.name,
            "num_bytes": len(request.data),
            "opener": request.opener and dict(request.opener),
            "with_sound": request.with_sound,
            "limits": asdict(self._limits),
        }
        for part in (_framed(header), request.data):
            view = memoryview(part)
            while view.nbytes:  # a pipe without a buffer may take less at a time
                view = view[pipe.write(view) :]


def _framed(header: Mapping[str, Any]) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(_LENGTH_BYTES, "little") + text


def _receive(pipe: IO[bytes]) -> Decoded:
    header = json.loads(_filled(pipe, int.from_bytes(_filled(pipe, _LENGTH_BYTES), "little")))
    if "error" in header:
        raise AudioError(header["error"])
    samples = np.empty(header["num_samples"], np.float32)
    _fill(pipe, samples.data.cast("B"))
    sound = _filled(pipe, header["sound_bytes"])
    return Decoded(Waveform(samples, **header["waveform"]), sound, header["decode_s"])


def _filled(pipe: IO[bytes], num_bytes: int) -> bytes:
    content = bytearray(num_bytes)
    _fill(pipe, memoryview(content))
    return bytes(content)


def _fill(pipe: IO[bytes], view: memoryview) -> None:
    while view.nbytes:
        count = pipe.readinto(view)  # type: ignore[attr-defined]  # a raw file
        if not count:
            raise EOFError
        view = view[count:]


def answer(requests: BinaryIO, answers: BinaryIO) -> None:
    """Decode what is asked for until nobody asks any more."""
    while length := requests.read(_LENGTH_BYTES):
        header = json.loads(requests.read(int.from_bytes(length, "little")))
        data = requests.read(header["num_bytes"])
        for part in _reply(header, data):
            answers.write(part)
        answers.flush()


def _reply(header: Mapping[str, Any], data: bytes) -> Iterator[bytes | memoryview]:
    """The JSON, then the samples, then the sound to keep."""
    try:
        decoded = _decoded(header, data)
    except EmoScopeError as error:
        yield _framed({"error": str(error)})
        return
    except Exception as error:  # of this clip alone: the next one may be well
        sentence = f"{header['name']!r} cannot be decoded ({type(error).__name__}: {error})."
        yield _framed({"error": sentence})
        return
    waveform = decoded.waveform
    reply = {
        "num_samples": waveform.num_samples,
        "sound_bytes": len(decoded.sound),
        "decode_s": decoded.decode_s,
        "waveform": {name: getattr(waveform, name) for name in Waveform.__dataclass_fields__ if name != "samples"},
    }
    yield _framed(reply)
    yield waveform.samples.data.cast("B")
    yield decoded.sound


def _decoded(header: Mapping[str, Any], data: bytes) -> Decoded:
    name, limits = header["name"], Limits(**header["limits"])
    begun = time.perf_counter()
    if header["opener"] is None:
        waveform = decode(BytesIO(data), name=name, limits=limits)
    else:
        with from_record(header["opener"]).open(name) as file:
            waveform = decode(cast(BinaryIO, file), name=name, limits=limits)
    decode_s = time.perf_counter() - begun
    return Decoded(waveform, kept_sound(waveform, data) if header["with_sound"] else b"", decode_s)


def kept_sound(waveform: Waveform, data: bytes) -> bytes:
    """Ogg Opus of a clip: its own bytes where they are such already, of one voice and no more than twice the rate."""
    small = len(data) * 8 <= 2 * BIT_RATE * waveform.duration_s + 65_536
    is_plain = waveform.source_codec == "opus" and waveform.source_num_tracks == waveform.source_channels == 1
    return data if is_plain and small and data.startswith(b"OggS") else opus_bytes(waveform)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    answer(sys.stdin.buffer, cast(BinaryIO, answers))


if __name__ == "__main__":
    main()
