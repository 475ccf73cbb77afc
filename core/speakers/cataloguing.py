"""Vectors of voices for the clips of a library, from the sound it keeps."""

from collections.abc import Callable, Mapping

from core.audio import Limits, decode
from core.errors import AudioError
from core.library import Library, Query
from core.results import Array, Waveform
from core.speakers.embedding import VoiceEmbedder

HEARD_AT_ONCE = 16
CLIPS_AT_ONCE = 100  # are written together; what is cut short loses no more than these
OnProgress = Callable[[int, int], None]
IsCancelled = Callable[[], bool]


def add_speaker_vectors(
    library: Library,
    query: Query = Query(),
    embedder: VoiceEmbedder | None = None,
    on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> int:
    """Give every clip that is meant and has none a vector of its voice; how many got one.

    Clips that have one of this very model are left as they are, so that a run that was cut short goes on where it
    stopped. Clips without sound, or in which there is no voice to hear, stay without a vector.

    Args:
        embedder: by default the best model of voices that is here.
        on_progress: called as on_progress(clips looked at, clips to look at).
        is_cancelled: asked before every HEARD_AT_ONCE clips; what is done until then is kept.

    Raises:
        SpeakerError, CheckpointError: there is no model of voices.
        LibraryError: the library cannot be read or written.
    """
    embedder = embedder or VoiceEmbedder.open()
    keys = without_vector(library, query, embedder.model_id)
    progress, cancelled = on_progress or (lambda done, total: None), is_cancelled or (lambda: False)
    kept, done = 0, 0
    for begin in range(0, len(keys), CLIPS_AT_ONCE):
        vectors: dict[str, Array] = {}
        some = keys[begin : begin + CLIPS_AT_ONCE]
        for first in range(0, len(some), HEARD_AT_ONCE):
            if cancelled():
                break
            group = some[first : first + HEARD_AT_ONCE]
            vectors |= _vectors_of({key: _decoded(library.sound(key)) for key in group}, embedder)
            done += len(group)
            progress(done, len(keys))
        kept += _put(library, vectors, embedder)
        if cancelled():
            break
    return kept


def add_heard_vectors(library: Library, waveforms: Mapping[str, Waveform], embedder: VoiceEmbedder) -> int:
    """The same for clips that are decoded already, by their keys; how many got a vector.

    Raises as `add_speaker_vectors`.
    """
    return _put(library, _vectors_of(waveforms, embedder), embedder)


def without_vector(library: Library, query: Query, model_id: str) -> list[str]:
    """The keys of the clips that are meant and have no vector of this model."""
    table = library.rows(query, columns=["key", "speaker_model"])
    return [row["key"] for row in table.to_pylist() if row["speaker_model"] != model_id]


def _decoded(sound: bytes) -> Waveform | None:
    """None where there is no sound: one such clip must not keep the others from getting their vectors."""
    try:
        return decode(sound, limits=Limits(min_duration_s=0.0)) if sound else None
    except AudioError:
        return None


def _vectors_of(waveforms: Mapping[str, Waveform | None], embedder: VoiceEmbedder) -> dict[str, Array]:
    """Of those in which there is something to hear."""
    heard = {key: waveform for key, waveform in waveforms.items() if waveform is not None}
    found = zip(heard, embedder.embed_each(list(heard.values())), strict=True)
    return {key: vector for key, vector in found if vector is not None}


def _put(library: Library, vectors: Mapping[str, Array], embedder: VoiceEmbedder) -> int:
    return library.put_speaker_vectors(vectors, embedder.model_id) if vectors else 0
