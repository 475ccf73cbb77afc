"""`emoscope map` and `emoscope neighbours`."""

import argparse
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.terminal import json_line, plain, results_only, say, show_progress
from core.errors import ExportError, ProjectionError, first_line
from core.settings import Settings

if TYPE_CHECKING:
    from core.library import Library, Query
    from core.projection import Clusters, Confound, Map, Space, Trust

SPACES = ("emotion", "within_speaker", "speaker", "scores", "acoustic")
METRICS = ("euclidean", "cosine", "correlation", "manhattan")
GROUPINGS = ("kmeans", "hdbscan", "agglomerative", "gmm")
_KEY_DIGITS = 8  # of a key are enough to name a clip


def add_to(commands: Any) -> None:
    """Add both commands to a parser's."""
    drawing = commands.add_parser("map", help="draw the clips of a library, near to each other where they are alike")
    _add_selection(drawing)
    drawing.add_argument("--method", choices=("umap", "pca"), default="umap")
    drawing.add_argument("--dimensions", type=int, choices=(2, 3), default=2)
    drawing.add_argument("--neighbours", type=int, default=15, metavar="N", help="2 to 200 (default: 15)")
    drawing.add_argument("--min-dist", type=float, default=0.1, metavar="D", help="0 to 0.99 (default: 0.1)")
    drawing.add_argument("--metric", choices=METRICS, default="euclidean")
    drawing.add_argument("--seed", type=int, default=0, help="the same seed gives the same map (default: 0)")
    drawing.add_argument("--densmap", action="store_true", help="keep where clips lie densely and where thinly")
    drawing.add_argument(
        "--colour", default="label", metavar="COLUMN",
        help="label, cluster, speaker, reference, confidence, duration_s, overlap, checkpoint, or a column of metadata",
    )  # fmt: skip
    drawing.add_argument("--cluster", choices=(*GROUPINGS, "none"), default="kmeans", help="default: kmeans")
    drawing.add_argument("--groups", type=int, metavar="K", help="how many (default: chosen by silhouette)")
    drawing.add_argument("--out", required=True, metavar="FILE", help="map.html, a page of its own, or map.csv")
    drawing.add_argument("--force", action="store_true", help="replace a file that is there")
    drawing.add_argument("--json", action="store_true", help="what is told of the map as one JSON object")
    drawing.set_defaults(run=run_map)
    near = commands.add_parser("neighbours", help="the clips of a library that are most like one")
    near.add_argument(
        "clip", metavar="CLIP", help="an audio or video file, or a clip's key (its first digits are enough)"
    )
    _add_selection(near)
    near.add_argument("--metric", choices=METRICS, default="euclidean")
    near.add_argument("-k", type=int, default=10, metavar="N", help="how many (default: 10)")
    near.add_argument("--who", metavar="NAME", help="who speaks in the file: needed in the space within_speaker")
    near.add_argument("--json", action="store_true", help="one JSON object a line")
    near.set_defaults(run=run_neighbours)


def _add_selection(command: argparse.ArgumentParser) -> None:
    command.add_argument("--library", required=True, metavar="DIR|s3://…", help="where the library is")
    command.add_argument("--space", choices=SPACES, default="emotion", help="what is alike (default: emotion)")
    for name in ("label", "speaker", "tag"):
        command.add_argument(
            f"--{name}", action="append", default=[], help=f"only clips with this {name}; may be said again"
        )


def run_map(options: argparse.Namespace, settings: Settings) -> int:
    """Draw a map, write it, and say how far it can be trusted and what it is made of."""
    from core.projection import MapOptions, cached_map, clip_table, confounds, trust_of

    chosen = MapOptions(
        options.method, options.dimensions, options.neighbours, options.min_dist, options.metric, options.seed,
        options.densmap,
    )  # fmt: skip
    target = _checked_target(options.out, force=options.force)
    with results_only() as results:
        space = _space(options, settings)
        table = clip_table(_library(options), space.keys)
        _check_colour(options, table)
        drawn = cached_map(settings.maps_dir, space, chosen, _told)
        show_progress("measuring")
        clusters = _clusters(options, space)
        trust = trust_of(space, drawn) if len(space) >= 5 else None
        found = confounds(space.prepared, table, clusters)
        show_progress("writing")
        _write(target, options.colour, _drawn(space, drawn, table, clusters, trust, options))
        show_progress("")
        said = _facts(space, drawn, clusters, trust, found) | {"out": options.out}
        print(json_line(json.dumps(said)) if options.json else _text(said), file=results)
    return 0


def run_neighbours(options: argparse.Namespace, settings: Settings) -> int:
    """The clips nearest to one, in the space itself."""
    import numpy as np

    from core.projection import clip_table, nearest

    with results_only(encoding="utf-8" if options.json else None) as results:
        space = _space(options, settings)
        if Path(options.clip).is_file():
            query = space.prepare(_heard(options, settings, space), options.who)
        else:
            query = np.array([_position(space, options.clip)])
        found = nearest(space, query, options.k, options.metric)
        table = clip_table(_library(options), [space.keys[at] for at in found.indices[0]], acoustics=False)
        for distance, row in zip(found.distances[0].tolist(), table.to_dict("records"), strict=True):
            facts = {name: row[name] for name in ("key", "source", "label", "confidence", "speaker", "reference")}
            if options.json:
                print(json_line(json.dumps({"distance": round(distance, 6)} | facts)), file=results)
            else:
                who = f" · {plain(row['speaker'])}" if row["speaker"] else ""
                print(f"{distance:9.4f}  {row['key'][:12]}  {plain(row['source'])} · {row['label']}{who}", file=results)
    return 0


def _library(options: argparse.Namespace) -> "Library":
    from core.library import Library

    return Library.open(options.library, create=False)


def _query(options: argparse.Namespace) -> "Query":
    from core.library import Query

    return Query(labels=tuple(options.label), speakers=tuple(options.speaker), tags=tuple(options.tag))


def _space(options: argparse.Namespace, settings: Settings) -> "Space":
    """The vectors, those of voices and of acoustics computed first where clips have none yet."""
    from core.projection import load_space

    library, query = _library(options), _query(options)
    show_progress("reading")
    if options.space in ("speaker", "acoustic"):
        _add_missing(library, query, options.space, settings)
    space = load_space(library, query, options.space)
    if space.note:
        say(plain(space.note))
    return space


def _add_missing(library: "Library", query: "Query", name: str, settings: Settings) -> None:
    def counted(done: int, total: int) -> None:
        show_progress(f"{name}: {done} of {total} clips" if total else "")

    if name == "acoustic":
        from core.projection import add_acoustic_vectors

        added = add_acoustic_vectors(library, query, counted)
    elif library.matrix(query, "speaker").without == 0:
        return
    else:
        from core.speakers.cataloguing import add_speaker_vectors
        from core.speakers.embedding import VoiceEmbedder

        added = add_speaker_vectors(library, query, VoiceEmbedder.open(settings), counted)
    show_progress("")
    if added:
        say(f"{added} clips' vectors computed and kept in the library")


def _told(step: str, share: float) -> None:
    show_progress(f"{step}: {share:.0%}")


def _clusters(options: argparse.Namespace, space: "Space") -> "Clusters | None":
    from core.projection import ClusterOptions, cluster

    if options.cluster == "none" or len(space) < 3:
        return None
    return cluster(space, ClusterOptions(options.cluster, options.groups, seed=options.seed))


def _drawn(
    space: "Space", drawn: "Map", table: Any, clusters: "Clusters | None", trust: "Trust | None", options: Any
) -> Any:
    """The map with what is told of its points."""
    from core.exports.maps import DrawnMap
    from core.projection import describe

    columns = _columns(table)
    if clusters is not None:
        names = {card.label: card.name for card in describe(clusters, space, table)}
        columns["cluster"] = [names.get(label) for label in clusters.labels.tolist()]
    if trust is not None:
        columns["overlap"] = [float(each) for each in trust.knn_overlap]
    return DrawnMap(drawn.positions, columns, f"{len(space)} clips · {space.name} ({space.model}) · {drawn.method}")


def _columns(table: Any) -> dict[str, list[Any]]:
    """What is told of each clip: columns of ours, its metadata, and what it sounds like where that is known."""
    from core.projection.cards import NUMBERS
    from core.projection.tables import ACOUSTIC, METADATA

    ours = ("key", "source", "label", "confidence", "speaker", "reference", "duration_s", "checkpoint")
    columns = {name: table[name].tolist() for name in ours}
    others = [name for name in map(str, table.columns) if name.startswith(METADATA)]
    others += [name for name in NUMBERS if name.startswith(ACOUSTIC) and name in table]
    for name in others:
        columns.setdefault(name.removeprefix(METADATA).removeprefix(ACOUSTIC), table[name].tolist())
    return columns


def _check_colour(options: argparse.Namespace, table: Any) -> None:
    """Before the work: the column that the points are to be coloured by is there."""
    there = [*_columns(table), "cluster", "overlap"]
    if options.colour not in there:
        raise ExportError(
            f"The points cannot be coloured by {options.colour!r}; by these they can: {', '.join(there[1:])}."
        )


def _checked_target(out: str, *, force: bool) -> Path:
    target = Path(out)
    if target.suffix.lower() not in (".html", ".csv"):
        raise ExportError(f"A map is written as .html or .csv, not to {out!r}.")
    if target.exists() and not force:
        raise ExportError(f"{out!r} is there already; say --force to replace it.")
    return target


def _write(target: Path, colour: str, drawn: Any) -> None:
    """The file, whole or not at all."""
    from core.exports.maps import map_csv, map_html

    parts = [map_html(drawn, colour)] if target.suffix.lower() == ".html" else map_csv(drawn)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        options: dict[str, Any] = {"prefix": ".emoscope-", "delete": False, "encoding": "utf-8", "newline": ""}
        with tempfile.NamedTemporaryFile("w", dir=target.parent, **options) as file:
            try:
                file.writelines(parts)
                file.close()
                Path(file.name).chmod(0o644)
                Path(file.name).replace(target)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ExportError(f"{str(target)!r} cannot be written ({first_line(error)}).") from error


def _facts(
    space: "Space", drawn: "Map", clusters: "Clusters | None", trust: "Trust | None", found: "tuple[Confound, ...]"
) -> dict[str, Any]:
    from core.projection import one_sentence

    facts: dict[str, Any] = {"clips": len(space), "without": space.without, "space": space.name, "model": space.model}
    facts |= {"method": drawn.method, "note": drawn.note or None, "made_of": one_sentence(found)}
    if trust is not None:
        figures = {"trustworthiness": trust.trustworthiness, "continuity": trust.continuity}
        facts |= {name: round(value, 4) for name, value in figures.items()}
        facts |= {"overlap": round(trust.mean_overlap, 4), "k": trust.k, "measured_on": trust.sample}
    if clusters is not None:
        outliers = int((clusters.labels < 0).sum())
        facts |= {"groups": clusters.k, "silhouette": clusters.silhouette, "outliers": outliers}
    return facts


def _text(facts: dict[str, Any]) -> str:
    lines = [
        f"{facts['clips']} clips by {facts['method']} in the {facts['space']} space written to {plain(facts['out'])}"
    ]
    if facts["note"]:
        lines.append(facts["note"])
    if "trustworthiness" in facts:
        lines.append(
            f"trustworthiness {facts['trustworthiness']:.3f}, continuity {facts['continuity']:.3f} (k = {facts['k']}, "
            f"on {facts['measured_on']} clips); {facts['overlap']:.0%} of a clip's neighbours are so on the map, too"
        )
    if "groups" in facts:
        judged = "" if facts["silhouette"] is None else f", silhouette {facts['silhouette']:.2f}"
        lines.append(f"{facts['groups']} groups{judged}, {facts['outliers']} outliers")
    return "\n".join([*lines, plain(facts["made_of"])])


def _position(space: "Space", clip: str) -> int:
    """Where the clip of a key, or of its first digits, is in a space."""
    digits = clip.lower()
    is_key = len(digits) >= _KEY_DIGITS and all(each in "0123456789abcdef" for each in digits)
    found = [at for at, key in enumerate(space.keys) if key.startswith(digits)] if is_key else []
    if len(found) != 1:
        why = f"{len(found)} clips' keys begin with it" if found else "it is no file and no key of these clips"
        raise ProjectionError(f"{clip!r} names no clip: {why}. Name a file, or {_KEY_DIGITS} digits of a key or more.")
    return found[0]


def _heard(options: argparse.Namespace, settings: Settings, space: "Space") -> Any:
    """(d,) float32: the vector of a file, by the model that the space is of."""
    from core.audio import Limits, decode

    waveform = decode(options.clip, limits=Limits.from_settings(settings))
    if space.name == "acoustic":
        from core.acoustics.features import acoustic_features

        return acoustic_features(waveform)
    if space.name == "speaker":
        from core.speakers.embedding import VoiceEmbedder

        embedder = VoiceEmbedder.open(settings)
        _check_model(space, embedder.model_id)
        return embedder.embed(waveform)
    return _listened(waveform, settings, space)


def _listened(waveform: Any, settings: Settings, space: "Space") -> Any:
    import numpy as np

    from core.analysis import AnalysisOptions, analyze
    from core.emotions import EMOTION_KEYS
    from core.model import open_engine
    from core.projection import model_of

    engine = open_engine(settings.checkpoint, settings, engine="native", warm_up=False)
    _check_model(space, model_of(engine.info.checkpoint))
    heard = analyze(waveform, engine, AnalysisOptions(settings.window_s, settings.margin_s))
    if space.name == "scores":
        return np.array([heard.scores[key] for key in EMOTION_KEYS], np.float32)
    return heard.embedding


def _check_model(space: "Space", model: str) -> None:
    if model != space.model:
        raise ProjectionError(
            f"These clips' vectors are of {space.model}, and the clip would be heard by {model}: set "
            "EMOSCOPE_CHECKPOINT to theirs, or choose clips of that model."
        )
