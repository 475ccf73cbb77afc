"""What is loaded, and what loading it took."""

import streamlit as st

from core.emotions import EMOTION_KEYS
from core.memory import resident_mb
from core.model import EngineInfo
from core.results import Calibration
from dashboard.charts import loading_waterfall
from dashboard.components.names import checkpoint_title, labelled
from dashboard.language import Texts
from dashboard.model_host import LoadStatus


def show(info: EngineInfo, texts: Texts) -> None:
    """Draw the loaded engine's facts, and which of the nine emotions it can say."""
    with st.container(horizontal=True, key="engine-facts", gap="small"):
        for key, value in facts_of(info, resident_mb(), texts).items():
            st.metric(texts(f"engine.{key}"), value, border=True, width=329)
    cannot = [key for key in EMOTION_KEYS if key not in info.labels]
    st.markdown(texts("engine.can_say", labels=_joined(info.labels, texts)))
    if cannot:
        st.markdown(texts("engine.cannot_say", labels=_joined(cannot, texts)))


def show_loading(status: LoadStatus, texts: Texts) -> None:
    """Draw the cold start, step by step."""
    st.subheader(texts("engine.cold_start", seconds=f"{status.elapsed_s:.2f}"), anchor=False)
    st.plotly_chart(
        loading_waterfall(status.stages, texts),
        key="waterfall",
        config={"displayModeBar": False},
        alt=texts("chart.waterfall_alt"),
    )


def facts_of(info: EngineInfo, rss_mb: float, texts: Texts) -> dict[str, str]:
    """By catalogue key: what a row of figures says."""
    return {
        "checkpoint": checkpoint_title(info.checkpoint.id),
        "revision": info.checkpoint.revision,
        "engine": info.engine,
        "parameters": texts("unit.millions", count=f"{info.num_parameters / 1e6:.2f}"),
        "embedding": texts("unit.dimensions", count=info.embedding_dim),
        "device": texts("status.device", device=info.device.upper(), threads=info.threads),
        "precision": info.precision,
        "memory": texts("unit.megabytes", count=f"{rss_mb:.0f}"),
        "calibration": _calibration(info.checkpoint.calibration, texts),
    }


def _calibration(calibration: Calibration | None, texts: Texts) -> str:
    if calibration is None:
        return texts("engine.uncalibrated")
    return texts("engine.calibrated", threshold=f"{100 * calibration.unsure_below:.0f}")


def _joined(keys: tuple[str, ...] | list[str], texts: Texts) -> str:
    return " · ".join(labelled(key, texts) for key in keys)
