"""Many clips at once: a folder, a zip, a list, a CSV or uploads go into a library, each clip once."""

from core.batch.items import Item, Items
from core.batch.metadata import Known, Manifest
from core.batch.progress import Progress
from core.batch.run import BatchOptions, Result, run_batch
from core.batch.sources import UploadItems, described, items_of

__all__ = [
    "BatchOptions",
    "Item",
    "Items",
    "Known",
    "Manifest",
    "Progress",
    "Result",
    "UploadItems",
    "described",
    "items_of",
    "run_batch",
]
