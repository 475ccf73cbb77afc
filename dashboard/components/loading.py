"""While the model is on its way, and when it does not arrive."""

import streamlit as st

from dashboard import state
from dashboard.components import notices
from dashboard.language import Texts
from dashboard.model_host import LoadStatus, State
from dashboard.resources import services


def show(texts: Texts) -> LoadStatus:
    """Say what is happening to this session's checkpoint, unless it is ready; a failure can be retried."""
    status = services().host.status(state.session().checkpoint)
    if status.state is State.FAILED:
        _failure(status, texts)
    elif status.state.is_loading:
        st.info(texts("loading.usable"), icon=":material/hourglass_top:")
    return status


def _failure(status: LoadStatus, texts: Texts) -> None:
    notices.show_error(f"{texts('loading.failed')} {texts.worded(status.error or '')}", key="model")
    st.button(
        texts("loading.retry"),
        icon=":material/refresh:",
        key="retry-loading",
        on_click=services().host.retry,
        args=(status.checkpoint,),
    )
