"""A clip's sound for the browser's player: a WAV that is never made, only read from, by HTTP range requests.

The header and the samples asked for are made as they are sent, so that hours of sound start at once and need no memory.
RFC 9110, section 14: one range a request, `bytes=first-last`, `first-` or `-suffix`.
"""

import re
import struct
from collections.abc import Callable, Iterator

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from core.audio.rendering import gain_within, pcm16
from core.results import SAMPLE_RATE_HZ, Waveform
from dashboard.clips import has_sound
from dashboard.resources import services

PATH = "/api/v1/sounds/{clip_id}.wav"
HEADER_BYTES = 44
SAMPLE_BYTES = 2
BLOCK_BYTES = 1 << 18
MAX_BYTES = (1 << 32) - 1  # a RIFF file says its size in 32 bits: 37 hours
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def sound_url(clip_id: str) -> str:
    """Where the browser finds a clip's sound."""
    return PATH.format(clip_id=clip_id)


def num_bytes(waveform: Waveform) -> int:
    """Of the whole WAV, header included."""
    return min(MAX_BYTES // 2 * 2, HEADER_BYTES + SAMPLE_BYTES * waveform.num_samples)


def wav_bytes(waveform: Waveform, first: int, end: int, gain: float) -> bytes:
    """Bytes [first, end) of the clip as a 16-bit PCM WAV."""
    head = _header(num_bytes(waveform))[first:end] if first < HEADER_BYTES else b""
    begin, stop = max(first, HEADER_BYTES) - HEADER_BYTES, end - HEADER_BYTES
    if stop <= begin:
        return head
    samples = waveform.samples[begin // SAMPLE_BYTES : -(-stop // SAMPLE_BYTES)]
    offset = begin % SAMPLE_BYTES
    return head + pcm16(samples, gain).tobytes()[offset : offset + stop - begin]


async def sound(request: Request) -> Response:
    """200 with the whole, 206 with the range asked for, 404 for a clip that is not here, 416 for a range outside."""
    clip = services().recents.find(request.path_params["clip_id"])
    if clip is None or not has_sound(clip):
        return PlainTextResponse("This clip is no longer on this server.", status_code=404)
    waveform = clip.heard.result().waveform
    gain = gain_within(float(abs(clip.heard.result().picture.peaks).max()))
    total = num_bytes(waveform)
    return ranged(request, total, waveform.sha256, "audio/wav", lambda first, end: _blocks(waveform, first, end, gain))


def ranged(
    request: Request, total: int, tag: str, media_type: str, blocks: Callable[[int, int], Iterator[bytes]]
) -> Response:
    """The whole or the range that was asked for, of `total` bytes named `tag`; `blocks(first, end)` makes them."""
    headers = {"Accept-Ranges": "bytes", "ETag": f'"{tag}"', "Cache-Control": "private, max-age=3600"}
    wanted = requested_range(request.headers.get("range"), total)
    if request.headers.get("if-range", headers["ETag"]) != headers["ETag"]:
        wanted = (0, total)
    if wanted is None:
        return PlainTextResponse(
            f"This clip has {total} bytes.", status_code=416, headers=headers | {"Content-Range": f"bytes */{total}"}
        )
    first, end = wanted
    headers["Content-Length"] = str(end - first)
    is_part = (first, end) != (0, total)
    if is_part:
        headers["Content-Range"] = f"bytes {first}-{end - 1}/{total}"
    body = iter(()) if request.method == "HEAD" else blocks(first, end)
    return StreamingResponse(body, status_code=206 if is_part else 200, media_type=media_type, headers=headers)


def requested_range(header: str | None, total: int) -> tuple[int, int] | None:
    """Bytes [first, end) that a `Range` header asks for; the whole without one that is understood; None outside."""
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):
        return (0, total)
    first_text, last_text = match.groups()
    if not first_text:
        length = min(int(last_text), total)
        return (total - length, total) if length else None
    first, end = int(first_text), min(int(last_text) + 1 if last_text else total, total)
    return (first, end) if first < end else None


def _blocks(waveform: Waveform, first: int, end: int, gain: float) -> Iterator[bytes]:
    for begin in range(first, end, BLOCK_BYTES):
        yield wav_bytes(waveform, begin, min(begin + BLOCK_BYTES, end), gain)


def _header(total: int) -> bytes:
    """RIFF, one `fmt ` chunk of 16-bit mono PCM, and the beginning of `data`."""
    rate, width = SAMPLE_RATE_HZ, SAMPLE_BYTES
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * width, width, 8 * width)
    return (
        struct.pack("<4sI4s", b"RIFF", total - 8, b"WAVE") + form + struct.pack("<4sI", b"data", total - HEADER_BYTES)
    )


ROUTES = (Route(PATH, sound, methods=["GET", "HEAD"]),)
