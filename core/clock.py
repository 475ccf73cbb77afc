"""Times as a clock says them."""


def clock(seconds: float) -> str:
    """`0:02.4`, `1:02:03.4`: tenths of a second."""
    minutes, tenths = divmod(round(10 * seconds), 600)
    hours, minutes = divmod(minutes, 60)
    tail = f"{tenths // 10:02d}.{tenths % 10}"
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"
