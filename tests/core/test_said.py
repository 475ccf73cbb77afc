"""Sentences that keep their key: on the way through an exception, through `str`, and through a pickle."""

import json
import pickle

from core.errors import AudioError
from core.said import Said, said


def test_a_sentence_is_a_string_whose_key_survives_an_exception_and_a_pickle() -> None:
    sentence = said("audio.absent", "{name!r} does not exist; check the path.", name="{a}")
    assert sentence == "'{a}' does not exist; check the path." and json.dumps(sentence) == json.dumps(sentence[:])
    for came in (str(AudioError(sentence)), str(pickle.loads(pickle.dumps(AudioError(sentence))))):
        assert isinstance(came, Said) and came == sentence
        assert came.key == "audio.absent" and came.values == {"name": "{a}"}


def test_values_may_be_sentences_and_have_formats() -> None:
    inner = said("kind.pdf", "a PDF document")
    outer = said("x.y", "{count:,} files are {kind}.", count=12000, kind=inner)
    assert outer == "12,000 files are a PDF document." and outer.values["kind"].key == "kind.pdf"
