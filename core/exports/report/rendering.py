"""A template and its values → one HTML file that fetches nothing and runs no script but its own."""

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

_HERE = Path(__file__).parent


def render(template: str, *, figure: dict[str, Any], script: str = "report.js", **values: Any) -> bytes:
    """The file: plotly.js of the installed package once, our script and style, `figure` as JSON, all else escaped."""
    page = _environment().get_template(template).render(
        **values,
        figure=json_for_html(figure),
        plotly=_plotly(),
        script=_script(script),
        style=(_HERE / "report.css").read_text(encoding="utf-8"),
        policy=_policy(script),
    )  # fmt: skip
    return page.encode("utf-8", "backslashreplace")


def json_for_html(values: Any) -> str:
    """JSON that may stand in a <script> of any kind: nothing in it can end the element or a line of JavaScript."""
    text = json.dumps(values, ensure_ascii=True, allow_nan=False)
    return text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")


def _policy(script: str) -> str:
    """Content-Security-Policy: the two scripts of this very file, its style, its sound; nothing from anywhere else."""
    scripts = " ".join(f"'sha256-{_digest(each)}'" for each in (_plotly(), _script(script)))
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data: blob:; "
        "media-src data: blob:; base-uri 'none'; form-action 'none'"
    )


@cache
def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@cache
def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    found: str = get_plotlyjs().replace("</script", "<\\/script")
    return found


@cache
def _script(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
