"""A chat's messages written through db-api, as its person and as its runner would: states that a
real model would hurry through hold still, and text comes exactly when a test wants it."""

import itertools
import time
from typing import Any

import httpx

from local.stack import Stack
from tests.support.local_stack import LocalStack

WORKER = "by-hand"
_keys = itertools.count(1)


class DbApi:
    """db-api behind its token, and the database behind that."""

    def __init__(self, parley: LocalStack) -> None:
        self.stack = Stack(parley.home, "127.0.0.1", parley.port)
        token = (parley.home / "secrets" / "db-api" / "token").read_text().strip()
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{parley.ports['db-api']}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
            trust_env=False,
        )

    def post(self, path: str, body: dict[str, Any], session: str = "") -> Any:
        """The JSON of an answer that is a success."""
        headers = {"X-Session-ID": session} if session else {}
        response = self.http.post(path, json=body, headers=headers)
        assert response.is_success, response.text
        return response.json()


class Hand:
    """Writes in one person's chat."""

    def __init__(self, api: DbApi, session: str, chat: str) -> None:
        self._api, self._session = api, session
        self.chat = chat.removeprefix("/chats/")
        self.unfinished: list[Growing] = []

    def ask(self, text: str, *, claim: bool = True) -> "Growing":
        """A message of the person's, and its reply still to be written. Unless `claim`, that
        waits in line as if it had been sent while another one runs."""
        new = {"content": text, "client_key": f"hand-{next(_keys)}"}
        new |= {"worker": WORKER} if claim else {}
        sent = self._api.post(f"/chats/{self.chat}/messages", new, self._session)
        assert not claim or sent["claim"], "no slot was free"
        growing = Growing(self._api, sent["message"]["id"], sent["reply"]["id"])
        if claim:
            self.unfinished.append(growing)
        return growing

    def exchange(self, question: str, answer: str, **ending: Any) -> "Growing":
        """A question and its reply, done."""
        growing = self.ask(question)
        growing.finish(answer, **ending)
        return growing

    def let_go(self) -> None:
        """Frees the slots of what a test left unfinished."""
        for growing in self.unfinished:
            growing.give_up()


class Growing:
    """A reply that grows by hand; it is kept for ten seconds after each word."""

    def __init__(self, api: DbApi, question: str, reply: str) -> None:
        self._api, self.question, self.id = api, question, reply
        self.text = ""
        self.final = False

    def write(self, text: str = "", phase: str = "writing", **counts: int) -> None:
        """Adds to it."""
        batch = {"id": self.id, "offset": len(self.text), "text": text, "phase": phase, **counts}
        done = self._api.post("/replies/progress", {"worker": WORKER, "replies": [batch]})
        assert done["replies"][0]["held"], "it is no longer ours"
        self.text += text

    def stops(self, patience: float = 5) -> bool:
        """Whether it is asked to stop, now or soon."""
        batch = {"id": self.id, "offset": len(self.text), "phase": "writing"}
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            done = self._api.post("/replies/progress", {"worker": WORKER, "replies": [batch]})
            if done["replies"][0]["stop_requested"]:
                return True
            time.sleep(0.1)
        return False

    def finish(self, text: str = "", state: str = "complete", **facts: Any) -> None:
        """The last words and the end."""
        ending = {"worker": WORKER, "offset": len(self.text), "text": text, "state": state}
        self._api.post(f"/replies/{self.id}/finish", ending | USUAL | facts)
        self.final = True

    def give_up(self) -> None:
        """Ends it if it is still ours, whatever became of the chat."""
        if not self.final:
            ending = {"worker": WORKER, "offset": len(self.text), "state": "stopped"}
            self._api.http.post(f"/replies/{self.id}/finish", json=ending)


USUAL = {
    "model": "smollm2-135m-instruct",
    "prompt_tokens": 40,
    "completion_tokens": 60,
    "first_token_ms": 200,
    "total_ms": 2200,
}
