"""How things that have an id are called on screen."""

from collections.abc import Iterable
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


def told_apart(names: Iterable[str]) -> list[str]:
    """The names, the same one with a number from its second time on: Streamlit's lists know a choice by its words."""
    found: list[str] = []
    for name in names:
        number, said = 1, name
        while said in found:
            number += 1
            said = f"{name} ({number})"
        found.append(said)
    return found
