"""`emoscope library show|verify|repair|compact|export|import`."""

import json
import tempfile
from pathlib import Path

from core.cli.terminal import plain, say
from core.errors import LibraryError, first_line
from core.library import (
    Library,
    Query,
    Report,
    export_library,
    import_library,
    repair,
    verify,
    write_selection,
)

_WORST = 20  # damaged clips that are named


def run_show(location: str, as_json: bool) -> int:
    """How many clips there are, of what, and how much room they take."""
    library = Library.open(location, create=False)
    facts = {
        "clips": library.count(),
        "deleted": library.count(Query(deleted=True)),
        "failures": len(library.failures()),
        "bytes": library.size_bytes(),
        "by": library.facets(),
    }
    if as_json:
        print(json.dumps(facts, ensure_ascii=True))
        return 0
    print(f"{facts['clips']} clips, {facts['deleted']} deleted, {facts['failures']} files that were no clips, "
          f"{library.size_bytes() / 1e6:.1f} MB")  # fmt: skip
    for name, counts in library.facets().items():
        most = sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:12]
        if most:
            print(f"  {name:>10}  " + ", ".join(f"{plain(value) or 'none'} {count}" for value, count in most))
    return 0


def run_verify(location: str) -> int:
    """Read everything; 1 when something is damaged."""
    report = verify(Library.open(location, create=False))
    _say(report)
    return 0 if report.is_sound else 1


def run_repair(location: str) -> int:
    """Remove what is damaged, so that it is analysed again, and what belongs to nothing."""
    report = repair(Library.open(location, create=False))
    _say(report)
    if not report.is_sound:
        say("It is removed; the next batch analyses those clips again.")
    return 0


def run_compact(location: str) -> int:
    """Remove deleted clips for good, and merge small files."""
    library = Library.open(location, create=False)
    gone = library.compact()
    print(f"{gone} rows removed; {library.size_bytes() / 1e6:.1f} MB")
    return 0


def run_export(location: str, out: str, form: str, query: Query, space: str, *, force: bool) -> int:
    """Write a selection to a file, or the whole library to a folder; whole or not at all."""
    library, target = Library.open(location, create=False), Path(out)
    if form == "library":
        if query != Query():
            raise LibraryError("A whole library is moved, not a part; leave out --label, --speaker and --tag.")
        print(f"{export_library(library, target)} clips written to {plain(out)}")
        return 0
    if target.exists() and not force:
        raise LibraryError(f"{out!r} is there already; say --force to replace it.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".emoscope-", delete=False) as file:
            try:
                written = write_selection(library, query, form, file, space=space)
                file.close()
                Path(file.name).replace(target)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        target.chmod(0o644)
    except OSError as error:
        raise LibraryError(f"{out!r} cannot be written ({first_line(error)}).") from error
    print(f"{written} clips written to {plain(out)}")
    return 0


def run_import(location: str, folder: str) -> int:
    """Add the clips of a folder that `export --format library` wrote."""
    new = import_library(Library.open(location), Path(folder))
    print(f"{new} new clips in {plain(location)}")
    return 0


def _say(report: Report) -> None:
    print(f"{report.clips} clips read: {len(report.damaged)} damaged, {report.orphans} rows that belong to no clip")
    for key, wrong in list(report.damaged.items())[:_WORST]:
        say(f"  {key[:12]}: {plain(wrong)}")
