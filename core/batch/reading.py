"""From an item to a decoded clip: its bytes' fingerprint first, so that what is done need not be decoded again."""

import hashlib
import json
from dataclasses import dataclass
from typing import IO

from core.analysis import AnalysisOptions, Listening
from core.audio.openers import BytesOpener, to_record
from core.audio.worker import DecodingProcess, Request
from core.batch.items import Item
from core.errors import EmoScopeError
from core.library.entries import Entry, Failure, entry_key, listening_settings
from core.model.engine import EngineInfo

_CHUNK_BYTES = 1 << 20
KEPT_BYTES = 2 << 20  # files up to this size are read once, to be hashed and decoded


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
        if isinstance(item.opener, BytesOpener):
            data = item.opener.data
        return Read(item, self._fingerprint(digest), data)

    def decode(self, read: Read, process: DecodingProcess) -> Clip | Failure:
        """The decoded clip, or why it is none."""
        item = read.item
        try:
            opener = None if read.data else to_record(item.opener)
            decoded = process.decode(Request(item.place, read.data, opener, self.keep_sound))
            listening = Listening(decoded.waveform, self.options, decode_s=decoded.decode_s)
            key = entry_key(decoded.waveform.sha256, self.info, self.options)
            return Clip(item, read.fingerprint, key, listening, decoded.sound)
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
            sound=clip.sound,
        )

    def _fingerprint(self, digest: str) -> str:
        """Hex SHA-256 of a file's own SHA-256, the checkpoint and what else decides an analysis."""
        settings = json.dumps(listening_settings(self.info, self.options), sort_keys=True)
        parts = (digest, self.info.checkpoint.id, self.info.checkpoint.revision, settings)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


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
