"""`emoscope map`, `neighbours`, `probe`, and `--head` of `analyze` and `timeline`, run as a person runs them."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.analysis import analyze
from core.audio import decode
from core.cli.main import main
from core.library import Entry, Library, Query, entry_of
from core.model import open_engine
from core.projection import SpaceOptions, fit_probe, heads, model_of, save_head
from core.projection.spaces import made_space
from core.results import softmax
from core.settings import Settings
from dashboard.examples import EXAMPLES
from tests.core.library.conftest import entry, key
from tests.libraries import LABELS, fill


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOSCOPE_MAPS_DIR", str(tmp_path / "maps"))
    monkeypatch.setenv("EMOSCOPE_HEADS_DIR", str(tmp_path / "heads"))


@pytest.fixture
def filled(library: Library) -> Library:
    library.put([entry(n, speaker=f"S{n % 4}", reference="sad", metadata={"room": f"=R{n % 2}"}) for n in range(40)])
    return library


def test_a_map_is_written_as_a_table_and_told_of(
    filled: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "made" / "map.csv"
    place = ["map", "--library", filled.location, "--method", "pca", "--cluster", "kmeans", "--groups", "3"]
    assert main([*place, "--dimensions", "3", "--out", str(out), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    rows = list(csv.DictReader(io.StringIO(out.read_bytes().decode(), newline="")))
    assert facts["clips"] == 40 and facts["groups"] == 3 and facts["method"] == "pca" and facts["measured_on"] == 40
    assert len(rows) == 40 and rows[3]["room"] == "'=R1" and {"x", "y", "z", "overlap", "cluster"} <= set(rows[0])
    assert len({row["cluster"] for row in rows}) == 3 and 0 < facts["trustworthiness"] <= 1
    assert all(0 <= float(row["overlap"]) <= 1 for row in rows) and facts["made_of"].startswith("The groups are made")
    assert main([*place, "--out", str(out)]) == 1 and "say --force" in capsys.readouterr().err
    assert main([*place, "--out", str(out), "--force", "--speaker", "S1"]) == 0
    assert "10 clips by pca in the emotion space written to" in capsys.readouterr().out
    assert len(list(out.parent.iterdir())) == 1


def test_a_map_is_written_as_a_page_of_its_own(filled: Library, tmp_path: Path) -> None:
    out = tmp_path / "map.html"
    command = ["map", "--library", filled.location, "--method", "pca", "--space", "scores", "--out", str(out)]
    assert main([*command, "--colour", "room", "--cluster", "none"]) == 0
    page = out.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and "Plotly.newPlot" in page and "=R1" in page


def test_few_clips_and_none_are_told_in_one_sentence(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library.put([entry(1), entry(2)])
    command = ["map", "--library", library.location, "--out", str(tmp_path / "map.csv")]
    assert main(command) == 0 and "Drawn by PCA: 2 clips are too few" in capsys.readouterr().out
    for more, said in (
        (["--label", "none"], "No clips are meant"),
        (["--space", "acoustic"], "kept no sound"),
        (["--colour", "mood"], "cannot be coloured by 'mood'; by these they can: source, label"),
        (["--neighbours", "1"], "2 to 200 clips, not 1"),
        (["--out", str(tmp_path / "map.png")], "as .html or .csv"),
    ):
        assert main([*command, "--force", *more]) == 1
        error = capsys.readouterr().err
        assert said in error and error.count("\n") == 1


def test_a_key_has_its_neighbours_nearest_first(filled: Library, capsys: pytest.CaptureFixture[str]) -> None:
    vectors = np.stack([entry(n).analysis.embedding for n in range(40)])
    scaled = (vectors - vectors.mean(axis=0)) / vectors.std(axis=0)
    expected = np.linalg.norm(scaled - scaled[7], axis=1).argsort()[1:4]
    assert main(["neighbours", key(7), "--library", filled.location, "-k", "3", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["key"] for row in rows] == [key(int(at)) for at in expected]
    assert rows[0]["distance"] == pytest.approx(np.linalg.norm(scaled[expected[0]] - scaled[7]), abs=1e-3)
    assert main(["neighbours", "00000000", "--library", filled.location]) == 1
    assert "40 clips' keys begin with it" in capsys.readouterr().err
    assert main(["neighbours", "nothing.wav", "--library", filled.location]) == 1
    assert "it is no file and no key" in capsys.readouterr().err


@pytest.fixture(scope="module")
def heard() -> list[Entry]:
    """The examples as the bundled checkpoint hears them."""
    engine = open_engine("bundled", Settings(), warm_up=False)
    waveforms = [decode(example.path) for example in EXAMPLES]
    return [entry_of(analyze(each, engine), each.name, engine.info, speaker="S") for each in waveforms]


def test_a_file_finds_itself_and_a_library_of_another_checkpoint_is_refused(
    library: Library, heard: list[Entry], capsys: pytest.CaptureFixture[str]
) -> None:
    library.put(heard)
    file = str(EXAMPLES[2].path)
    for space, more in (("emotion", []), ("scores", []), ("within_speaker", ["--who", "S"])):
        command = ["neighbours", file, "--library", library.location, "--space", space, *more]
        assert main([*command, "-k", "2"]) == 0
        first, second = capsys.readouterr().out.splitlines()
        assert first.split()[1] == heard[2].key[:12] and float(first.split()[0]) < 0.02 < float(second.split()[0])
    assert main(["neighbours", file, "--library", library.location, "--space", "within_speaker"]) == 1
    assert "The speaker is unknown" in capsys.readouterr().err
    other = replace(heard[0].analysis.checkpoint, id="other")
    library.delete([each.key for each in heard])
    library.compact()
    library.put([replace(each, analysis=replace(each.analysis, checkpoint=other)) for each in heard])
    assert main(["neighbours", file, "--library", library.location]) == 1
    assert "These clips' vectors are of other@" in capsys.readouterr().err


def test_a_kept_head_speaks_beside_the_checkpoint(
    heard: list[Entry], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = np.random.default_rng(0).normal(size=(40, len(heard[0].analysis.embedding))).astype(np.float32)
    model = model_of(heard[0].analysis.checkpoint)
    space = made_space("emotion", model, [key(n) for n in range(40)], values, SpaceOptions())
    head = save_head(tmp_path / "heads", "irony", fit_probe(space, ["ironic", "plain"] * 20))
    file = str(EXAMPLES[0].path)
    assert main(["analyze", file, "--head", "irony", "--json", "--granularity", "frame"]) == 0
    record = json.loads(capsys.readouterr().out)
    said = record["head"]
    expected = softmax(heard[0].analysis.embedding.astype(np.float64) @ head.weights.T + head.bias)
    assert list(said["scores"]) == ["ironic", "plain"] and said["name"] == "irony"
    assert list(said["scores"].values()) == pytest.approx(expected.tolist(), abs=1e-3)
    assert np.mean(said["frames"]["logits"], axis=0) == pytest.approx(list(said["logits"].values()), abs=1e-3)
    assert len(said["frames"]["logits"]) == len(record["frames"]["logits"])
    assert main(["analyze", file, "--head", "irony"]) == 0
    assert f"by the head irony: {said['label']}" in capsys.readouterr().out
    assert main(["analyze", file, "--head", "irony", "--out", str(tmp_path / "out")]) == 0
    (result,) = (tmp_path / "out").glob("*/result.json")
    assert json.loads(result.read_text(encoding="utf-8"))["head"] == said | {"frames": None}
    capsys.readouterr()
    assert main(["analyze", file, "--json"]) == 0 and "head" not in json.loads(capsys.readouterr().out)
    assert main(["analyze", file, "--head", "none"]) == 1
    assert "There is no head 'none'; there are: 'irony'." in capsys.readouterr().err


def test_a_timeline_is_of_a_head_too_and_says_which(
    heard: list[Entry], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = np.random.default_rng(0).normal(size=(40, len(heard[0].analysis.embedding))).astype(np.float32)
    space = made_space("emotion", model_of(heard[0].analysis.checkpoint), [key(n) for n in range(40)], values)
    save_head(tmp_path / "heads", "=irony", fit_probe(space, ["ironic", "plain"] * 20))
    out = tmp_path / "out"
    asked = ["timeline", str(EXAMPLES[0].path), "--head", "=irony"]
    assert main([*asked, "--export", "json,csv,npz,parquet", "--out", str(out)]) == 0
    assert "by the head =irony: " in capsys.readouterr().out
    (folder,) = out.iterdir()
    record = json.loads((folder / "timeline.json").read_text(encoding="utf-8"))
    assert record["head"]["name"] == "=irony" and list(record["head"]["scores"]) == ["ironic", "plain"]
    rows = list(csv.reader((folder / "frames.csv").read_text(encoding="utf-8").splitlines()))
    assert rows[0][-2:] == ["'=irony: ironic", "'=irony: plain"], "a spreadsheet runs no name"
    shares = np.array([row[-2:] for row in rows[1:]], np.float64)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-5)
    with np.load(folder / "frames.npz") as arrays:
        assert str(arrays["head"]) == "=irony" and arrays["head_classes"].tolist() == ["ironic", "plain"]
        np.testing.assert_allclose(arrays["head_probabilities"], shares, atol=1e-5)
    assert main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["head"]["label"] == record["head"]["label"]


def test_a_probe_is_fitted_kept_and_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = fill(tmp_path / "grouped", 32, with_sound=False)
    where = ["--library", library.location]
    assert main(["probe", *where, "--column", "reference", "--name", "mine", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["name"] == "mine" and record["speakers_kept_apart"] and record["uar"] > record["chance"]
    assert set(record["recalls"]) == set(LABELS) and record["clips"] == library.count()
    assert heads(tmp_path / "heads") == ("mine",)
    assert main(["probe", *where, "--column", "reference", "--name", "mine"]) == 1
    assert "There is a head 'mine' already" in capsys.readouterr().err
    for label in LABELS[:2]:
        keys = library.rows(Query(labels=(label,)), columns=["key"]).column("key").to_pylist()
        library.update(keys[:6], add_tags=[f"is {label}"])
    assert main(["probe", *where, "--tags", "is angry, is happy", "--name", "mine", "--force"]) == 0
    assert "12 clips of " in capsys.readouterr().out
    assert main(["heads"]) == 0
    assert capsys.readouterr().out.startswith("mine · emotion (tests/random@0123abcd)\n  unweighted average recall ")
    assert main(["probe", *where, "--column", "mood", "--name", "other"]) == 1
    assert "There is no column 'mood'; there are reference, speaker, label, gender" in capsys.readouterr().err
    assert main(["heads", "--remove", "mine"]) == 0 and main(["heads", "--remove", "mine"]) == 1
    assert heads(tmp_path / "heads") == ()
