"""Text from outside, made fit to be shown and stored."""


def plain(text: str) -> str:
    """`text` with control and direction characters made visible, so that a file name cannot steer a terminal or a page.

    Different texts stay different, and what is no Unicode (a file name of other bytes) becomes so.
    """
    return (
        "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
        .encode("utf-8", "backslashreplace")
        .decode("utf-8")
    )
