"""What a machine asks: is the server alive, and can it answer with a warm model?"""

from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.memory import resident_mb
from dashboard.components.names import checkpoint_title
from dashboard.model_host import LoadStatus, State
from dashboard.resources import services


async def healthz(request: Request) -> JSONResponse:
    """200 as long as the server lives, whatever the model does."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> JSONResponse:
    """200 once the default checkpoint is warm; 503 with how far it is, or why it failed."""
    status = await run_in_threadpool(lambda: services().host.status())
    return JSONResponse(readiness(status), status_code=200 if status.state is State.READY else 503)


def readiness(status: LoadStatus) -> dict[str, Any]:
    """A load status as JSON values."""
    return {
        "state": status.state.value,
        "checkpoint": checkpoint_title(status.checkpoint),  # a folder of this machine is nobody else's business
        "elapsed_s": round(status.elapsed_s, 3),
        "stages": [asdict(stage) for stage in status.stages],
        "loads": status.loads,
        "loaded_in": status.thread,
        "rss_mb": round(resident_mb(), 1),
        "error": status.error,
    }


ROUTES = (Route("/healthz", healthz), Route("/readyz", readyz))
