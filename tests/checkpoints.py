"""Small real checkpoints for the tests: emotion2vec's architecture with random weights, in the hubs' format."""

from pathlib import Path

from benchmarks.random_checkpoint import write_checkpoint


def tiny_checkpoint(folder: Path, *, seed: int = 0, unsayable: tuple[str, ...] = ()) -> Path:
    """Write a network of 0.2 M parameters; the lines of `tokens.txt` that name an `unsayable` emotion are marked so."""
    write_checkpoint(folder, "tiny", seed=seed, optimizer_state=False)
    tokens = folder / "tokens.txt"
    lines = tokens.read_text(encoding="utf-8").splitlines()
    marked = [f"unuse_{line}" if any(name in line for name in unsayable) else line for line in lines]
    tokens.write_text("\n".join(marked) + "\n", encoding="utf-8")
    return folder
