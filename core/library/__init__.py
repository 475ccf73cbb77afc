"""The catalogue of analysed clips: every clip once, found again, taken elsewhere."""

from core.library.care import Report, repair, verify
from core.library.entries import Entry, Failure, entry_key, entry_of
from core.library.query import ORDERS, Query
from core.library.store import SPACES, Library, Vectors
from core.library.taking import FORMATS, export_library, import_library, write_selection

__all__ = [
    "FORMATS",
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
    "export_library",
    "import_library",
    "repair",
    "verify",
    "write_selection",
]
