"""The server: `python -m streamlit run dashboard/app.py`, or `uvicorn dashboard.app:app`.

Loading begins when the server starts, in the background; the first person to arrive finds it done or under way.
"""

import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st

from core.errors import SettingsError
from core.settings import Settings
from dashboard import exporting, health, library_sounds, map_routes, sounds
from dashboard.resources import close_services, services


def _import_drawing() -> None:
    """Import what the first result needs to be drawn, so that nobody waits for it."""
    import dashboard.charts  # noqa: F401  # for the import of Plotly, about half a second


@asynccontextmanager
async def preload(app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Start loading the model, and let go of the workers when the server stops."""
    shared = services()
    threading.Thread(target=_import_drawing, name="emoscope-import", daemon=True).start()
    yield {"services": shared}
    close_services()


def _require_usable_settings() -> None:
    """End with one sentence, not with a traceback, where an `EMOSCOPE_*` variable cannot be used."""
    try:
        Settings.from_environment()
    except SettingsError as error:
        sys.exit(f"emoscope: {error}")


_require_usable_settings()
app = st.App(
    Path(__file__).with_name("main.py"),
    lifespan=preload,
    routes=(*health.ROUTES, *sounds.ROUTES, *library_sounds.ROUTES, *exporting.ROUTES, *map_routes.ROUTES),
)
