"""The server: `python -m streamlit run dashboard/app.py`, or `uvicorn dashboard.app:app`.

Loading begins when the server starts, in the background; the first person to arrive finds it done or under way.
"""

import gc
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from core.errors import SettingsError
from core.settings import Settings
from dashboard import exporting, health, library_sounds, map_routes, sounds
from dashboard.front import FrontPage
from dashboard.resources import Services, close_services, services


def _warm(shared: Services) -> None:
    """Import what the first result needs to be drawn, and then open the library, so that nobody waits for them."""
    import dashboard.charts  # for the import of Plotly, about half a second

    while shared.host.status().state.is_loading:  # the model comes first
        time.sleep(0.1)
    import lancedb  # noqa: F401  # about a second, 60 MB

    shared.catalogue.warm()
    import sklearn.decomposition  # noqa: F401  # for a map: two seconds

    import dashboard.explorer_charts  # noqa: F401

    # What is imported by now stays as long as the process: the collector need not walk through its 400,000 objects,
    # which takes a quarter of a second in the middle of somebody's click.
    gc.collect()
    gc.freeze()


@asynccontextmanager
async def preload(app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Start loading the model, and let go of the workers when the server stops."""
    shared = services()
    threading.Thread(target=_warm, args=(shared,), name="emoscope-warm", daemon=True).start()
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
    middleware=(Middleware(FrontPage),),
    routes=(*health.ROUTES, *sounds.ROUTES, *library_sounds.ROUTES, *exporting.ROUTES, *map_routes.ROUTES),
)
