"""How much sound is accepted, and the words in which a limit is named."""

from dataclasses import dataclass

from core.errors import AudioError
from core.said import said
from core.settings import Settings

MIN_RATE_HZ = 8_000
MAX_RATE_HZ = 192_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What `decode` accepts; beyond it there is an error, never a cut.

    Attributes:
        min_duration_s, max_duration_s: of the decoded sound.
        max_stream_mb: how much of a stream that cannot be rewound is kept on disk while it is decoded.
    """

    min_duration_s: float = 0.1
    max_duration_s: float = 6 * 3600.0
    max_stream_mb: int = 2048

    @classmethod
    def from_settings(cls, settings: Settings) -> "Limits":
        """The limits that the environment's `EMOSCOPE_*` variables set."""
        return cls(settings.min_duration_s, settings.max_duration_s, settings.max_upload_mb)

    def refuse_too_long(self, name: str, at_least_s: float) -> None:
        """Raise `AudioError` when a clip of `at_least_s` seconds is longer than accepted."""
        if at_least_s > self.max_duration_s:
            raise AudioError(
                said(
                    "audio.too_long",
                    "{name!r} is longer than {most}, the most that is accepted; split it, or raise "
                    "EMOSCOPE_MAX_DURATION_S.",
                    name=name, most=spoken(self.max_duration_s),
                )
            )  # fmt: skip

    def refuse_too_short(self, name: str, duration_s: float) -> None:
        """Raise `AudioError` when there is too little sound to judge."""
        if duration_s < self.min_duration_s:
            raise AudioError(
                said(
                    "audio.too_short",
                    "{name!r} holds {duration_s:.3f} s of sound; at least {least_s:g} s is needed "
                    "(EMOSCOPE_MIN_DURATION_S), so record a little more.",
                    name=name, duration_s=duration_s, least_s=self.min_duration_s,
                )
            )  # fmt: skip

    def refuse_rate(self, name: str, rate_hz: int) -> None:
        """Raise `AudioError` for a sampling rate outside 8–192 kHz."""
        if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
            raise AudioError(
                said(
                    "audio.rate",
                    "{name!r} is sampled at {rate_hz} Hz; {least} to {most} Hz is accepted, so convert it to 16000 Hz.",
                    name=name, rate_hz=rate_hz, least=MIN_RATE_HZ, most=MAX_RATE_HZ,
                )
            )  # fmt: skip


def spoken(seconds: float) -> str:
    """A duration as a person would say it: `12.5 s`, `90 min`, `6 h`."""
    if seconds < 120:
        return f"{seconds:.4g} s"
    return f"{seconds / 60:.4g} min" if seconds < 2 * 3600 else f"{seconds / 3600:.4g} h"
