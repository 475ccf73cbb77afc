"""Clips taken out of the library: a small selection at once, a large one as a job whose file is then fetched.

Knows no Streamlit.
"""

import io
import shutil
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.errors import LibraryError
from core.library import FORMATS, Library, Query, write_selection
from dashboard.jobs import Job, JobState
from dashboard.resources import services

KIND = "export"
AT_ONCE = 500  # clips that a button may make while its reader waits
FILE_PATH = "/api/v1/jobs/{id}/file"
STEM = "emoscope-library"


@dataclass(frozen=True, slots=True)
class Made:
    """A file that a job made: where it is, what it is to be called, and how many clips are in it."""

    path: Path
    name: str
    count: int


def file_url(job: Job) -> str:
    """Where a job's file is fetched."""
    return FILE_PATH.format(id=job.id)


def file_name(form: str) -> str:
    """`emoscope-library.csv`; of a zip with what is in it."""
    kind = FORMATS[form]
    return f"{STEM}-{form}{kind}" if kind == ".zip" else f"{STEM}{kind}"


def selection(library: Library, query: Query, form: str) -> bytes:
    """The file of a small selection; where it cannot be made, the sentence that says why."""
    file = io.BytesIO()
    try:
        write_selection(library, query, form, file)
    except LibraryError as error:
        return str(error).encode()
    return file.getvalue()


class ExportWork:
    """A large selection, written to a file of our own until the job is forgotten."""

    def __init__(self, library: Library, query: Query, form: str) -> None:
        self._library, self._query, self._form = library, query, form
        self._folder = Path(tempfile.mkdtemp(prefix="emoscope-export-"))
        self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    def __call__(self, job: Job) -> Made:
        path = self._folder / "selection"
        with path.open("wb") as file:
            count = write_selection(self._library, self._query, self._form, file)
        job.check()
        return Made(path, file_name(self._form), count)

    def clear(self) -> None:
        self._remove()


async def job_file(request: Request) -> Response:
    """200 (or 206) with a finished job's file, 404 where there is none."""
    job = services().jobs.find(request.path_params["id"])
    if job is None or job.state is not JobState.DONE or not isinstance(job.result, Made):
        return PlainTextResponse("There is no such file; make it again on the page.", status_code=404)
    return FileResponse(job.result.path, filename=job.result.name, media_type="application/octet-stream")


ROUTES = (Route(FILE_PATH, job_file, methods=["GET"]),)
