"""Two groups of the library's clips held against each other."""

from dataclasses import replace

import streamlit as st

from dashboard.compare_view import PARTS
from dashboard.language import Texts
from dashboard.state import Session


def is_chosen(session: Session, texts: Texts) -> bool:
    """Draw the choice between clips and groups; whether groups are chosen."""
    view = session.compared.view
    part = st.segmented_control(
        texts("compare.part"), PARTS, default=view.part, required=True, key="compare-part", label_visibility="collapsed",
        format_func=lambda each: texts(f"compare.part.{each}"),
    ) or view.part  # fmt: skip
    session.compared.view = replace(view, part=part)
    return part == "groups"


def show(session: Session, texts: Texts) -> None:
    """Draw the groups."""
