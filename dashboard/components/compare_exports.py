"""The comparison to take away."""

import streamlit as st

from dashboard.compare_bench import CompareBench
from dashboard.language import Texts


def show(bench: CompareBench, texts: Texts) -> None:
    """Draw a button a file."""
