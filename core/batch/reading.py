"""From an item to a decoded clip: its bytes' fingerprint first, so that what is done need not be decoded again."""

import hashlib
import json
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from core.analysis import AnalysisOptions, Listening
from core.audio.opus import BIT_RATE, opus_bytes
from core.batch.sources import Item
from core.errors import EmoScopeError
from core.library.entries import Entry, Failure, entry_key, listening_settings
from core.model.engine import EngineInfo
from core.results import Waveform

_CHUNK_BYTES = 1 << 20
KEPT_BYTES = 2 << 20  # files up to this size are read once: hashed, decoded and, as Ogg Opus, kept as they are


@dataclass(frozen=True, slots=True)
class Read:
    """An item whose bytes were read; `data` is empty for a large file, which is read again to be decoded."""

    item: Item
    fingerprint: str
    data: bytes


@dataclass(frozen=True, eq=False)
class Clip:
    """A decoded clip on its way: `key` is what its entry will be called, `sound` what is kept to be played."""

    item: Item
    fingerprint: str
    key: str
    listening: Listening
    sound: bytes

    @property
    def num_samples(self) -> int:
        return self.listening.waveform.num_samples


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads and decodes items for one engine's ears."""

    info: EngineInfo
    options: AnalysisOptions
    keep_sound: bool = True

    def read(self, item: Item) -> Read | Failure:
        """The item's bytes and fingerprint, or why they cannot be had."""
        try:
            with item.opener.open(item.name) as file:
                digest, data = _hashed(file)
        except Exception as error:  # whatever it is, it is this file's: the others go on
            return failure(item, error)
        return Read(item, self._fingerprint(digest), data)

    def decode(self, read: Read) -> Clip | Failure:
        """The decoded clip, or why it is none."""
        item = read.item
        try:
            if read.data:
                return self._clip(read, BytesIO(read.data))
            with item.opener.open(item.name) as file:
                return self._clip(read, file)
        except Exception as error:  # as above
            return failure(item, error)

    def entry(self, clip: Clip) -> Entry:
        """What the library keeps of a clip that was heard to its end."""
        known = clip.item.known
        return Entry(
            clip.key,
            clip.listening.summary(self.info),
            clip.item.name,
            speaker=known.speaker,
            reference=known.reference,
            metadata=known.metadata,
            sound=(clip.sound or opus_bytes(clip.listening.waveform)) if self.keep_sound else b"",
        )

    def _clip(self, read: Read, file: IO[bytes]) -> Clip:
        listening = Listening.begin(file, self.options, name=read.item.place)  # type: ignore[arg-type]  # a BinaryIO
        waveform = listening.waveform
        key = entry_key(waveform.sha256, self.info, self.options)
        sound = read.data if self.keep_sound and is_kept_as_it_is(read.data, waveform) else b""
        return Clip(read.item, read.fingerprint, key, listening, sound)

    def _fingerprint(self, digest: str) -> str:
        """Hex SHA-256 of a file's own SHA-256, the checkpoint and what else decides an analysis."""
        settings = json.dumps(listening_settings(self.info, self.options), sort_keys=True)
        parts = (digest, self.info.checkpoint.id, self.info.checkpoint.revision, settings)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def is_kept_as_it_is(data: bytes, waveform: Waveform) -> bool:
    """Whether a file is such Ogg Opus as would be made of it: one voice track of no more than twice the bit rate."""
    small = len(data) * 8 <= 2 * BIT_RATE * waveform.duration_s + 65_536
    is_plain = waveform.source_codec == "opus" and waveform.source_num_tracks == waveform.source_channels == 1
    return is_plain and small and data.startswith(b"OggS")


def failure(item: Item, error: BaseException) -> Failure:
    """The row of a file that is no clip, with one clear sentence."""
    is_ours = isinstance(error, EmoScopeError)
    sentence = str(error) if is_ours else f"{item.name!r} could not be analysed ({type(error).__name__}: {error})."
    return Failure(item.name, sentence, dict(item.known.metadata))


def _hashed(file: IO[bytes]) -> tuple[str, bytes]:
    """The hex SHA-256 of all there is, and the bytes themselves of a small file."""
    digest, size = hashlib.sha256(), 0
    kept: list[bytes] = []
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
        size += len(chunk)
        kept = [*kept, chunk] if size <= KEPT_BYTES else []
    return digest.hexdigest(), b"".join(kept) if size <= KEPT_BYTES else b""
