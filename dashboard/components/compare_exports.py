"""The comparison to take away: its tables and, with players, its report. Made when asked for."""

import io
import zipfile
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import ExportError
from dashboard.compare_bench import CompareBench
from dashboard.language import Texts

if TYPE_CHECKING:
    from core.comparison import GroupComparison
    from core.exports.comparisons import Findings

FORMS = {"csv": "table", "parquet": "data_table", "json": "data_object"}
REPORT = "report.html"


def show(bench: CompareBench, texts: Texts) -> None:
    """Draw a button a file of the comparison."""
    if bench.comparison is None:
        st.text(texts("compare.measuring"))
        return
    from core.exports.comparisons import Findings

    st.markdown(texts("compare.export_lead"))
    _buttons(Findings(bench.comparison, language=texts.language), "clips", texts)
    st.caption(texts("compare.export_figures"))


def show_groups(groups: "GroupComparison", texts: Texts) -> None:
    """Draw a button a file of two groups."""
    from core.exports.comparisons import Findings

    _buttons(Findings(None, groups, texts.language), "groups", texts)


def _buttons(found: "Findings", what: str, texts: Texts) -> None:
    stem = f"emoscope_compare_{what}"
    with st.container(horizontal=True, key=f"compare-export-{what}"):
        st.download_button(
            texts("compare.export.report"), lambda: made(found, REPORT), f"{stem}.html", "text/html",
            icon=":material/article:", type="primary", on_click="ignore", key=f"compare-export-{what}-report",
        )  # fmt: skip
        for form, icon in FORMS.items():
            st.download_button(
                texts(f"compare.export.{form}"), partial(zipped, found, form), f"{stem}_{form}.zip",
                "application/zip", icon=f":material/{icon}:", on_click="ignore", key=f"compare-export-{what}-{form}",
            )  # fmt: skip


def made(found: "Findings", name: str) -> bytes:
    """One file; the sentence of what is wrong where it cannot be made."""
    from core.exports.comparisons import comparison_files

    try:
        return comparison_files(found)[name]()
    except ExportError as error:
        return str(error).encode()


def zipped(found: "Findings", form: str) -> bytes:
    """All files of a form in one zip."""
    from core.exports.comparisons import comparison_files

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as folder:
        for name in comparison_files(found):
            if name.endswith(f".{form}"):
                folder.writestr(name, made(found, name))
    return buffer.getvalue()
