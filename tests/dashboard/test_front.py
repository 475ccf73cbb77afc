"""A page's HTML names what it draws with and where the server is; all else goes by untouched."""

import re

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.web.server.starlette.starlette_static_routes import create_streamlit_static_assets_routes

from dashboard.front import AT_HOME, DRAWN_WITH, STATIC, FrontPage

LINK = re.compile(r'<link rel="(?:modulepreload|preload)"[^>]* href="\./([^"]+)"')


@pytest.fixture
def client() -> TestClient:
    """Streamlit's own static files, as its server has them, behind the middleware."""
    return TestClient(FrontPage(Starlette(routes=create_streamlit_static_assets_routes(None))))


@pytest.mark.parametrize("page", DRAWN_WITH)
def test_each_page_names_files_that_are_there_each_once(client: TestClient, page: str) -> None:
    answer = client.get(f"/{page}", headers={"if-none-match": "anything", "range": "bytes=0-9"})
    named = LINK.findall(answer.text)
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-cache"
    assert len(named) == len(set(named)) and all((STATIC / name).is_file() for name in named)
    assert int(answer.headers["content-length"]) == len(answer.content) and "etag" not in answer.headers
    parts = {name.split("/")[-1].split(".")[0] for name in named}
    assert set(DRAWN_WITH[page]) <= parts, "a name that this Streamlit's manifest does not have"
    assert (AT_HOME in answer.text) == (page != "")


def test_the_grid_of_the_library_is_fetched_while_the_app_starts(client: TestClient) -> None:
    assert "static/js/DataFrame." in client.get("/library?lang=zh").text
    assert "static/js/DataFrame." not in client.get("/").text


def test_whatever_is_no_page_is_what_streamlit_answers(client: TestClient) -> None:
    script = next(STATIC.glob("static/js/index.*.js"))
    answer = client.get(f"/static/js/{script.name}")
    assert answer.content == script.read_bytes() and "immutable" in answer.headers["cache-control"]
    assert client.get("/nowhere").content == (STATIC / "index.html").read_bytes()
    assert client.head("/library").content == b""
