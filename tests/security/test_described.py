"""Every route of both services is one that `make security` can try. This is what a new one runs
into first: describe it in its OpenAPI document, and its inputs in `security/calls.py`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.stack import ROOT
from security.surfaces import LIST_ROUTES, find_undescribed, find_unplaced
from tests.support.operations import read_operations

DESCRIBE = "import json; from app.main import create_app; print(json.dumps(create_app().openapi()))"
SECRETS = (
    *("DB_PASSWORD_FILE", "DB_API_TOKEN_FILE", "DOC_WORKER_TOKEN_FILE", "COOKIE_KEY_FILE"),
    *("LM_API_KEY_FILE", "EMBED_KEY_FILE", "ANSWER_KEY_FILE", "VISION_KEY_FILE", "TOKEN_KEY_FILE"),
)


@pytest.mark.parametrize("service", ["chat-ui", "db-api"])
def test_every_route_can_be_tried(service: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    for login in ("app", "runner", "reader"):
        (tmp_path / login).write_text("x")
    secrets = dict.fromkeys(SECRETS, str(tmp_path / "secret"))
    own = {"PYTHONPATH": str(ROOT / service), "DB_LOGINS_DIR": str(tmp_path)}

    def run(code: str) -> str:
        command = [sys.executable, "-c", code]
        return subprocess.check_output(command, env={**os.environ, **secrets, **own}, text=True)

    operations = read_operations(json.loads(run(DESCRIBE)))
    assert len(operations) > 40
    assert find_undescribed(run(LIST_ROUTES).splitlines(), operations) == []
    assert find_unplaced(operations) == []
