"""What the browser's map asks for by itself: the clips of a map once, and the neighbours of one when it is clicked."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from dashboard.map_bench import MapBench
from dashboard.resources import services

POINTS_PATH = "/api/v1/library/maps/{map_id}/points"
NEIGHBOURS_PATH = "/api/v1/library/maps/{map_id}/neighbours"
MAX_NEIGHBOURS = 100
GONE = "This map is no longer on this server; draw it again."


def points_url(bench: MapBench) -> str:
    """Where the browser finds the clips of a map; another address once something about them has changed."""
    return f"{POINTS_PATH.format(map_id=bench.id)}?version={bench.version}"


def neighbours_url(bench: MapBench) -> str:
    """Where the browser asks for neighbours, by `row` and `k`."""
    return NEIGHBOURS_PATH.format(map_id=bench.id)


async def points(request: Request) -> Response:
    """200 with the columns of `MapBench.points`, 404 for a map that is not here."""
    bench = services().maps.find(request.path_params["map_id"])
    if bench is None:
        return PlainTextResponse(GONE, status_code=404)
    body = await run_in_threadpool(bench.points)
    return Response(body, media_type="application/json", headers={"Cache-Control": "private, max-age=3600"})


async def neighbours(request: Request) -> Response:
    """200 with rows and distances in the space, the nearest first; 400 for a row that is none, 404 as above."""
    bench = services().maps.find(request.path_params["map_id"])
    if bench is None:
        return PlainTextResponse(GONE, status_code=404)
    row, count = _whole(request, "row", len(bench) - 1), _whole(request, "k", MAX_NEIGHBOURS)
    if row is None or not count:
        accepted = f"row from 0 to {len(bench) - 1}, k from 1 to {MAX_NEIGHBOURS}"
        return PlainTextResponse(f"Ask for {accepted}.", status_code=400)
    found = await run_in_threadpool(bench.near, row, count)
    return JSONResponse({"rows": found.indices[0].tolist(), "distances": found.distances[0].tolist()})


def _whole(request: Request, name: str, highest: int) -> int | None:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= highest else None


ROUTES = (Route(POINTS_PATH, points), Route(NEIGHBOURS_PATH, neighbours))
