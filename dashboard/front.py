"""The page of HTML that every visit begins with, told at once what Streamlit would find out step by step.

Streamlit's own page names what each app needs to start. What this app's pages draw with, such as the grid of a table,
is only asked for when the first message that needs it has come: after the start, the connection and half of the
script. And of a link to a page other than the first, Streamlit takes the page's name for a folder that the server may
lie in, asks there, and after the refusal waits a moment before it asks at the right place. Both are known here.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC = Path(streamlit.__file__).parent / "static"
EVERYWHERE = ("Html", "ButtonGroup", "Button", "Selectbox")
WAYS_IN = ("FileUploader", "AudioInput", "Checkbox")
# By the last part of its address, what a page draws with when it is opened, by the names of Streamlit's manifest. Not
# Plotly: it is four megabytes, which many a visit never draws with.
DRAWN_WITH: Mapping[str, tuple[str, ...]] = {
    "": (*EVERYWHERE, *WAYS_IN),
    "timeline": (*EVERYWHERE, *WAYS_IN),
    "compare": (*EVERYWHERE, *WAYS_IN, "TextInput"),
    "library": ("DataFrame", *EVERYWHERE, "TextInput", "Multiselect", "Pagination"),
    "explorer": (*EVERYWHERE, "Progress"),
    "model": (*EVERYWHERE, "Metric"),
}
FONTS = ("MaterialSymbols-Rounded", "SourceSerifVariable-Roman")  # icons and headings; the text's it names itself
# Relative to the page, as Streamlit's own links are: right behind a proxy with a prefix, too.
AT_HOME = '<script>window.__streamlit = {BACKEND_BASE_URL: new URL("./", location.href).href}</script>'
# What would have a part of the page answered, or "as it was", or it compressed.
LEFT_OUT = frozenset({b"accept-encoding", b"if-none-match", b"if-modified-since", b"range", b"if-range"})
STALE = frozenset({b"content-length", b"etag", b"last-modified", b"accept-ranges"})


class FrontPage:
    """ASGI middleware: every answer is the app's own, but for what it adds to the page of HTML."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = _page_of(scope)
        if page is None:
            await self.app(scope, receive, send)
        else:
            await self.app(_whole(scope), receive, _Adding(send, additions(page)))


class _Adding:
    """Sends on what it is sent, with `added` at the end of the head where it is a page of HTML."""

    def __init__(self, send: Send, added: str) -> None:
        self._send, self._added = send, added.encode()
        self._start: Message | None = None  # of a page that is being collected
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
        elif self._start is None or message["type"] != "http.response.body":
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send_page(self._start)

    async def _send_page(self, start: Message) -> None:
        body = self._body.replace(b"</head>", self._added + b"</head>", 1)
        headers = [header for header in start["headers"] if header[0].lower() not in STALE]
        headers.append((b"content-length", str(len(body)).encode()))
        await self._send({**start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def _page_of(scope: Scope) -> str | None:
    """The page that is asked for; None where it is anything else."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    page = scope["path"].rpartition("/")[2]
    return page if page in DRAWN_WITH else None


def _whole(scope: Scope) -> Scope:
    """The same request, to be answered in whole and as it is."""
    headers = [header for header in scope["headers"] if header[0].lower() not in LEFT_OUT]
    extensions = scope.get("extensions") or {}
    by_path = "http.response.pathsend"  # the server would read the file itself
    return {**scope, "headers": headers, "extensions": {key: extensions[key] for key in extensions if key != by_path}}


def _is_page(start: Message) -> bool:
    kinds = [value for name, value in start["headers"] if name.lower() == b"content-type"]
    return bool(start["status"] == 200 and kinds and kinds[0].startswith(b"text/html"))


@cache
def additions(page: str) -> str:
    """What a page's HTML is told: where the server is, and what to fetch while the app starts."""
    try:
        manifest = json.loads((STATIC / "manifest.json").read_text(encoding="utf-8"))
        links = "".join(_links(manifest, DRAWN_WITH[page]))
    except (OSError, ValueError, KeyError):
        links = ""  # another Streamlit: slower by what it finds out by itself
    return links if page == "" else AT_HOME + links


def _links(manifest: Mapping[str, Any], names: Collection[str]) -> Iterator[str]:
    there = _with_imports(manifest, ["index.html"])
    wanted = [key for name in names for key, part in manifest.items() if _is_script(part) and part.get("name") == name]
    parts = [manifest[key] for key in _with_imports(manifest, wanted) if key not in there]
    yield from (f'<link rel="modulepreload" crossorigin href="./{part["file"]}">' for part in parts)
    for style in dict.fromkeys(each for part in parts for each in part.get("css", ())):
        yield f'<link rel="preload" as="style" crossorigin href="./{style}">'
    for font in (part["file"] for part in manifest.values() if Path(part["file"]).name.startswith(FONTS)):
        yield f'<link rel="preload" as="font" type="font/woff2" crossorigin href="./{font}">'


def _is_script(part: Mapping[str, Any]) -> bool:
    return str(part["file"]).endswith(".js")


def _with_imports(manifest: Mapping[str, Any], keys: Collection[str]) -> dict[str, None]:
    """Keys of the manifest and all that they import, each once, whatever is wanted first."""
    found: dict[str, None] = {}
    waiting = list(keys)
    while waiting:
        key = waiting.pop(0)
        if key not in found:
            found[key] = None
            waiting += manifest[key].get("imports", ())
    return found
