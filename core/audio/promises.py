"""Headers that promise more sound data than came: how a cut file is told from a short one.

libav silently reads whatever is there when a WAV, AVI, CAF, AU, WMA or MP3 file ends early, so the byte counts these
headers hold are compared with the file here; an Ogg file that was cut ends within a page. Headers that hold times
instead (MP4, Matroska, FLAC, AIFF) are compared after decoding.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from core.audio.sources import Reader

_MAX_CHUNKS = 4096
_ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_MAX_OGG_PAGE_BYTES = 27 + 255 + 255 * 255
# What programs write when they cannot know the size yet (pipes): 0, and nearly 2 or 4 GiB.
_PLACEHOLDERS = (range(1), range(0x7FFF_F000, 0x8000_0001), range(0xFFFF_F000, 0x1_0000_0000))


@dataclass(frozen=True, slots=True)
class Promise:
    """How a clip's bytes compare with what its header promises.

    Attributes:
        fraction_present: of the promised sound data, in (0, 1]; 1 when nothing is promised.
        ends_within_page: an Ogg file stops before its last page does.
    """

    fraction_present: float = 1.0
    ends_within_page: bool = False


def read_promise(reader: Reader) -> Promise:
    """Read the header of a clip, and rewind."""
    reader.seek(0)
    head = reader.read_fully(12)
    if head[:4] == b"OggS":
        promise = Promise(ends_within_page=_ends_within_ogg_page(reader))
    else:
        promised, start = _promise(reader, head)
        promise = Promise(min(1.0, max(1, reader.size - start) / promised)) if promised else Promise()
    reader.seek(0)
    return promise


def _ends_within_ogg_page(reader: Reader) -> bool:
    """RFC 3533, section 6: a page's header lists the lengths of its segments."""
    reader.seek(max(0, reader.size - _MAX_OGG_PAGE_BYTES))
    tail = reader.read_fully(_MAX_OGG_PAGE_BYTES)
    at = tail.rfind(b"OggS\0")
    if at < 0:
        return False
    page = tail[at:]
    lacing = page[27 : 27 + page[26]] if len(page) > 26 else b""
    return len(page) < 27 or len(page) < 27 + page[26] + sum(lacing)


def _promise(reader: Reader, head: bytes) -> tuple[int, int]:
    """Bytes promised (0: none) and the offset they are counted from."""
    if len(head) < 12:
        return 0, 0
    if head[:4] in (b"RIFF", b"RF64") and head[8:] == b"WAVE":
        return _wave_promise(reader)
    if head[:4] == b"RIFF" and head[8:] == b"AVI ":
        return _known(*struct.unpack("<I", head[4:8])), 8
    if head[:4] == b"caff":
        return _caf_promise(reader)
    if head[:4] == b".snd":
        offset, size = struct.unpack(">II", head[4:12])
        return _known(size), offset
    if head.startswith(_ASF_HEADER[:12]):
        return _asf_promise(reader)
    return _xing_promise(reader, head)


def _known(size: int) -> int:
    return 0 if any(size in placeholder for placeholder in _PLACEHOLDERS) else size


def _wave_promise(reader: Reader) -> tuple[int, int]:
    """RIFF WAVE, and RF64 whose true size is in its `ds64` chunk (EBU Tech 3306)."""
    large = 0
    for kind, size, start in _chunks(reader, 12, "<4sI"):
        if kind == b"ds64" and size >= 16:
            large = int.from_bytes(reader.read_fully(16)[8:], "little")
        if kind == b"data":
            return (large if size == 0xFFFF_FFFF else _known(size)), start
    return 0, 0


def _caf_promise(reader: Reader) -> tuple[int, int]:
    for kind, size, start in _chunks(reader, 8, ">4sq"):
        if kind == b"data":
            return max(0, size), start  # -1: not known yet
    return 0, 0


def _asf_promise(reader: Reader) -> tuple[int, int]:
    """The size of the whole file, in the File Properties Object (ASF specification 1.2, section 3.2)."""
    reader.seek(0)
    head = reader.read_fully(1 << 16)
    at = head.find(_ASF_FILE_PROPERTIES)
    if at < 0 or len(head) < at + 92:
        return 0, 0
    (size,) = struct.unpack_from("<Q", head, at + 40)
    (flags,) = struct.unpack_from("<I", head, at + 88)
    is_broadcast = bool(flags & 1)  # sizes are not known then
    return (0 if is_broadcast else int(size)), 0


def _chunks(reader: Reader, offset: int, layout: str) -> Iterator[tuple[bytes, int, int]]:
    """Each chunk's kind, size and first byte; the reader stands at that byte."""
    length = struct.calcsize(layout)
    for _ in range(_MAX_CHUNKS):
        reader.seek(offset)
        header = reader.read_fully(length)
        if len(header) < length:
            return
        kind, size = struct.unpack(layout, header)
        yield kind, size, offset + length
        if size < 0:
            return
        offset += length + size + (size & 1 if layout[0] == "<" else 0)  # RIFF pads chunks to even sizes


def _xing_promise(reader: Reader, head: bytes) -> tuple[int, int]:
    """The byte count in the Xing or Info header inside an MP3's first frame, counted from that frame.

    Format: http://gabriel.mp3-tech.org/mp3infotag.html (the LAME tag, which begins as Xing's does).
    """
    start = _after_id3(head)
    reader.seek(start)
    frame = reader.read_fully(256)
    if len(frame) < 2 or frame[0] != 0xFF or frame[1] & 0xE0 != 0xE0:
        return 0, 0
    at = max(frame.find(b"Xing", 4, 64), frame.find(b"Info", 4, 64))
    if at < 0 or len(frame) < at + 16:
        return 0, 0
    (flags,) = struct.unpack_from(">I", frame, at + 4)
    if not flags & 2:
        return 0, 0
    (size,) = struct.unpack_from(">I", frame, at + (12 if flags & 1 else 8))
    return int(size), start


def _after_id3(head: bytes) -> int:
    """Where an ID3v2 tag at the start ends: its size is four 7-bit bytes (id3.org, ID3v2.4.0 section 3.1)."""
    if head[:3] != b"ID3":
        return 0
    size = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    return 10 + size + (10 if head[5] & 0x10 else 0)
