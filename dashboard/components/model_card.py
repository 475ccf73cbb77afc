"""What is written about the checkpoint in use: its card, with its pictures."""

import re
from pathlib import Path

import streamlit as st

from core.checkpoints import BUNDLED_DIR, find
from dashboard.language import Texts

CARD_FILE = "MODEL_CARD.md"
_PICTURE = re.compile(r"^!\[([^\]]*)\]\((\w+\.png)\)$", re.MULTILINE)


def show(checkpoint: str, texts: Texts) -> None:
    """Draw the bundled checkpoint's card; for those of the hubs, say where theirs is."""
    known = find(checkpoint)
    if known is None:
        return
    with st.expander(texts("card.title"), icon=":material/description:", key="model-card"):
        if known.is_bundled:
            _card(BUNDLED_DIR)
        else:
            st.markdown(
                texts(
                    "card.on_the_hub",
                    modelscope=f"https://www.modelscope.cn/models/{known.modelscope_id}",
                    huggingface=f"https://huggingface.co/{known.huggingface_id}",
                )
            )


def _card(folder: Path) -> None:
    for kind, content, caption in parts_of((folder / CARD_FILE).read_text(encoding="utf-8")):
        if kind == "text":
            st.markdown(content)
        else:
            st.image(str(folder / content), caption=caption)


def parts_of(card: str) -> list[tuple[str, str, str]]:
    """The card without its title, in order: ("text", markdown, "") or ("picture", file name, caption)."""
    body = card.split("\n", 1)[1] if card.startswith("# ") else card
    parts: list[tuple[str, str, str]] = []
    end = 0
    for match in _PICTURE.finditer(body):
        parts += [("text", body[end : match.start()], ""), ("picture", match[2], match[1])]
        end = match.end()
    return [*parts, ("text", body[end:], "")]
