"""What can be taken home, and the outputs folder on this machine."""

import io

import numpy as np
import streamlit as st

from core.errors import ExportError
from core.exports.names import safe_name
from core.exports.outputs import EMBEDDING_FILE, FRAMES_FILE, RESULT_FILE, write_outputs, zip_outputs
from core.exports.records import json_chunks
from core.exports.tables import frames_csv
from core.results import Analysis
from dashboard.components import notices
from dashboard.language import Texts
from dashboard.listening import Heard
from dashboard.resources import services
from dashboard.state import Session


def show(session: Session, analysis: Analysis, heard: Heard, texts: Texts) -> None:
    """Draw a button a file; each is made only when it is pressed."""
    granularity, stem = session.granularity, safe_name(analysis.name)
    with st.container(horizontal=True, key="clip-downloads"):
        st.download_button(
            texts("download.zip"),
            lambda: zip_outputs(analysis, heard.waveform, granularity=granularity),
            f"{stem}.zip",
            "application/zip",
            icon=":material/folder_zip:",
            on_click="ignore",
            key="download-zip",
        )
        st.download_button(
            RESULT_FILE,
            lambda: result_json(analysis, granularity),
            f"{stem}_{RESULT_FILE}",
            "application/json",
            icon=":material/data_object:",
            on_click="ignore",
            key="download-json",
        )
        st.download_button(
            EMBEDDING_FILE,
            lambda: embedding_npy(analysis),
            f"{stem}_{EMBEDDING_FILE}",
            "application/octet-stream",
            icon=":material/deployed_code:",
            on_click="ignore",
            key="download-npy",
        )
        if granularity == "frame":
            st.download_button(
                FRAMES_FILE,
                lambda: "".join(frames_csv(analysis)),
                f"{stem}_{FRAMES_FILE}",
                "text/csv",
                icon=":material/table:",
                on_click="ignore",
                key="download-csv",
            )
    _save(session, analysis, heard, texts)


def result_json(analysis: Analysis, granularity: str) -> str:
    """`result.json` as the outputs folder has it."""
    return "".join(json_chunks(analysis, granularity=granularity, indent=2))


def embedding_npy(analysis: Analysis) -> bytes:
    """`embedding.npy`: (embedding_dim,) float32."""
    buffer = io.BytesIO()
    np.save(buffer, analysis.embedding, allow_pickle=False)
    return buffer.getvalue()


def _save(session: Session, analysis: Analysis, heard: Heard, texts: Texts) -> None:
    """A button that writes to the server's outputs folder: nothing is kept there unless somebody asks."""
    folder = services().settings.outputs_dir
    key = (analysis.sha256, session.checkpoint, session.granularity, session.drop_other)
    if st.button(
        texts("save.button", folder=folder.name),
        icon=":material/save:",
        key="save-outputs",
        disabled=key in session.saved,
        help=texts("save.help"),
    ):
        try:
            written = write_outputs(analysis, heard.waveform, folder, granularity=session.granularity)
        except ExportError as error:
            notices.show_error(str(error), key="save")
            return
        session.saved[key] = f"{folder.name}/{written.name}"
        st.rerun()
    if key in session.saved:
        st.text(texts("save.done", path=session.saved[key]))
