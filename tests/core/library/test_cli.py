"""`emoscope library`: what is there, whether it is sound, and mending it."""

import json

import pytest

from core.cli.main import main
from core.library import Library
from tests.core.library.conftest import entry, key


def test_show_counts_what_is_there(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    library.put([entry(n, speaker="Ann\x1b[2J") for n in range(3)])
    assert main(["library", "show", "--library", library.location, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["clips"] == 3 and facts["failures"] == 0 and facts["by"]["speaker"] == {"Ann\x1b[2J": 3}
    assert main(["library", "show", "--library", library.location]) == 0
    said = capsys.readouterr().out
    assert said.startswith("3 clips, 0 deleted") and "\x1b" not in said


def test_damage_is_told_mended_and_gone(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    library.put([entry(n) for n in range(3)])
    library._tables["frames"].delete(f"key = '{key(1)}'")
    assert main(["library", "verify", "--library", library.location]) == 1
    assert "3 clips read: 1 damaged" in capsys.readouterr().out
    assert main(["library", "repair", "--library", library.location]) == 0
    assert main(["library", "verify", "--library", library.location]) == 0
    library.delete([key(0)])
    capsys.readouterr()
    assert main(["library", "compact", "--library", library.location]) == 0
    assert "2 rows removed" in capsys.readouterr().out and library.count() == 1


def test_a_place_without_a_library_is_one_sentence(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["library", "show", "--library", str(tmp_path / "none")]) == 1
    assert "There is no library at" in capsys.readouterr().err
