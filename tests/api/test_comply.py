"""The checks of llm-comply, which has OpenAI's specifications. Those that don't pass are named in
docs/api.md, with the reason."""

import json
from pathlib import Path

import pytest

from local.stack import ROOT
from tests.api.conftest import call

MISSED: dict[str, set[str]] = {
    "openai-chat": {"chat-image-input"},
    "open-responses": {
        "image-input",
        "assistant-phase",
        "streaming-response",
        "compact-response",
    },
}


@pytest.mark.parametrize("protocol", MISSED)
def test_every_check_passes_or_is_named(
    programs: Path, environment: dict[str, str], protocol: str
) -> None:
    asked = [programs / "llm-comply", "--json", "--format", protocol, "-m", environment["MODEL"]]
    asked += ["-u", environment["OPENAI_BASE_URL"], "-k", environment["OPENAI_API_KEY"]]
    told = json.loads(call(asked, environment, status=1))["results"]
    # Warnings stand for a failure where something is not offered.
    missed = {each["id"] for each in told if each["status"] == "failed" or each.get("warnings")}
    assert missed == MISSED[protocol]
    named = (ROOT / "docs" / "api.md").read_text()
    assert [name for name in MISSED[protocol] if f"`{name}`" not in named] == []
