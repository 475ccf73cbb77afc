"""`emoscope models list|pull|verify`."""

from core.checkpoints import resolve, states
from core.cli.terminal import plain, say, show_progress
from core.settings import Settings


def run_list(settings: Settings) -> int:
    """A line a checkpoint: name, size, licence, where it is."""
    for state in states(settings):
        checkpoint = state.checkpoint
        size = f"{checkpoint.size_bytes / 1e9:.2f} GB" if checkpoint.size_bytes else "in the package"
        where = plain(str(state.folder)) if state.folder else f"not here; `emoscope models pull {checkpoint.name}`"
        print(f"{checkpoint.name:<26} {size:<15} {where}")
        learnt = ", ".join(checkpoint.languages) or "see the hub's page"
        print(f"{'':<26} licence: {checkpoint.licence}; languages it learnt from: {learnt}")
    return 0


def run_pull(name: str, source: str, settings: Settings) -> int:
    """Fetch a checkpoint with a progress line; Ctrl-C keeps what came for the next time."""
    from core.checkpoints.fetching import pull

    def on_progress(done: int, total: int) -> None:
        share = f"{done / total:6.1%} of {total / 1e6:.0f} MB" if total else f"{done / 1e6:.0f} MB"
        show_progress(f"{plain(name)}: {share}")

    folder = pull(name, settings, source=source, on_progress=on_progress)
    show_progress("")
    print(plain(str(folder)))
    return 0


def run_verify(name: str, settings: Settings) -> int:
    """Read a checkpoint through; 1 when something is wrong with it."""
    from core.checkpoints.verifying import verify

    found = verify(resolve(name, settings))
    for check in found.checks:
        say(f"{'ok  ' if check.passed else 'FAIL'} {check.name}: {plain(check.detail)}")
    print(f"{plain(name)}: {'sound' if found.is_sound else 'not usable'}, revision {found.revision}")
    return 0 if found.is_sound else 1
