"""The sounds that a library kept, for the browser's players: Ogg Opus by HTTP range requests."""

import re
from collections.abc import Iterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from core.errors import LibraryError
from dashboard.catalogue import SOUND_PATH
from dashboard.resources import services
from dashboard.sounds import ranged

_KEY = re.compile(r"[0-9a-f]{64}")


async def library_sound(request: Request) -> Response:
    """200 with the whole, 206 with a part, 404 for a clip without sound, 503 where the library cannot be read."""
    key = request.path_params["key"]
    try:
        opus = await run_in_threadpool(_sound, key) if _KEY.fullmatch(key) else b""
    except LibraryError as error:
        return PlainTextResponse(str(error), status_code=503)
    if not opus:
        return PlainTextResponse("The library has no sound of this clip.", status_code=404)
    return ranged(request, len(opus), key, "audio/ogg", lambda first, end: _part(opus, first, end))


def _sound(key: str) -> bytes:
    return services().catalogue.library().sound(key)


def _part(opus: bytes, first: int, end: int) -> Iterator[bytes]:
    yield opus[first:end]


ROUTES = (Route(SOUND_PATH, library_sound, methods=["GET", "HEAD"]),)
