"""db-api as its callers know it: what a person asks for, and what a runner does."""

import itertools
from dataclasses import dataclass
from typing import Any

import httpx

_keys = itertools.count(1)


def body(response: httpx.Response, status: int = 200) -> Any:
    """The JSON of an answer that has this status."""
    assert response.status_code == status, response.text
    return response.json()


def problem(response: httpx.Response, status: int, slug: str) -> Any:
    """The problem of an answer that refuses."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    found = body(response, status)
    assert found["type"] == f"urn:parley:{slug}"
    assert found["status"] == status
    assert found["title"]
    assert found["detail"]
    return found


@dataclass
class Person:
    """Somebody with a session."""

    http: httpx.Client
    session_id: str

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Session-ID": self.session_id}

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.http.get(path, headers=self.headers, params=params)

    def post(self, path: str, json: Any = None) -> httpx.Response:
        return self.http.post(path, headers=self.headers, json=json)

    def patch(self, path: str, **changes: Any) -> httpx.Response:
        return self.http.patch(path, headers=self.headers, json=changes)

    def put(self, path: str, json: Any) -> httpx.Response:
        return self.http.put(path, headers=self.headers, json=json)

    def delete(self, path: str) -> httpx.Response:
        return self.http.delete(path, headers=self.headers)

    def chat(self, username: str = "Ada", opening: str | None = None, system: str = "") -> str:
        """A new chat's id."""
        new = {"username": username, "system_prompt": system, "opening_message": opening}
        return str(body(self.post("/chats", new), 201)["id"])

    def post_message(
        self,
        chat: str,
        content: str,
        key: str | None = None,
        worker: str | None = None,
        replaces: str | None = None,
        seen: str | None = None,
    ) -> httpx.Response:
        new = {"content": content, "client_key": key or f"key-{next(_keys)}", "worker": worker}
        new |= {"replaces": replaces, "seen": seen}
        return self.post(f"/chats/{chat}/messages", new)

    def ask_again(
        self,
        chat: str,
        replaces: str,
        key: str | None = None,
        worker: str | None = None,
        go_on: bool = False,
    ) -> httpx.Response:
        new = {"replaces": replaces, "client_key": key or f"key-{next(_keys)}", "worker": worker}
        return self.post(f"/chats/{chat}/replies", new | {"go_on": go_on})

    def send(self, chat: str, content: str = "Hi", worker: str | None = None) -> str:
        """Sends a message; its reply's id."""
        sent = body(self.post_message(chat, content, worker=worker), 201)
        return str(sent["reply"]["id"])

    def messages(self, chat: str, **params: Any) -> list[Any]:
        found: list[Any] = body(self.get(f"/chats/{chat}/messages", **params))["items"]
        return found

    def contents(self, chat: str) -> list[str]:
        """What the branch shown says."""
        return [message["content"] for message in self.messages(chat)]

    def reply(self, chat: str, reply: str) -> Any:
        """The reply as the chat's page shows it."""
        return next(m["reply"] for m in self.messages(chat) if m["id"] == reply)

    def search(self, q: str, **params: Any) -> list[Any]:
        found: list[Any] = body(self.get("/search", q=q, **params))["items"]
        return found

    def stop(self, chat: str, reply: str) -> Any:
        return body(self.post(f"/chats/{chat}/replies/{reply}/stop"))


@dataclass
class Api:
    """One db-api, called with the service's token."""

    http: httpx.Client

    def person(self) -> Person:
        return Person(self.http, body(self.http.post("/sessions"), 201)["id"])

    def claim(self, worker: str = "w") -> Any:
        """What the worker got, None if nothing."""
        response = self.http.post("/replies/claim", json={"worker": worker})
        return None if response.status_code == 204 else body(response)

    def store(self, reply: str, text: str, offset: int = 0, worker: str = "w", **more: Any) -> Any:
        """Stores one batch; what became of it."""
        batch = {"id": reply, "offset": offset, "text": text, "phase": "writing", **more}
        sent = {"worker": worker, "replies": [batch]}
        return body(self.http.post("/replies/progress", json=sent))["replies"][0]

    def post_finish(self, reply: str, text: str = "", **more: Any) -> httpx.Response:
        end = {"worker": "w", "offset": 0, "text": text, "state": "complete", **more}
        return self.http.post(f"/replies/{reply}/finish", json=end)

    def finish(self, reply: str, text: str = "", **more: Any) -> Any:
        return body(self.post_finish(reply, text, **more))

    def answer(self, person: Person, chat: str, content: str, text: str, **more: Any) -> str:
        """One whole turn, a message and its reply; the reply's id."""
        reply = person.send(chat, content, worker="w")
        self.finish(reply, text, **more)
        return reply
