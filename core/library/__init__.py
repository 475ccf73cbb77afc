"""The catalogue of analysed clips: every clip once, found again, taken elsewhere."""

from core.library.care import Report, repair, verify
from core.library.entries import Entry, Failure, entry_key, entry_of
from core.library.query import ORDERS, Query
from core.library.store import SPACES, Library, Vectors

__all__ = [
    "ORDERS",
    "SPACES",
    "Entry",
    "Failure",
    "Library",
    "Query",
    "Report",
    "Vectors",
    "entry_key",
    "entry_of",
    "repair",
    "verify",
]
