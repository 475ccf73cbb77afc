"""How things that have an id are called on screen."""

from pathlib import Path

from core.checkpoints import find
from core.emotions import emotion
from dashboard.language import Texts


def checkpoint_title(checkpoint: str) -> str:
    """A registered checkpoint's title; of a folder, only its last part."""
    known = find(checkpoint)
    return known.title if known is not None else Path(checkpoint).name or checkpoint


def labelled(key: str, texts: Texts) -> str:
    """An emotion with its sign: `😄 Happy`."""
    return f"{emotion(key).emoji} {texts.emotion(key)}"
