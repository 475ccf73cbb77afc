"""One click: does the loaded model do what it should, here and now?"""

import streamlit as st

from core.selftest import self_test
from dashboard.language import Texts
from dashboard.resources import services
from dashboard.state import Session

_KEY = "self-test-result"


def show(session: Session, texts: Texts) -> None:
    """Draw the button and, once it was pressed for this checkpoint, what came of it."""
    st.subheader(texts("selftest.title"), anchor=False)
    if st.button(texts("selftest.run"), icon=":material/fact_check:", key="self-test", help=texts("selftest.help")):
        engine = services().host.engine(session.checkpoint)
        if engine is not None:
            with st.spinner(texts("selftest.running")):
                st.session_state[_KEY] = (session.checkpoint, self_test(engine))
    checkpoint, checks = st.session_state.get(_KEY, ("", ()))
    if checkpoint != session.checkpoint or not checks:
        return
    passed = sum(check.passed for check in checks)
    st.badge(
        texts("selftest.summary", passed=passed, count=len(checks)),
        color="green" if passed == len(checks) else "red",
        icon=":material/check:" if passed == len(checks) else ":material/error:",
    )
    st.table(
        {
            texts("selftest.check"): [texts.named("selftest", check.name) for check in checks],
            texts("selftest.outcome"): [
                texts("selftest.ok") if check.passed else texts("selftest.bad") for check in checks
            ],
            texts("selftest.detail"): [check.detail for check in checks],
        }
    )
