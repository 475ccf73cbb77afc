"""Batches as jobs: what comes is kept on disk, analysed with the host's own engine, and failures are tried again."""

import io
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.errors import CheckpointError, SettingsError
from core.library import Library, Query
from core.settings import Settings
from dashboard.batches import BatchWork, Order, Seen, Spool, Upload, allowed_folders, check, folder_within, manifests_in
from dashboard.catalogue import Catalogue
from dashboard.jobs import Job, Jobs, JobState
from dashboard.listening import Listener
from dashboard.model_host import ModelHost
from tests import sounds
from tests.dashboard.test_model_host import Watched

PATIENCE_S = 60.0


class House:
    """A host with a real engine, a library and the jobs."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.host = ModelHost(settings)
        self.listener = Listener(self.host)
        self.catalogue = Catalogue(str(folder / "library"), self.listener)
        self.jobs, self.spool = Jobs(), Spool()
        self.checkpoint = settings.checkpoint

    def run(self, *uploads: Upload, **order: object) -> Job:
        work = BatchWork(Order(self.checkpoint, uploads, **order), self.host, self.catalogue)  # type: ignore[arg-type]
        job = self.jobs.submit("batch", "A batch", work, on_forgotten=self.spool.clear)
        assert job.wait(PATIENCE_S)
        return job

    def again(self, job: Job) -> Seen:
        """Try a job again, and wait until it is done."""
        self.jobs.retry(job.id)
        assert job.wait(PATIENCE_S) and job.state is JobState.DONE
        assert isinstance(job.result, Seen)
        return job.result

    @property
    def library(self) -> Library:
        return self.catalogue.library()

    def voice(self, name: str, pitch_hz: float = 140.0) -> Upload:
        return self.spool.keep(name, io.BytesIO(sounds.wav(sounds.voice(1.0, pitch_hz=pitch_hz))))

    def bytes(self, name: str, data: bytes) -> Upload:
        return self.spool.keep(name, io.BytesIO(data))


@pytest.fixture
def house(settings: Settings, tmp_path: Path) -> Iterator[House]:
    house = House(settings, tmp_path)
    yield house
    house.jobs.shutdown()
    house.listener.shutdown()
    house.host.shutdown()


def sources(library: Library) -> list[str]:
    found: list[str] = library.rows(Query(order="source"), columns=["source"]).column("source").to_pylist()
    return found


def test_uploads_lie_under_numbers_of_ours_whatever_they_are_called(house: House) -> None:
    upload = house.bytes("../../etc/passwd\n<script>", b"abc")
    assert upload.name == "../../etc/passwd\n<script>" and upload.size_bytes == 3
    assert upload.path.name == "000001" and upload.path.read_bytes() == b"abc"
    house.spool.clear()
    assert not upload.path.parent.exists()


def test_good_files_land_and_each_bad_one_has_its_sentence(house: House) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("in/a zip.wav", sounds.wav(sounds.voice(1.0, pitch_hz=200)))
    job = house.run(
        house.voice("a.wav", 100),
        house.voice("../b <b>.wav", 120),
        house.bytes("notes.wav", b"no sound " * 40),
        house.bytes("many.zip", archive.getvalue()),
        house.bytes("broken.zip", b"no zip"),
    )
    assert job.state is JobState.DONE and isinstance(job.result, Seen)
    assert sources(house.library) == ["../b <b>.wav", "a.wav", "many.zip/in/a zip.wav"]
    assert [failure.source for failure in job.result.failures] == ["broken.zip", "notes.wav"]
    assert "is not a sound file" in job.result.failures[1].error
    assert "cannot be read as a zip" in job.result.failures[0].error
    assert (job.result.progress.done, job.result.progress.failed) == (3, 1)
    assert {failure.source for failure in house.library.failures()} == {"broken.zip", "notes.wav"}


def test_a_batch_uses_the_engine_that_the_host_has_and_loads_no_other(settings: Settings, tmp_path: Path) -> None:
    opened: list[Watched] = []

    def open_watched(checkpoint: str, settings: Settings, on_stage: object) -> Watched:
        from core.model import open_engine

        opened.append(Watched(open_engine(checkpoint, settings)))
        return opened[-1]

    house = House(settings, tmp_path)
    house.host = ModelHost(settings, opener=open_watched)
    house.host.start()
    try:
        job = house.run(house.voice("a.wav"))
        assert job.state is JobState.DONE
        assert len(opened) == 1 and opened[0].calls == 1
        assert opened[0].threads == {"emoscope-score_0"}
    finally:
        house.jobs.shutdown()
        house.listener.shutdown()
        house.host.shutdown()


def test_a_retry_takes_only_the_files_that_failed(house: House) -> None:
    good, bad = house.voice("a.wav"), house.bytes("b.wav", b"no sound " * 40)
    job = house.run(good, bad)
    assert isinstance(job.result, Seen) and len(job.result.failures) == 1
    bad.path.write_bytes(sounds.wav(sounds.voice(1.0, pitch_hz=222)))  # the file can be read now
    seen = house.again(job)
    assert (seen.progress.total, seen.progress.done, seen.failures) == (1, 1, ())
    assert sources(house.library) == ["a.wav", "b.wav"]
    assert house.library.failures() == []


def test_metadata_and_the_speaker_in_the_name_are_kept_with_the_clip(house: House) -> None:
    table = house.bytes("meta.csv", b"file,emotion,corpus\nanna_1.wav,happy,<i>one</i>\nnobody.wav,sad,two\n")
    job = house.run(
        house.voice("anna_1.wav", 100), house.voice("bo_2.wav", 120), metadata=table.path,
        speaker_from="^(?P<speaker>[a-z]+)_",
    )  # fmt: skip
    rows = house.library.rows(Query(order="source")).to_pylist()
    assert [(row["speaker"], row["reference"]) for row in rows] == [("anna", "happy"), ("bo", None)]
    assert rows[0]["metadata"] == '{"corpus": "<i>one</i>"}'
    assert isinstance(job.result, Seen) and "1 row" in job.result.notes[0]


def test_bad_metadata_and_expressions_are_refused_before_a_job_begins(house: House, settings: Settings) -> None:
    with pytest.raises(SettingsError, match="not a regular expression"):
        check(Order("bundled", speaker_from="(?P<speaker>["), settings)
    with pytest.raises(SettingsError, match="no column for the clips' files"):
        check(Order("bundled", metadata=house.bytes("m.csv", b"a,b\n1,2\n").path), settings)


def test_a_retry_of_a_batch_that_was_stopped_goes_on_to_its_end(house: House) -> None:
    uploads = [house.voice(f"{n:02d}.wav", 90 + 5 * n) for n in range(12)]
    work = BatchWork(Order(house.checkpoint, tuple(uploads)), house.host, house.catalogue)
    stopped = threading.Event()

    def once(job: Job) -> Seen:
        if not stopped.is_set():  # the first attempt is stopped as soon as it has begun
            stopped.set()
            job.cancelled.set()
        return work(job)

    job = house.jobs.submit("batch", "A batch", once)
    assert job.wait(PATIENCE_S) and job.state is JobState.CANCELLED
    assert house.again(job).progress.done == 12
    assert len(sources(house.library)) == 12


def test_a_checkpoint_that_cannot_be_loaded_fails_the_job_with_its_sentence(house: House, tmp_path: Path) -> None:
    house.checkpoint = str(tmp_path / "nothing")
    job = house.run(house.voice("a.wav"))
    assert job.state is JobState.FAILED and job.error is not None and "nothing" in job.error


def test_a_borrowed_engine_stays_however_many_others_are_asked_for(settings: Settings) -> None:
    loads: list[str] = []

    def opener(checkpoint: str, settings: Settings, on_stage: object) -> Watched:
        from core.model import open_engine

        loads.append(checkpoint)
        return Watched(open_engine(settings.checkpoint, settings))

    host = ModelHost(settings, opener=opener, max_engines=1)
    try:
        with host.borrowed("one", threading.Event()) as engine:
            assert engine is not None
            with host.borrowed("two", threading.Event()):
                assert host.engine("one") is engine
        host.request(settings.checkpoint)
        deadline = time.monotonic() + PATIENCE_S
        while host.engine(settings.checkpoint) is None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert host.engine("one") is None  # nobody needs it any more
        assert loads == ["one", "two", settings.checkpoint]
    finally:
        host.shutdown()


def test_borrowing_gives_nothing_once_it_is_cancelled_and_raises_what_loading_raised(settings: Settings) -> None:
    def opener(checkpoint: str, settings: Settings, on_stage: object) -> Watched:
        raise CheckpointError("It is damaged.")

    host, cancelled = ModelHost(settings, opener=opener), threading.Event()
    cancelled.set()
    with host.borrowed("one", cancelled) as engine:
        assert engine is None
    with pytest.raises(CheckpointError, match="It is damaged"), host.borrowed("two", threading.Event()):
        pass
    host.shutdown()


def test_only_folders_that_the_operator_names_may_be_batched(tmp_path: Path) -> None:
    allowed, other = tmp_path / "allowed", tmp_path / "other"
    for folder in (allowed / "inner", other):
        folder.mkdir(parents=True)
    (allowed / "out").symlink_to(other)
    assert allowed_folders(Settings()) == ()
    assert allowed_folders(Settings(batch_folders=f"{allowed}:{tmp_path / 'absent'}")) == (allowed.resolve(),)
    assert folder_within(allowed.resolve(), "") == allowed.resolve()
    assert folder_within(allowed.resolve(), "/inner") == (allowed / "inner").resolve()
    for bad in ("..", "../other", "out", "absent", "inner/../../other", "\0"):
        with pytest.raises(SettingsError, match="no folder within 'allowed'"):
            folder_within(allowed.resolve(), bad)


def test_a_folder_of_the_server_is_batched_with_the_csv_in_it(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "speech"
    folder.mkdir()
    (folder / "a.wav").write_bytes(sounds.wav(sounds.voice(1.0)))
    (folder / "z.csv").write_text("file,speaker\na.wav,Zoe\n")
    (folder / "manifest.csv").write_text("file,speaker\na.wav,Anna\n")
    assert manifests_in(folder) == ["manifest.csv", "z.csv"]
    job = house.run(folder=folder, metadata=folder / "manifest.csv")
    assert isinstance(job.result, Seen) and job.result.progress.ignored == 2
    assert house.library.rows(Query()).to_pylist()[0]["speaker"] == "Anna"


def test_progress_is_told_while_a_batch_runs(house: House) -> None:
    uploads = [house.spool.keep(f"{n}.wav", io.BytesIO(sounds.wav(np.roll(sounds.voice(1.0), n)))) for n in range(4)]
    job = house.run(*uploads)
    assert job.share == 1.0 and isinstance(job.report.detail, Seen)
    assert job.report.detail.progress.total == 4 and job.report.detail.progress.clips_per_s > 0
