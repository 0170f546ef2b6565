"""A person with documents in a chat, and what db-api knows of them."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from tests.support.local_stack import LocalStack
from tests.support.person import open_chat
from tests.support.sql import sql
from tests.support.waiting import wait_until

from evaluation.question_set import Question
from evaluation.words import squeeze

TOGETHER = 10  # files in one form
PATIENCE = 900.0  # seconds until what was uploaded is read, or more of it has vectors
UNREAD = ("queued", "running")
# As if each had been attached there, too.
ATTACH = """
INSERT INTO chat_documents (chat_id, document_id, session_id)
SELECT %s, link.document_id, link.session_id
FROM chat_documents link JOIN documents d ON d.id = link.document_id
WHERE link.chat_id = %s AND (%s = '' OR starts_with(d.name, %s || '.'))
"""
GIVEN = """
SELECT substr(p.text, r.start_offset + 1, r.end_offset - r.start_offset)
FROM reply_passages r
JOIN document_pages p ON p.document_id = r.document_id AND p.number = r.page
WHERE r.chat_id = %s
"""
VECTORS_MISSING = """
SELECT count(*) FROM passages p WHERE NOT EXISTS (
    SELECT FROM passage_vectors v WHERE v.passage_id = p.id AND v.model = %s
)
"""


@dataclass(frozen=True)
class Search:
    """What was found for a question."""

    good: bool
    passages: list[dict[str, Any]]

    def has_answer(self, question: Question) -> bool:
        return any(holds_answer(passage, question) for passage in self.passages)


def holds_answer(passage: dict[str, Any], question: Question) -> bool:
    """Whether it is of the right document and page, and has the span: wherever its lines end."""
    here = (Path(passage["name"]).stem, passage["page"]) == (question.document.name, question.page)
    return here and squeeze(question.span) in squeeze(passage["text"])


def get_id(chat: str) -> str:
    """From its path."""
    return chat.removeprefix("/chats/")


class Reader:
    """One session with one chat. `browser` sees the pages, `api` asks db-api for the session."""

    def __init__(self, parley: LocalStack) -> None:
        self._parley = parley
        self.browser = httpx.Client(base_url=parley.url, timeout=120, trust_env=False)
        self.chat = open_chat(self.browser)
        token = Path(parley.environment("chat-ui")["DB_API_TOKEN_FILE"]).read_text().strip()
        ((session,),) = sql(parley, "SELECT session_id FROM chats WHERE id = %s", get_id(self.chat))
        self.api = httpx.Client(
            base_url=f"http://127.0.0.1:{parley.ports['db-api']}",
            headers={"Authorization": f"Bearer {token}", "X-Session-ID": str(session)},
            timeout=120,
            trust_env=False,
        )

    def upload(self, files: Iterable[tuple[str, bytes]]) -> None:
        """By the chat's form."""
        waiting = [("files", file) for file in files]
        for first in range(0, len(waiting), TOGETHER):
            some = waiting[first : first + TOGETHER]
            answer = self.browser.post(f"{self.chat}/documents", files=some)
            assert answer.status_code == 303, answer.text

    def wait_until_read(self) -> list[dict[str, Any]]:
        """The chat's documents, once none of them waits."""
        return wait_until(self._list_read, PATIENCE)

    def _list_read(self) -> list[dict[str, Any]] | None:
        documents = self.list_documents()
        return None if any(each["state"] in UNREAD for each in documents) else documents

    def list_documents(self) -> list[dict[str, Any]]:
        """The chat's."""
        answer = self.api.get("/documents", params={"chat": get_id(self.chat)})
        documents: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
        return documents

    def delete(self, names: set[str]) -> None:
        """The documents of these names."""
        for document in self.list_documents():
            if Path(document["name"]).stem in names:
                self.api.delete(f"/documents/{document['id']}").raise_for_status()

    def read_page(self, document: str, number: int) -> str:
        """Its text."""
        page = self.api.get(f"/documents/{document}/pages/{number}").raise_for_status().json()
        return str(page["text"])

    def open_chat_with_documents(self, name: str = "") -> str:
        """Another chat with those of the first one, or with one of them; its path."""
        chat = open_chat(self.browser)
        sql(self._parley, ATTACH, get_id(chat), get_id(self.chat), name, name)
        return chat

    def read_given(self, chat: str) -> str:
        """The texts that the replies of a chat were to be answered from."""
        return "\n".join(str(text) for (text,) in sql(self._parley, GIVEN, get_id(chat)))

    def wait_for_vectors(self, model: str) -> None:
        """Until every passage has one of this model. TimeoutError when there are no more of them
        for a while."""
        fewest, deadline = None, 0.0
        while (missing := sql(self._parley, VECTORS_MISSING, model)[0][0]) != 0:
            now = time.monotonic()
            if missing != fewest:
                fewest, deadline = missing, now + PATIENCE
            if now > deadline:
                raise TimeoutError(f"{missing} passages have no vector after {PATIENCE:.0f} s")
            time.sleep(1)  # to count them takes what makes them

    def count_passages(self) -> int:
        """Of all documents."""
        ((count,),) = sql(self._parley, "SELECT count(*) FROM passages")
        assert isinstance(count, int)
        return count

    def search(
        self, question: Question, limit: int, vector: Sequence[float] | None = None, model: str = ""
    ) -> Search:
        """What would be given to the model for this question."""
        body: dict[str, Any] = {
            "question": question.ask,
            "before": question.before or None,
            "limit": limit,
        }
        if vector is not None:
            body |= {"vector": list(vector), "vector_model": model}
        answer = self.api.post(f"{self.chat}/passages", json=body).raise_for_status().json()
        return Search(answer["good"], answer["passages"])
