"""People with one of everything there is: what others try to get at."""

import json
import re
import uuid
from base64 import urlsafe_b64decode
from dataclasses import dataclass

import httpx
from tests.support.local_stack import SMALL_MODEL, LocalStack
from tests.support.person import message_ids, open_chat, send, wait_until_final
from tests.support.sql import sql
from tests.support.waiting import wait_until

WORD = "quill"  # how each one's own begins

SCOPES = ("chat", "read", "documents")

# A recording without a model that transcribes: what an upload of sound leaves in the database.
RECORD = """
WITH file AS (
    INSERT INTO files (session_id, size, received, stored_at)
    SELECT id, 0, 0, now() FROM sessions WHERE id = %s RETURNING id, session_id
), document AS (
    INSERT INTO documents (session_id, file_id, name, kind, draft_of, state, finished_at, pages,
        progress)
    SELECT session_id, id, 'voice', 'sound', %s, 'complete', now(), 1, 1 FROM file
    RETURNING id, session_id
)
INSERT INTO document_pages SELECT id, session_id, 1, %s, 'text' FROM document
RETURNING document_id::text
"""
READ = """
SELECT id::text FROM documents WHERE session_id = %s AND state = 'complete' AND kind <> 'sound'
"""
# All that is known of a session, table by table: rows that name it.
TABLES = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attname = 'session_id'
"""
ROWS = "SELECT md5(string_agg(md5(each::text), '' ORDER BY each::text)) FROM {} each WHERE {} = %s"


@dataclass(frozen=True)
class Person:
    """Somebody with a session. `word` is in all that they wrote."""

    word: str
    session: str
    cookie: str
    token: str  # for /v1 and /api
    ids: dict[str, str]  # by noun, as security.calls has them

    def leaks_into(self, text: str, told: str = "") -> list[str]:
        """What of theirs is in a text, apart from what `told` has, who asked for it having known
        that already."""
        marks = {self.word, self.session, *self.ids.values()}
        return sorted(mark for mark in marks if mark in text and mark not in told)


def make_person(parley: LocalStack) -> Person:
    """By chat-ui, as a browser would; what that doesn't offer by db-api, or in the database."""
    word = f"{WORD}{uuid.uuid4().hex[:12]}"
    with httpx.Client(base_url=parley.url, timeout=60) as browser:
        path = open_chat(browser, f"Ann {word}")
        chat = path.removeprefix("/chats/")
        _expect_redirect(browser.post(f"{path}/rename", data={"title": f"A {word}"}))
        settings = {"name": f"Ann {word}", "system_prompt": f"You like {word}."}
        _expect_redirect(browser.post("/settings", data=settings))
        _expect_redirect(send(browser, path, f"Say {word}."))
        _expect_redirect(browser.post(f"{(gone := open_chat(browser))}/delete"))
        file = (f"{word}.txt", f"The {word} is a bird that lives in ink.".encode())
        _expect_redirect(browser.post(f"{path}/documents", files={"files": file}))
        message, reply = message_ids(wait_until_final(browser, path))[-2:]
        token = make_token(browser, word, *SCOPES)
        cookie = f"parley={browser.cookies['parley']}"
        response = _make_response(browser, token, f"Say {word}.")
    session = _find(parley, "SELECT session_id::text FROM chats WHERE id = %s", chat)
    wait_until(lambda: sql(parley, READ, session), 120)
    with connect_to_db_api(parley) as db_api:
        headers = {"X-Session-ID": session}
        export = db_api.post("/exports", headers=headers).json()["id"]
        begun = db_api.post("/files", headers=headers, json={"size": 10}).json()["id"]
    ids = {
        "chat": chat,
        "deleted chat": gone.removeprefix("/chats/"),
        "message": message,
        "reply": reply,
        "response": response,
        "completion": str(uuid.UUID(response.removeprefix("resp_"))),
        "document": _find(parley, READ, session),
        "recording": _find(parley, RECORD, session, chat, f"I said {word}."),
        "export": export,
        "file": begun,
        "token": read_id(token),
    }
    return Person(word, session, cookie, token, ids)


def resemble(known: str) -> str:
    """An id like this one, of the same moment, that nothing has."""
    if known.startswith("resp_"):
        return known[:21] + uuid.uuid4().hex[16:]
    return known[:19] + str(uuid.uuid4())[19:]


def fingerprint(parley: LocalStack, person: Person) -> dict[str, str]:
    """A hash of all rows that are theirs, by table."""
    tables = {str(table): "session_id" for (table,) in sql(parley, TABLES)} | {"sessions": "id"}
    return {
        table: _find(parley, ROWS.format(table, column), person.session)
        for table, column in tables.items()
    }


def connect_to_db_api(parley: LocalStack) -> httpx.Client:
    """As a service that has the token."""
    token = (parley.home / "secrets" / "db-api" / "token").read_text().strip()
    url = f"http://127.0.0.1:{parley.ports['db-api']}"
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)


def make_token(browser: httpx.Client, word: str, *scopes: str) -> str:
    """As the settings page shows it, once."""
    form = {"name": f"Editor {word}", "scopes": scopes}
    page = browser.post("/settings/tokens", data=form).raise_for_status().text
    (token,) = re.findall(r"<code>([\w-]+\.[\w-]+\.[\w-]+)</code>", page)
    return str(token)


def _make_response(browser: httpx.Client, token: str, words: str) -> str:
    """The id of a program's response that is complete."""
    asked = {"model": SMALL_MODEL, "input": words, "instructions": words, "max_output_tokens": 4}
    headers = {"Authorization": f"Bearer {token}"}
    answer = browser.post("/v1/responses", json=asked, headers=headers, timeout=120)
    return str(answer.raise_for_status().json()["id"])


def read_id(token: str) -> str:
    """Which row it is about, as anybody can read who has it."""
    payload = token.split(".")[1]
    return str(json.loads(urlsafe_b64decode(payload + "=="))["jti"])


def _find(parley: LocalStack, statement: str, *values: object) -> str:
    return str(sql(parley, statement, *values)[0][0])


def _expect_redirect(answer: httpx.Response) -> None:
    assert answer.is_redirect, f"{answer.url}: {answer.status_code}"
