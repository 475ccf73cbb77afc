"""A clip's name made fit for a file system."""

import re
import unicodedata

FALLBACK = "clip"
MAX_CHARACTERS = 80
MAX_BYTES = 160  # of UTF-8: file systems allow 255 in all, and a time stamp and a suffix are added
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_WINDOWS_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{digit}" for port in ("com", "lpt") for digit in range(10))}


def safe_name(name: str) -> str:
    """Letters and digits of any script, `_` for all else, without the extension: one path component on any system.

    Never empty, never `.` or `..`, never a Windows device name, at most 80 characters and 160 bytes.
    """
    stem = _EXTENSION.sub("", unicodedata.normalize("NFKC", name))
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" else "_" for c in stem)
    short = _at_most(re.sub("_+", "_", kept)).strip("_") or FALLBACK
    return short + "_" if short.lower() in _WINDOWS_DEVICES else short


def _at_most(text: str) -> str:
    """The beginning of `text` that is short enough; a character is never split."""
    return text[:MAX_CHARACTERS].encode()[:MAX_BYTES].decode(errors="ignore")
