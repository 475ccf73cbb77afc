"""The nine emotions of emotion2vec+, in one place: keys, names, emoji and colours."""

from dataclasses import dataclass

UNUSED_PREFIX = "unuse"


@dataclass(frozen=True, slots=True)
class Emotion:
    """One emotion: `key` in results and files, a name per language, an emoji and a colour."""

    key: str
    english: str
    chinese: str
    emoji: str
    colour: str


# Colours are Okabe & Ito's (2008) eight for colour-vision deficiency, plus a mid grey; each reads
# on a white and on a near-black ground. Neutral and the two "no such emotion" classes are greyish.
EMOTIONS: tuple[Emotion, ...] = (
    Emotion("angry", "angry", "生气", "😠", "#D55E00"),
    Emotion("disgusted", "disgusted", "厌恶", "🤢", "#009E73"),
    Emotion("fearful", "fearful", "恐惧", "😨", "#CC79A7"),
    Emotion("happy", "happy", "开心", "😄", "#E6B800"),
    Emotion("neutral", "neutral", "中立", "😐", "#7F8C9B"),
    Emotion("other", "other", "其他", "🤔", "#A58B6F"),
    Emotion("sad", "sad", "难过", "😢", "#0072B2"),
    Emotion("surprised", "surprised", "吃惊", "😲", "#56B4E9"),
    Emotion("unknown", "unknown", "未知", "❔", "#B0B0B0"),
)
EMOTION_KEYS: tuple[str, ...] = tuple(emotion.key for emotion in EMOTIONS)
# A line's dash in a chart, by emotion: none is told from another by colour alone.
DASHES: tuple[str, ...] = (
    "solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "8px,3px,2px,3px", "2px,6px", "12px,4px",
)  # fmt: skip
NOT_NAMED: tuple[str, ...] = ("other", "unknown")  # classes that name no emotion; a view may leave them out
_BY_KEY = {emotion.key: emotion for emotion in EMOTIONS}
_BY_TOKEN = {e.english: e for e in EMOTIONS} | {e.chinese: e for e in EMOTIONS}
_BY_TOKEN |= {"<unk>": _BY_KEY["unknown"], "unk": _BY_KEY["unknown"]}


def emotion(key: str) -> Emotion:
    """The emotion named `key`; `KeyError` where there is none."""
    return _BY_KEY[key]


def key_of_token(token: str) -> str | None:
    """The key a line of a checkpoint's `tokens.txt` stands for; `None` when it is marked unused.

    Tokens read `生气/angry`, `angry`, `<unk>`; some revisions mark a class the network never saw as
    `unuse_…`. Raises `ValueError` for a name that is none of the nine.
    """
    token = token.strip()
    if token.startswith(UNUSED_PREFIX):
        return None
    for part in reversed(token.split("/")):
        if part.strip() in _BY_TOKEN:
            return _BY_TOKEN[part.strip()].key
    raise ValueError(f"{token!r} is not one of the nine emotions {', '.join(EMOTION_KEYS)}")
