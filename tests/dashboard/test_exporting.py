"""Selections taken out of the library: at once, or by a job whose file a browser then fetches."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.library import Entry, Library, Query
from core.results import Analysis
from dashboard import exporting
from dashboard.exporting import KIND, ExportWork, Made, file_name, file_url, selection
from dashboard.jobs import Jobs, JobState

KEYS = [f"{n:064x}" for n in range(3)]


@pytest.fixture
def library(tmp_path: Path, analysis: Analysis) -> Library:
    library = Library.open(tmp_path / "library")
    library.put([Entry(key, analysis, f"clip {n}.wav") for n, key in enumerate(KEYS)])
    return library


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    jobs = Jobs()
    yield jobs
    jobs.shutdown()


@pytest.fixture
def client(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(exporting, "services", lambda: SimpleNamespace(jobs=jobs))
    with TestClient(Starlette(routes=list(exporting.ROUTES))) as client:
        yield client


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def test_a_small_selection_is_made_at_once(library: Library) -> None:
    found = rows(selection(library, Query(keys=tuple(KEYS[:2]), order="source", descending=True), "csv"))
    assert [row["source"] for row in found] == ["clip 1.wav", "clip 0.wav"]


def test_what_cannot_be_made_says_why(library: Library) -> None:
    assert selection(library, Query(), "audiofolder").decode().startswith("The library kept no sound of these clips")


def test_files_are_named_for_what_is_in_them() -> None:
    assert [file_name(form) for form in ("csv", "jsonl", "npy")] == [
        "emoscope-library.csv", "emoscope-library.jsonl", "emoscope-library-npy.zip",
    ]  # fmt: skip


def test_a_jobs_file_is_fetched_by_its_id_until_the_job_is_forgotten(
    library: Library, jobs: Jobs, client: TestClient
) -> None:
    work = ExportWork(library, Query(order="source"), "csv")
    job = jobs.submit(KIND, "All clips", work, on_forgotten=work.clear)
    assert job.wait(30) and job.state is JobState.DONE and isinstance(job.result, Made)
    answer = client.get(file_url(job))
    assert answer.status_code == 200 and len(rows(answer.content)) == 3 == job.result.count
    assert answer.headers["content-disposition"] == 'attachment; filename="emoscope-library.csv"'
    jobs.shutdown()
    assert not job.result.path.exists()
    assert client.get(file_url(job)).status_code == 404


def test_there_is_no_file_of_other_jobs_nor_of_unknown_ones(jobs: Jobs, client: TestClient) -> None:
    job = jobs.submit("map", "No file", lambda job: "/etc/passwd")
    assert job.wait(30)
    for path in (file_url(job), "/api/v1/jobs/unknown/file", "/api/v1/jobs/..%2F..%2Fetc/file"):
        assert client.get(path).status_code == 404
