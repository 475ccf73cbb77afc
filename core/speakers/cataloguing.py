"""Vectors of voices for the clips of a library, from the sound it keeps."""

from collections.abc import Callable, Mapping

from core.audio import Limits, decode
from core.errors import AudioError, SpeakerError
from core.library import Library, Query
from core.results import Array, Waveform
from core.speakers.embedding import VoiceEmbedder

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
        is_cancelled: asked before each clip; what is done until then is kept.

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
        for key in keys[begin : begin + CLIPS_AT_ONCE]:
            if cancelled():
                break
            vector = _vector_of(library.sound(key), embedder)
            vectors |= {} if vector is None else {key: vector}
            done += 1
            progress(done, len(keys))
        kept += _put(library, vectors, embedder)
        if cancelled():
            break
    return kept


def add_heard_vectors(library: Library, waveforms: Mapping[str, Waveform], embedder: VoiceEmbedder) -> int:
    """The same for clips that are decoded already, by their keys; how many got a vector.

    Raises as `add_speaker_vectors`.
    """
    found = {key: _vector_of(waveform, embedder) for key, waveform in waveforms.items()}
    return _put(library, {key: vector for key, vector in found.items() if vector is not None}, embedder)


def without_vector(library: Library, query: Query, model_id: str) -> list[str]:
    """The keys of the clips that are meant and have no vector of this model."""
    table = library.rows(query, columns=["key", "speaker_model"])
    return [row["key"] for row in table.to_pylist() if row["speaker_model"] != model_id]


def _vector_of(sound: bytes | Waveform, embedder: VoiceEmbedder) -> Array | None:
    """None where there is nothing to hear: one such clip must not keep the others from getting theirs."""
    try:
        if isinstance(sound, Waveform):
            return embedder.embed(sound)
        return embedder.embed(decode(sound, limits=Limits(min_duration_s=0.0))) if sound else None
    except AudioError:
        return None
    except SpeakerError:
        embedder.warm()  # raises where it is the model that is missing, not the voice
        return None


def _put(library: Library, vectors: Mapping[str, Array], embedder: VoiceEmbedder) -> int:
    return library.put_speaker_vectors(vectors, embedder.model_id) if vectors else 0
