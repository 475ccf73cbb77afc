"""Jobs: work that outlives the page that asked for it; with work that the test steers."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from core.errors import EmoScopeError, LibraryError
from dashboard.jobs import Cancelled, Job, Jobs, JobState

PATIENCE_S = 30.0


@dataclass
class Steered:
    """Work that says when it runs, and ends when the test says so."""

    runs: threading.Event = field(default_factory=threading.Event)
    may_end: threading.Event = field(default_factory=threading.Event)
    attempts: int = 0

    def __call__(self, job: Job) -> int:
        self.attempts += 1
        job.progress(0.25, "a quarter", left_s=3.0)
        self.runs.set()
        while not self.may_end.wait(0.005):
            job.check()
        return 42


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    jobs = Jobs(max_over=3, max_waiting=4)
    yield jobs
    jobs.shutdown()


def over(job: Job) -> JobState:
    assert job.wait(PATIENCE_S)
    return job.state


def failing(error: Exception) -> Callable[[Job], None]:
    def work(job: Job) -> None:
        raise error

    return work


def test_a_job_tells_how_far_it_is_and_then_what_came_of_it(jobs: Jobs) -> None:
    work = Steered()
    job = jobs.submit("map", "A map", work)
    assert work.runs.wait(PATIENCE_S)
    assert (job.state, job.share, job.line, job.left_s) == (JobState.RUNNING, 0.25, "a quarter", 3.0)
    assert jobs.find(job.id) is job
    work.may_end.set()
    assert over(job) is JobState.DONE
    assert (job.result, job.error, job.left_s) == (42, None, None)
    assert job.elapsed_s > 0


def test_ids_cannot_be_guessed_and_an_unknown_one_finds_nothing(jobs: Jobs) -> None:
    made = {jobs.submit("map", "A map", lambda job: None).id for _ in range(3)}
    assert len(made) == 3 and all(len(job_id) == 32 for job_id in made)
    assert jobs.find("1") is None


def test_jobs_of_one_kind_wait_for_each_other_and_others_do_not(jobs: Jobs) -> None:
    first, second, other = Steered(), Steered(), Steered()
    running, waiting = jobs.submit("batch", "1", first), jobs.submit("batch", "2", second)
    beside = jobs.submit("map", "3", other)
    assert first.runs.wait(PATIENCE_S) and other.runs.wait(PATIENCE_S)
    assert (running.state, waiting.state, beside.state) == (JobState.RUNNING, JobState.WAITING, JobState.RUNNING)
    assert not second.runs.is_set() and waiting.elapsed_s == 0
    first.may_end.set()
    assert second.runs.wait(PATIENCE_S)
    assert running.state is JobState.DONE


def test_a_running_job_stops_when_it_sees_that_it_is_cancelled_and_a_waiting_one_at_once(jobs: Jobs) -> None:
    first, second = Steered(), Steered()
    running, waiting = jobs.submit("batch", "1", first), jobs.submit("batch", "2", second)
    assert first.runs.wait(PATIENCE_S)
    jobs.cancel(waiting.id)
    assert waiting.state is JobState.CANCELLED and running.state is JobState.RUNNING
    jobs.cancel(running.id)
    assert over(running) is JobState.CANCELLED
    assert second.attempts == 0


def test_a_job_that_ends_by_itself_when_asked_to_stop_is_cancelled_and_keeps_what_it_has(jobs: Jobs) -> None:
    def work(job: Job) -> str:
        assert job.cancelled.wait(PATIENCE_S)
        return "half"

    job = jobs.submit("batch", "1", work)
    jobs.cancel(job.id) if job.state is JobState.RUNNING else job.cancelled.set()
    assert over(job) is JobState.CANCELLED


def test_an_error_of_ours_is_its_own_sentence_and_another_names_itself(jobs: Jobs) -> None:
    ours = jobs.submit("a", "1", failing(LibraryError("The disk is full.")))
    other = jobs.submit("b", "2", failing(ValueError("odd\nsecond line")))
    assert over(ours) is JobState.FAILED and ours.error == "The disk is full."
    assert over(other) is JobState.FAILED
    assert other.error == "The work could not be finished (ValueError: odd); see the server's log."


def test_a_failure_does_not_keep_the_next_one_of_its_kind_from_running(jobs: Jobs) -> None:
    failed = jobs.submit("a", "1", failing(ValueError("odd")))
    good = jobs.submit("a", "2", lambda job: "good")
    assert over(good) is JobState.DONE and good.result == "good"
    assert failed.state is JobState.FAILED


def test_a_retry_runs_the_same_work_under_the_same_id(jobs: Jobs) -> None:
    attempts: list[str] = []

    def work(job: Job) -> str:
        attempts.append(job.id)
        if len(attempts) == 1:
            raise LibraryError("Not yet.")
        return "now"

    job = jobs.submit("a", "1", work)
    assert over(job) is JobState.FAILED
    jobs.retry(job.id)
    assert over(job) is JobState.DONE
    assert (job.result, job.error, attempts) == ("now", None, [job.id, job.id])


def test_a_retry_of_what_still_runs_or_is_unknown_does_nothing(jobs: Jobs) -> None:
    work = Steered()
    job = jobs.submit("a", "1", work)
    assert work.runs.wait(PATIENCE_S)
    jobs.retry(job.id)
    jobs.retry("unknown")
    work.may_end.set()
    assert over(job) is JobState.DONE and work.attempts == 1


def test_of_the_jobs_that_are_over_the_oldest_are_forgotten_and_cleared_away(jobs: Jobs) -> None:
    cleared: list[str] = []
    made = []
    for name in "abcde":
        made.append(jobs.submit("a", name, lambda job: None, on_forgotten=lambda name=name: cleared.append(name)))  # type: ignore[misc]
        assert over(made[-1]) is JobState.DONE
    last = jobs.submit("a", "f", lambda job: None)
    assert over(last) is JobState.DONE
    jobs.shutdown()
    assert cleared[:3] == ["a", "b", "c"] and sorted(cleared) == list("abcde")
    assert jobs.find(made[0].id) is None


def test_jobs_are_listed_the_newest_first(jobs: Jobs) -> None:
    titles = [job.title for job in (jobs.submit("a", "1", Steered()), jobs.submit("b", "2", Steered()))]
    assert titles == ["1", "2"]
    assert [job.title for job in jobs.all()] == ["2", "1"]


def test_too_many_waiting_jobs_of_one_kind_are_refused(jobs: Jobs) -> None:
    first = Steered()
    jobs.submit("a", "runs", first)
    assert first.runs.wait(PATIENCE_S)
    for _ in range(4):
        jobs.submit("a", "waits", Steered())
    with pytest.raises(EmoScopeError, match="4 jobs of this kind are waiting already"):
        jobs.submit("a", "one too many", Steered())
    jobs.submit("b", "of another kind", Steered())


def test_shutting_down_ends_what_runs_and_waits_and_takes_no_more() -> None:
    jobs, first, cleared = Jobs(), Steered(), threading.Event()
    running = jobs.submit("a", "1", first, on_forgotten=cleared.set)
    waiting = jobs.submit("a", "2", Steered())
    assert first.runs.wait(PATIENCE_S)
    jobs.shutdown()
    assert over(running) is JobState.CANCELLED and over(waiting) is JobState.CANCELLED
    assert cleared.is_set()
    with pytest.raises(EmoScopeError, match="stopping"):
        jobs.submit("a", "3", Steered())


def test_work_may_raise_that_it_was_cancelled(jobs: Jobs) -> None:
    assert over(jobs.submit("a", "1", failing(Cancelled()))) is JobState.CANCELLED


def test_the_time_left_follows_from_the_share_where_the_work_does_not_say(jobs: Jobs) -> None:
    runs, may_end = threading.Event(), threading.Event()

    def work(job: Job) -> None:
        job.progress(2.0)  # more than all is all
        assert job.share == 1.0
        job.progress(0.5)
        runs.set()
        may_end.wait(PATIENCE_S)

    job = jobs.submit("a", "1", work)
    assert runs.wait(PATIENCE_S)
    left_s, elapsed_s = job.left_s, job.elapsed_s
    assert left_s is not None and 0 < left_s <= elapsed_s
    may_end.set()
