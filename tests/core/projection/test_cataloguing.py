"""Acoustic features are computed once for a library, from the sound it kept."""

import numpy as np
import pytest

from core.acoustics.features import FEATURES, MODEL, acoustic_features
from core.audio import decode
from core.audio.opus import opus_bytes
from core.errors import ProjectionError
from core.library import Library, Query
from core.projection import add_acoustic_vectors, load_space
from tests.core.acoustics.test_features import voice
from tests.core.library.conftest import entry, key


def test_features_are_those_of_the_kept_sound_and_computed_once(library: Library) -> None:
    sounds = [opus_bytes(voice(100 + 20 * n, 4, duration_s=1)) for n in range(3)]
    silence = opus_bytes(voice(100, 4, duration_s=1, gain=0.0))
    kept = [*sounds, silence, b"OggS no sound", b""]
    library.put([entry(n, sound=sound) for n, sound in enumerate(kept)])
    told: list[tuple[int, int]] = []
    assert add_acoustic_vectors(library, Query(), lambda *step: told.append(step)) == 3 and told == [(0, 6), (6, 6)]
    found = library.vectors(MODEL, [key(n) for n in range(6)])
    assert found.keys == tuple(key(n) for n in range(3)) and found.values.shape == (3, len(FEATURES))
    assert np.array_equal(found.values[1], acoustic_features(decode(sounds[1])))
    assert add_acoustic_vectors(library) == 0
    space = load_space(library, Query(), "acoustic")
    assert len(space) == 3 and space.note == "3 of 6 clips have no vector in this space."


def test_what_is_called_off_goes_on_later_and_a_library_without_sound_is_told(library: Library) -> None:
    library.put([entry(n) for n in range(2)])
    assert add_acoustic_vectors(library, is_cancelled=lambda: True) == 0
    with pytest.raises(ProjectionError, match="The library kept no sound of these clips"):
        add_acoustic_vectors(library)
