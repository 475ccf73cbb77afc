"""Sentences that another language can say, too: English for the command line, a key and values for a page.

    raise AudioError(said("audio.empty", "{name!r} is empty (0 bytes); choose a file that holds sound.", name=name))

The sentence is an ordinary string wherever a string is wanted. Whoever has a catalogue looks for `key` in it and fills
in `values`; `str(error)` keeps both. What is stored or sent as text (JSON, tables) is the English alone.
"""

from collections.abc import Mapping
from typing import Any


class Said(str):
    """An English sentence that remembers its key and what was filled in; of the values some may be sentences, too."""

    key: str
    values: Mapping[str, Any]

    def __new__(cls, text: str, key: str, values: Mapping[str, Any]) -> "Said":
        """Use `said`, which fills the values in."""
        sentence = super().__new__(cls, text)
        sentence.key, sentence.values = key, values
        return sentence

    def __str__(self) -> "Said":
        return self  # an exception's text is `str` of its argument: the key is not lost on the way

    def __reduce__(self) -> tuple[type["Said"], tuple[str, str, dict[str, Any]]]:
        return Said, (self[:], self.key, dict(self.values))


def said(key: str, template: str, /, **values: Any) -> Said:
    """The sentence of a template whose fields are named, as `str.format` has them.

    The same key is always of the same template. Raises `KeyError` for a field without a value.
    """
    return Said(template.format(**values), key, values)
