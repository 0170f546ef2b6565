"""The examples of docs/api.md that begin with curl, run as they are written there."""

import os
import re
import shutil
from pathlib import Path

import httpx
import pytest

from local.model import SMALL
from local.stack import ROOT
from tests.api.conftest import call
from tests.chat_ui.programs import SCOPES, make_token
from tests.support.local_stack import LocalStack
from tests.support.person import open_chat

# An answer that is an error fails the script.
FAIL = 'set -euo pipefail; curl() { command curl --fail-with-body -sS "$@"; echo; }; '


MISSING = [name for name in ("curl", "jq") if not shutil.which(name)]


@pytest.mark.skipif(bool(MISSING) and not os.environ.get("CI"), reason=f"without {MISSING}")
def test_the_examples_run(parley: LocalStack, tmp_path: Path) -> None:
    """All of them in one shell: later ones use what earlier ones made."""
    written = (ROOT / "docs" / "api.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```$", written, re.M | re.S)
    examples = "".join(block for block in blocks if "curl" in block)
    assert examples.count("curl") > 8
    ours = examples.replace("http://localhost:8080", parley.url)
    (named,) = set(re.findall(r'"model": "([^"]+)"', ours))
    with httpx.Client(base_url=parley.url, timeout=60) as browser:
        open_chat(browser)
        token = make_token(browser, scopes=SCOPES)
        file = tmp_path / "examples.sh"
        file.write_text(FAIL + "\n" + ours.replace(named, SMALL))
        command = ["bash", "-c", 'cd "$1"; . ./examples.sh', "bash", tmp_path]
        told = call(command, {**os.environ, "TOKEN": token})
        listed = browser.get("/documents").text
    for words in ("What is an API?", "event: message", "## ", '"state":"complete"', "notes.txt"):
        assert words in told, words
    assert "notes.txt" in listed
