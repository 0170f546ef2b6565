"""A setting that several services read has one default, and .env.example shows it."""

import json
import re
import subprocess
import sys
from collections import defaultdict

import pytest

from local.stack import ROOT

Defaults = dict[str, dict[str, str]]  # setting → where it is read → its default there

SHELL = re.compile(r"\$\{([A-Z_]+):[-=]([\w.:/-]+)\}")  # ${NAME:-default}
IN_SHELL = ["chat-ui/start", "db-api/start", "db/init/10-parley.sh", "db/start", "lm-api/start"]
IN_SHELL += ["doc-worker/start", "nginx/start", "nginx/tls/prepare", "tls/start", "acme/start"]
IN_SHELL += ["compose.yaml", "compose.tls.yaml"]
CONSTANTS = {  # of Python files without dependencies
    "LM_MODEL": ("lm-api/catalogue.py", r'(?m)^DEFAULT = "(.+)"'),
    "VISION_MODEL": ("local/stack.py", r'(?m)^VISION_MODEL = "([^"]+)"'),
    "HF_ENDPOINT": ("lm-api/fetch.py", r'(?m)^HUGGING_FACE = "(.+)"'),
}
MOUNTED = {"TOOLS_DIR"}  # of compose.yaml: unset, something has to be mounted all the same
LIST_SETTINGS = """
import json
from app.settings import Settings
fields = Settings.model_fields.items()
print(json.dumps({n.upper(): "" if f.default is None else str(f.default) for n, f in fields}))
"""


@pytest.fixture(scope="module")
def defaults() -> Defaults:
    found: Defaults = defaultdict(dict)
    for file in IN_SHELL:
        for name, value in SHELL.findall((ROOT / file).read_text()):
            if name not in MOUNTED:
                found[name][file] = value
    for name, (file, constant) in CONSTANTS.items():
        (found[name][file],) = re.findall(constant, (ROOT / file).read_text())
    for service in ("db-api", "chat-ui", "doc-worker"):
        command = [sys.executable, "-c", LIST_SETTINGS]
        told = subprocess.run(command, cwd=ROOT / service, capture_output=True, check=True).stdout
        for name, value in json.loads(told).items():
            found[name][f"{service}/app/settings.py"] = value
    return found


def test_a_setting_that_several_services_read_has_one_default(defaults: Defaults) -> None:
    assert {name: at for name, at in defaults.items() if len(set(at.values())) > 1} == {}
    shared = {name for name, at in defaults.items() if len(at) > 1}
    assert shared >= {"LM_SLOTS", "LM_CONTEXT", "LM_MAX_TOKENS", "MESSAGE_LIMIT", "SESSION_DAYS"}
    assert shared >= {"DOCUMENT_PAGES", "VISION_MODEL"}


def test_a_reply_is_by_default_no_longer_than_one_may_be(defaults: Defaults) -> None:
    (reply,), (most, *_) = defaults["REPLY_TOKENS"].values(), defaults["LM_MAX_TOKENS"].values()
    assert int(reply) <= int(most)


def test_both_python_services_are_served_the_same_way() -> None:
    """They share no package, so the file is there twice; chat-ui's tests try it."""
    chat_ui, db_api = ((ROOT / service / "app/serve.py") for service in ("chat-ui", "db-api"))
    assert chat_ui.read_text() == db_api.read_text()


def test_env_example_shows_the_defaults(defaults: Defaults) -> None:
    shown = dict(re.findall(r"(?m)^#([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text()))
    assert shown.pop("PORT") == "8080"  # of `make local`; a container's own is 80
    for name, value in shown.items():
        assert {value} == set(defaults.get(name, {"none": ""}).values()), name
