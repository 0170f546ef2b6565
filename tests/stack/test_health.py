"""The script that tells the engine how a service is; needs no engine."""

import contextlib
import subprocess
import sys

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from local.ports import free_port
from local.stack import ROOT
from tests.support.serve import serve


@pytest.mark.parametrize("service", ["chat-ui", "db-api"])
@pytest.mark.parametrize(("status", "complaint"), [(200, ""), (503, "503"), (None, "refused")])
def test_a_service_is_healthy_that_answers_200(
    service: str, status: int | None, complaint: str
) -> None:
    answer = PlainTextResponse("", status or 0)
    app = Starlette(routes=[Route("/ready", lambda _: answer)])
    port = free_port()
    with serve(app, port) if status else contextlib.nullcontext():
        done = subprocess.run(
            [sys.executable, "-IS", ROOT / service / "health.py", "/ready"],
            env={"PORT": str(port)},
            capture_output=True,
            text=True,
        )
    assert (done.returncode == 0) == (status == 200)
    assert complaint in done.stderr


def test_both_services_have_the_same_script() -> None:
    chat_ui, db_api = ((ROOT / name / "health.py").read_text() for name in ("chat-ui", "db-api"))
    assert chat_ui == db_api
