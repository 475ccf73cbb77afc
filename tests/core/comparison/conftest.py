"""Speech to compare: what espeak-ng said for the dashboard's examples."""

from pathlib import Path

import pytest

from core.audio import decode
from core.results import Waveform

EXAMPLES = Path(__file__).parents[3] / "dashboard" / "examples"


@pytest.fixture(scope="session")
def talk() -> Waveform:
    """A synthetic voice's sentence of five seconds."""
    return decode(EXAMPLES / "even.opus")


@pytest.fixture(scope="session")
def other_talk() -> Waveform:
    """Another sentence, three seconds, sharply."""
    return decode(EXAMPLES / "sharp.opus")
