"""What a person exports from a chat-ui, as text, and the files it is compared with."""

import json
import re
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
from itsdangerous import TimestampSigner

from local.ports import free_port
from tests.db_api.upgrade.rows import CHATS, IDS
from tests.support.program import Program
from tests.support.waiting import answers

GOLDEN = Path(__file__).parent / "golden"
SLOTS = 4  # a queued reply's wait is told by how many run at once
RESTORED = "deleted"
ADDED = (
    *('"turns": null, ', '"tools": null, ', ',"pictures":[]'),
    ',"mode":"free","found":null,"saw":null,"calls":[],"quotes":[]',
)
WAIT = re.compile(r'("wait_ms":)\d+')
# Where a chat or a message begins in Markdown, and what only says how those on no branch are told.
PART = re.compile(r"^(?:#{2,3} (?=(?:You|Parley), \d)|# (?=.*\n\nZoë, ))", re.MULTILINE)
OTHERS = re.compile(r"\n(?:## Other versions|\*\(after the message of .*\)\*)\n")


@contextmanager
def start_service(folder: Path, settings: Mapping[str, str], log: Path) -> Iterator[str]:
    """Runs a service by its own start script until the block ends; its address."""
    port = str(free_port())
    address = {"PYTHON": sys.executable, "HOST": "127.0.0.1", "PORT": port}
    service = Program([folder / "start"], {**settings, **address}, log)
    url = f"http://127.0.0.1:{port}"
    try:
        service.wait_until(lambda: answers(f"{url}/health"))
        yield url
    finally:
        service.end()


def chat_ui_settings(secrets: Path, db_api: str) -> dict[str, str]:
    """For a chat-ui that shows what is there and writes nothing."""
    return {
        "DB_API_URL": db_api,
        "DB_API_TOKEN_FILE": str(secrets / "db-api" / "token"),
        "DOC_WORKER_TOKEN_FILE": str(secrets / "doc-worker" / "token"),
        "LM_API_KEY_FILE": str(secrets / "lm-api" / "key"),
        "COOKIE_KEY_FILE": str(secrets / "cookie" / "key"),
        "TOKEN_KEY_FILE": str(secrets / "tokens" / "key"),
        "RUNNER": "off",
    }


def read_exports(chat_ui: str, secrets: Path, session: str) -> dict[str, str]:
    """Every export of the session by its file's name: first all chats, then each by itself, with
    the deleted one restored."""
    cookie = b64encode(json.dumps({"id": IDS[session]}).encode())
    signed = TimestampSigner((secrets / "cookie" / "key").read_text().strip()).sign(cookie)
    with httpx.Client(base_url=chat_ui, cookies={"parley": signed.decode()}, timeout=60) as client:

        def read(path: str) -> str:
            response = client.get(path)
            assert response.status_code == 200, response.text
            return response.content.decode()

        found = {"all.json": read("/export.json"), "all.md": read("/export.md")}
        ids = [each["chat"]["id"] for each in json.loads(found["all.json"])["chats"]]
        if client.post(f"/chats/{IDS[RESTORED]}/restore").status_code == 303:
            ids.append(IDS[RESTORED])
        for chat in ids:
            for ending in ("json", "md"):
                name = f"{CHATS[chat].replace(' ', '-')}.{ending}"
                found[name] = read(f"/chats/{chat}/export.{ending}")
        return found


def sort_markdown(exports: Mapping[str, str]) -> dict[str, str]:
    """The same with each Markdown file's chats and messages sorted. At 8fafef9 they were in the
    order of writing; now the branch shown comes first, the rest under a heading of its own."""
    return {
        name: "\n".join(sorted(part.strip() for part in PART.split(OTHERS.sub("", text))))
        if name.endswith(".md")
        else text
        for name, text in exports.items()
    }


def forget_waits(exports: dict[str, str]) -> dict[str, str]:
    """Without the estimates of how long replies would wait: nothing stored, and no longer made for
    one whose chat is busy. And without fields that were added since."""
    for added in ADDED:
        exports = {name: text.replace(added, "") for name, text in exports.items()}
    return {name: WAIT.sub(r"\1null", text) for name, text in exports.items()}


def read_golden(revision: str) -> dict[str, str]:
    """What the exports of this revision's rows were. A file's name begins with the first revision
    that it is about."""
    return {
        path.name[5:]: path.read_bytes().decode()
        for path in sorted(GOLDEN.iterdir())
        if path.name[:4] <= revision
    }
