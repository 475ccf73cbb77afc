"""How each column of the tables of ground truth is drawn."""

from typing import Any

import streamlit as st

from dashboard.language import Texts

SHARES = ("recall", "precision", "f1", "uar", "accuracy")


def columns(texts: Texts) -> dict[str, Any]:
    """By the name of the column."""
    config = st.column_config
    return {
        "sound": config.AudioColumn(texts("truth.column.sound"), width=60),
        "emotion": config.TextColumn(texts("truth.column.emotion"), width=150),
        "speaker": config.TextColumn(texts("truth.column.speaker"), width=180),
        "source": config.TextColumn(texts("truth.column.source"), width=420),
        "reference": config.TextColumn(texts("truth.reference"), width=140),
        "suggested": config.TextColumn(texts("truth.column.suggested"), width=140),
        "clips": config.NumberColumn(texts("truth.column.clips"), format="localized"),
        "said": config.NumberColumn(texts("truth.column.said"), format="localized"),
        "labels": config.NumberColumn(texts("truth.column.labels")),
        **{name: config.NumberColumn(texts(f"truth.column.{name}"), format="percent") for name in SHARES},
        "confidence": config.ProgressColumn(
            texts("truth.column.confidence"), format="percent", min_value=0, max_value=1, width=120
        ),
        "reference_score": config.NumberColumn(texts("truth.column.reference_score"), format="percent", width=160),
        "suggested_score": config.NumberColumn(texts("truth.column.suggested_score"), format="percent", width=170),
    }
