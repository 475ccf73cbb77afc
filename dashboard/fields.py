"""Fields whose value the page changes too, under the hands of a browser that lags. Knows no Streamlit.

A browser goes on sending what its widgets hold until it has heard that they are gone, and Streamlit then calls the
callback of a widget that is gone already. A list that such a callback writes as it comes loses whatever was added
since. So a field's word counts for the field it was said in, and only by what changed in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class ListField:
    """One drawn field for several of a list, and what its browser last said is in it.

    Attributes:
        revision: part of its key; no two fields of one list have the same.
    """

    revision: int = 0
    said: tuple[str, ...] = ()

    def showing(self, values: Sequence[str]) -> "ListField":
        """The field that shows `values`: this one where it holds them already, else the next one."""
        return self if self.said == tuple(values) else ListField(self.revision + 1, tuple(values))

    def applied(self, said: Sequence[str], values: Sequence[str]) -> list[str]:
        """`values` with what came into this field and without what left it, now that its browser says `said`.

        What the field never held cannot have left it, and the same word said again changes nothing.
        """
        came = [each for each in said if each not in self.said]
        left = set(self.said) - set(said)
        self.said = tuple(said)
        kept = [each for each in values if each not in left]
        return kept + [each for each in came if each not in kept]
