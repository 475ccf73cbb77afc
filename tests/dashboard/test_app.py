"""The server answers at once, loads the model by itself before anybody comes, and says when it is ready."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from tests.serving import ROOT, Server, serve


@pytest.fixture(scope="module")
def server(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the tiny checkpoint, which nobody has visited yet."""
    with serve(tmp_path_factory.mktemp("server"), EMOSCOPE_CHECKPOINT=str(checkpoint)) as running:
        yield running


def visit(server: Server, page_query: str = "") -> list[ForwardMsg]:
    """Open a session as a browser does, and collect all it is sent until its first run is over."""
    request = BackMsg()
    request.rerun_script.query_string = page_query
    received: list[ForwardMsg] = []
    address = server.url.replace("http://", "ws://") + "/_stcore/stream"
    with connect(address, subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[list-item]
        socket.send(request.SerializeToString())
        while not received or received[-1].WhichOneof("type") != "script_finished":
            message = ForwardMsg()
            data = socket.recv(timeout=60)
            assert isinstance(data, bytes)
            message.ParseFromString(data)
            received.append(message)
    return received


def shown_html(messages: list[ForwardMsg]) -> list[str]:
    return [message.delta.new_element.html.body for message in messages if message.delta.new_element.html.body]


def test_the_first_session_finds_the_model_loaded_and_no_session_loads(server: Server) -> None:
    """Nobody has come yet: the model gets ready all the same. Then two sessions come, and nothing is loaded again."""
    before = server.wait_until_loaded()
    assert before["state"] == "ready", before
    assert [stage["name"] for stage in before["stages"]] == ["import", "read", "build", "warm-up"]
    assert before["loads"] == 1 and before["loaded_in"] == "emoscope-load-1"

    first = visit(server)
    status = next(body for body in shown_html(first) if 'class="emoscope-status"' in body)
    assert 'data-state="ready"' in status and "<b>Ready</b>" in status
    assert not any(message.delta.new_element.exception.message for message in first)
    visit(server)

    code, after = server.get("/readyz")
    assert code == 200
    assert after["loads"] == 1 and after["elapsed_s"] == before["elapsed_s"] and after["stages"] == before["stages"]


def test_the_link_carries_the_language(server: Server) -> None:
    server.wait_until_loaded()
    chinese = shown_html(visit(server, "lang=zh"))
    assert any("<b>就绪</b>" in body for body in chinese)


def test_healthz_answers(server: Server) -> None:
    server.wait_until_alive()
    assert server.get("/healthz") == (200, {"status": "ok"})


def test_a_path_of_this_machine_is_not_told_to_everybody(server: Server, checkpoint: Path) -> None:
    answer = server.wait_until_loaded()
    assert answer["checkpoint"] == checkpoint.name


def test_while_it_loads_and_when_it_failed_it_is_alive_but_not_ready(tmp_path: Path) -> None:
    with serve(tmp_path, EMOSCOPE_CHECKPOINT="no/such/folder") as server:
        assert server.wait_until_alive() == {"status": "ok"}
        answer = server.wait_until_loaded()
        assert answer["state"] == "failed"
        assert answer["error"].startswith("There is no checkpoint 'no/such/folder'; use one of bundled, ")
        assert server.get("/readyz")[0] == 503
        assert server.get("/healthz")[0] == 200
        page = visit(server)
        texts = [message.delta.new_element.text.body for message in page]
        assert any(text.startswith("The model is not loaded. There is no checkpoint") for text in texts)


def test_readyz_is_503_until_the_model_is_warm(tmp_path: Path, checkpoint: Path) -> None:
    """Asked from the first moment on, it goes from 503 to 200 once and names the states in order."""
    order = ["importing", "reading", "building", "warming", "ready"]
    with serve(tmp_path, EMOSCOPE_CHECKPOINT=str(checkpoint)) as server:
        server.wait_until_alive()
        answers = []
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and (not answers or answers[-1][0] != 200):
            code, answer = server.get("/readyz")
            answers.append((code, answer["state"]))
    assert answers[0] == (503, "importing")
    assert answers[-1] == (200, "ready")
    assert all((code == 200) == (state == "ready") for code, state in answers)
    indices = [order.index(state) for _, state in answers]
    assert indices == sorted(indices)


def test_a_setting_that_cannot_be_used_ends_the_server_with_one_sentence(tmp_path: Path) -> None:
    with serve(tmp_path, EMOSCOPE_PRECISION="float7") as server:
        deadline = time.monotonic() + 60
        sentence = "emoscope: EMOSCOPE_PRECISION is 'float7'; it must be one of float32, bfloat16."
        while sentence not in server.log.read_text() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert sentence in server.log.read_text() and "Traceback" not in server.log.read_text()


def test_only_resources_caches() -> None:
    files = [*ROOT.glob("dashboard/**/*.py"), *ROOT.glob("pages/*.py")]
    caching = {path.name for path in files if "@st.cache_" in path.read_text(encoding="utf-8")}
    assert caching == {"resources.py"}
