"""A clip's name made fit for a file system."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.exports.names import safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("voice.wav", "voice"),
        ("take 1 (final).mp3", "take_1_final"),
        ("../../etc/passwd", "etc_passwd"),
        ("..", "clip"),
        (".", "clip"),
        ("", "clip"),
        ("...wav", "clip"),
        ("<script>alert(1)</script>", "script_alert_1_script"),
        ("a\nb\x00c", "a_b_c"),
        ("声音.wav", "声音"),
        ("ক্লিপ.wav", "ক্লিপ"),
        ("Grüße.opus", "Grüße"),
        ("🎙🎙.wav", "clip"),
        ("CON", "CON_"),
        ("nul.wav", "nul_"),
        ("COM¹.txt", "COM1_"),
        ("C:\\x\\y.wav", "C_x_y"),
        ("trailing. ", "trailing"),
        ("$(rm -rf ~);`x`", "rm_rf_x"),
        ("x" * 300 + ".wav", "x" * 80),
        ("声" * 300, "声" * 53),
    ],
)
def test_known_names(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(max_size=400))
@example("\udcff.wav")
@example("℀℅")
@example("\u202egnp.exe")
def test_any_name_is_one_harmless_component(name: str) -> None:
    safe = safe_name(name)
    assert 1 <= len(safe) <= 81
    assert len(safe.encode()) <= 161
    assert Path(safe).name == safe
    assert safe not in {".", ".."}
    assert all(c == "_" or unicodedata.category(c)[0] in "LMN" for c in safe)
    assert safe.lower() not in {"con", "prn", "aux", "nul", "com1", "lpt9"}
    assert safe_name(safe).strip("_") == safe.strip("_")
