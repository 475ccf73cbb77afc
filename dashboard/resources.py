"""What the whole process shares. The only file with `st.cache_*`."""

from dataclasses import dataclass

import streamlit as st

from core.settings import Settings
from dashboard.catalogue import Catalogue
from dashboard.clips import Recents
from dashboard.fetching import Fetcher
from dashboard.jobs import Jobs
from dashboard.listening import Listener
from dashboard.map_bench import MapBenches
from dashboard.model_host import ModelHost


@dataclass(frozen=True)
class Services:
    """The models, who listens with them and what brings more; the clips used last, the library, long work, maps."""

    settings: Settings
    host: ModelHost
    listener: Listener
    fetcher: Fetcher
    recents: Recents
    catalogue: Catalogue
    jobs: Jobs
    maps: MapBenches


@st.cache_resource(show_spinner=False)
def services() -> Services:
    """The one instance; making it begins to load the default checkpoint in the background.

    `dashboard.app` calls this when the server starts, so that a session only ever finds it.
    """
    settings = Settings.from_environment()
    host = ModelHost(settings)
    host.start()
    listener = Listener(host)
    catalogue = Catalogue(settings.library, listener)
    return Services(settings, host, listener, Fetcher(settings), Recents(), catalogue, Jobs(), MapBenches())


def close_services() -> None:
    """Finish no more than the window in progress, and forget the instance: a server that starts again loads again."""
    shared = services()
    services.clear()
    shared.jobs.shutdown()
    shared.fetcher.shutdown()
    shared.listener.shutdown()
    shared.host.shutdown()
