"""The nine emotions: one table, mapped by name and never by position."""

import pytest

from core.emotions import EMOTION_KEYS, EMOTIONS, emotion, key_of_token

# tokens.txt of the published emotion2vec+ checkpoints
TOKENS = [
    *("生气/angry", "厌恶/disgusted", "恐惧/fearful", "开心/happy", "中立/neutral"),
    *("其他/other", "难过/sad", "吃惊/surprised", "<unk>"),
]


def test_there_are_nine_in_the_order_of_the_published_checkpoints() -> None:
    assert [key_of_token(token) for token in TOKENS] == list(EMOTION_KEYS)
    assert len(EMOTION_KEYS) == 9


@pytest.mark.parametrize("key", EMOTION_KEYS)
def test_each_has_names_an_emoji_and_a_colour(key: str) -> None:
    found = emotion(key)
    assert found.key == key
    assert found.english
    assert found.chinese
    assert found.emoji
    assert len(found.colour) == 7
    assert 0 <= int(found.colour.removeprefix("#"), 16) <= 0xFFFFFF


def test_no_two_look_or_sound_the_same() -> None:
    for attribute in ("key", "english", "chinese", "emoji", "colour"):
        assert len({getattr(found, attribute) for found in EMOTIONS}) == 9


@pytest.mark.parametrize(
    ("token", "key"),
    [("生气/angry", "angry"), ("angry", "angry"), ("难过", "sad"), ("<unk>", "unknown"), (" happy\n", "happy")],
)
def test_a_token_is_known_in_either_language(token: str, key: str) -> None:
    assert key_of_token(token) == key


@pytest.mark.parametrize("token", ["unuse_0", "unuse_angry", "unuse"])
def test_a_token_marked_unused_stands_for_no_emotion(token: str) -> None:
    assert key_of_token(token) is None


@pytest.mark.parametrize("token", ["bored", "", "生", "ANGRY"])
def test_any_other_token_is_refused_with_the_list_of_nine(token: str) -> None:
    with pytest.raises(ValueError, match=r"is not one of the nine emotions angry, disgusted"):
        key_of_token(token)


def test_an_unknown_key_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        emotion("bored")
