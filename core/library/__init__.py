"""The catalogue of analysed clips: every clip once, found again, taken elsewhere."""

from core.library.entries import Entry, Failure, entry_key, entry_of

__all__ = ["Entry", "Failure", "entry_key", "entry_of"]
