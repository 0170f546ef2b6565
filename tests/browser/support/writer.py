"""Writes a chat's messages through db-api, as its person and as its runner would: states that a
real model would hurry through hold still, and text comes exactly when a test wants it."""

import uuid
from typing import Any

import httpx

from tests.support.local_stack import LocalStack
from tests.support.waiting import wait_until

WORKER = "test-writer"
USUAL = {
    "model": "smollm2-135m-instruct",
    "prompt_tokens": 40,
    "completion_tokens": 60,
    "first_token_ms": 200,
    "total_ms": 2200,
}


class DbApi:
    """db-api behind its token."""

    def __init__(self, parley: LocalStack) -> None:
        token = (parley.home / "secrets" / "db-api" / "token").read_text().strip()
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{parley.ports['db-api']}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
            trust_env=False,
        )

    def put(self, path: str, body: dict[str, Any]) -> None:
        """Has no answer but that it is a success."""
        response = self.http.put(path, json={"worker": WORKER, **body})
        assert response.is_success, response.text

    def post(self, path: str, body: dict[str, Any], session: str = "") -> Any:
        """The JSON of an answer that is a success."""
        headers = {"X-Session-ID": session} if session else {}
        response = self.http.post(path, json=body, headers=headers)
        assert response.is_success, response.text
        return response.json()


class ChatWriter:
    """Writes in one person's chat."""

    def __init__(self, api: DbApi, session: str, chat: str) -> None:
        self._api, self._session = api, session
        self.chat = chat.removeprefix("/chats/")
        self.replies: list[ReplyWriter] = []

    def ask(self, text: str, *, claim: bool = True) -> "ReplyWriter":
        """A message of the person's, and its reply still to be written. Unless `claim`, the reply
        is queued, as if the message had been sent while another reply was running."""
        new = {"content": text, "client_key": uuid.uuid4().hex}
        new |= {"worker": WORKER} if claim else {}
        sent = self._api.post(f"/chats/{self.chat}/messages", new, self._session)
        assert not claim or sent["claim"], "no slot was free"
        reply = ReplyWriter(self._api, sent["message"]["id"], sent["reply"]["id"])
        if claim:
            self.replies.append(reply)
        return reply

    def exchange(self, question: str, answer: str, **ending: Any) -> "ReplyWriter":
        """A question and its reply, done."""
        reply = self.ask(question)
        reply.finish(answer, **ending)
        return reply

    def release(self) -> None:
        """Frees the slots of the replies that a test left unfinished."""
        for reply in self.replies:
            if not reply.final:
                self._api.http.post(f"/replies/{reply.id}/finish", json=reply.ending("", "stopped"))


class ReplyWriter:
    """Writes one reply. Its lease lasts long here: nobody sends heartbeats."""

    def __init__(self, api: DbApi, question: str, reply: str) -> None:
        self._api, self.question, self.id = api, question, reply
        self.text = ""
        self.final = False

    def write(self, text: str = "", phase: str = "writing", **counts: int) -> Any:
        """Adds to it; what db-api answers."""
        batch = {"id": self.id, "offset": len(self.text), "text": text, "phase": phase, **counts}
        done = self._api.post("/replies/progress", {"worker": WORKER, "replies": [batch]})
        assert done["replies"][0]["held"], "another worker has it"
        self.text += text
        return done["replies"][0]

    def hand_back(self) -> None:
        """As a runner that was ended, until it is claimed again."""
        self._api.post("/replies/release", {"worker": WORKER, "reply": self.id})

    def claim_again(self) -> None:
        """By the same runner; nobody else waits."""
        claim = self._api.post("/replies/claim", {"worker": WORKER})
        assert claim["reply"]["id"] == self.id

    def wait_until_stop_is_requested(self) -> None:
        """As a runner learns it: from the answer to its progress."""
        wait_until(lambda: self.write()["stop_requested"])

    def find_passages(self) -> list[Any]:
        """What it is to be answered from."""
        found = self._api.post(f"/replies/{self.id}/passages", {"worker": WORKER})
        return list(found["passages"])

    def call(self, number: int, tool: str, arguments: str, **result: Any) -> None:
        """Of a tool, which is still running if there is no `result`."""
        path = f"/replies/{self.id}/calls/{number}"
        self._api.put(path, {"tool": tool, "arguments": arguments})
        if result:
            self._api.put(f"{path}/result", result)

    def finish(self, text: str = "", state: str = "complete", **facts: Any) -> None:
        """The last words and the end."""
        self._api.post(f"/replies/{self.id}/finish", self.ending(text, state) | USUAL | facts)
        self.final = True

    def ending(self, text: str, state: str) -> dict[str, Any]:
        """What db-api is told at the end."""
        return {"worker": WORKER, "offset": len(self.text), "text": text, "state": state}
