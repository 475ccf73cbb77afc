"""Sound in: anything a microphone, a phone or an editor writes becomes one mono 16 kHz float32 waveform.

`decode` reads bytes, a path or a stream; `probe` says what a clip holds without decoding it; `write_wav` and `peaks`
are the way back out, to a file and to a picture.
"""

from core.audio.container import AudioInfo
from core.audio.decoding import decode, probe
from core.audio.limits import Limits
from core.audio.rendering import outline, peaks, write_wav
from core.audio.sources import Source, clean_name

__all__ = ["AudioInfo", "Limits", "Source", "clean_name", "decode", "outline", "peaks", "probe", "write_wav"]
