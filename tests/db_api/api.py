"""db-api as its callers know it: what a person asks for, and what a runner does."""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from uuid import uuid4

import httpx

BLOCK = 1_048_576  # bytes of a file that are sent at once
NOWHERE = str(uuid4())  # the id of nothing


def body(response: httpx.Response, status: int = 200) -> Any:
    """The JSON of an answer that has this status."""
    assert response.status_code == status, response.text
    return response.json()


def problem(response: httpx.Response, status: int, slug: str) -> Any:
    """The problem of an answer that refuses."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    found = body(response, status)
    assert (found["type"], found["status"]) == (f"urn:parley:{slug}", status)
    assert all((found["title"], found["detail"]))
    return found


def reasons(response: httpx.Response) -> list[tuple[str, str]]:
    """Which fields of an input are refused, and why."""
    errors = problem(response, 422, "invalid-input")["errors"]
    return [(error["field"], error["reason"]) for error in errors]


def stored(response: httpx.Response) -> Any:
    """What a send answers; the first time the status is another one."""
    return body(response, 200 if response.json().get("repeated") else 201)


def ids(items: list[Any]) -> list[str]:
    return [item["id"] for item in items]


def written(claim: Any) -> str:
    """The text that a claim continues."""
    return "".join(step["text"] for step in claim["steps"])


def lines(prompt: list[Any]) -> list[tuple[str, str]]:
    """A prompt's messages, each with its text."""
    return [(m["role"], "".join(part["text"] for part in m["parts"])) for m in prompt]


@dataclass
class Person:
    """Somebody with a session."""

    http: httpx.Client
    session_id: str
    network: str = ""  # where they ask from, as chat-ui tells it
    token: str = ""  # with which a program asks for them

    @property
    def headers(self) -> dict[str, str]:
        token = {"X-Token-ID": self.token} if self.token else {}
        return {"X-Session-ID": self.session_id, "X-Network": self.network, **token}

    def at(self, api: "Api") -> "Person":
        """The same person, asking another copy of db-api."""
        return replace(self, http=api.http)

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.http.get(path, headers=self.headers, params=params)

    def post(self, path: str, json: Any = None) -> httpx.Response:
        return self.http.post(path, headers=self.headers, json=json)

    def send_raw(self, method: str, path: str, content: Any) -> httpx.Response:
        """Sends JSON that is written already."""
        headers = self.headers | {"Content-Type": "application/json"}
        return self.http.request(method, path, headers=headers, content=content)

    def patch(self, path: str, **changes: Any) -> httpx.Response:
        return self.http.patch(path, headers=self.headers, json=changes)

    def put_head(self, chat: str, message: str) -> httpx.Response:
        new = {"message_id": message}
        return self.http.put(f"/chats/{chat}/head", headers=self.headers, json=new)

    def put_document(self, chat: str, document: str) -> httpx.Response:
        return self.http.put(f"/chats/{chat}/documents/{document}", headers=self.headers)

    def delete(self, path: str) -> httpx.Response:
        return self.http.delete(path, headers=self.headers)

    def post_message(
        self, chat: str, content: str, key: str | None = None, **more: Any
    ) -> httpx.Response:
        """``more``: worker, replaces, seen."""
        new = {"content": content, "client_key": key or str(uuid4())}
        return self.post(f"/chats/{chat}/messages", new | more)

    def post_reply(
        self, chat: str, replaces: str, key: str | None = None, **more: Any
    ) -> httpx.Response:
        """``more``: worker, continued."""
        new = {"replaces": replaces, "client_key": key or str(uuid4())}
        return self.post(f"/chats/{chat}/replies", new | more)

    def chat(self, username: str = "Ada", opening: str | None = None, system: str = "") -> str:
        """A new chat's id."""
        new = {"username": username, "system_prompt": system, "opening_message": opening}
        return str(body(self.post("/chats", new), 201)["id"])

    def read(self, chat: str, part: str = "", **params: Any) -> Any:
        """The chat, or what is at `part` below it."""
        return body(self.get(f"/chats/{chat}{part}", **params))

    def pages(self, path: str, by: str = "before", to: str = "next", **params: Any) -> list[Any]:
        """A list page by page: what a page has under `to` is asked for as `by`."""
        found = [body(self.get(path, **params))]
        while cursor := found[-1][to]:
            found.append(body(self.get(path, **params, **{by: cursor})))
        return found

    def change(self, chat: str, **changes: Any) -> Any:
        return body(self.patch(f"/chats/{chat}", **changes))

    def chats(self, **params: Any) -> list[str]:
        """The ids of a page of the list, the chats that nobody has written in among them."""
        return ids(body(self.get("/chats", **{"empty": True} | params))["items"])

    def post_first(
        self, content: str = "Hi", key: str | None = None, **more: Any
    ) -> httpx.Response:
        """``more``: worker, system_prompt, opening_message."""
        new = {"content": content, "client_key": key or str(uuid4()), "system_prompt": ""}
        return self.post("/chats/messages", new | more)

    def begun(self, content: str = "Hi", key: str | None = None, **more: Any) -> Any:
        """Begins a chat with a message; what became of it."""
        return stored(self.post_first(content, key, **more))

    def sent(self, chat: str, content: str, key: str | None = None, **more: Any) -> Any:
        """Sends a message; what became of it."""
        return stored(self.post_message(chat, content, key, **more))

    def send(self, chat: str, content: str = "Hi", worker: str | None = None) -> str:
        """Sends a message; its reply's id."""
        return str(self.sent(chat, content, worker=worker)["reply"]["id"])

    def regenerate(self, chat: str, replaces: str, key: str | None = None, **more: Any) -> Any:
        """Asks for a reply again; what became of it."""
        return stored(self.post_reply(chat, replaces, key, **more))

    def show(self, chat: str, message: str) -> Any:
        """The chat, showing the branch through this message."""
        return body(self.put_head(chat, message))

    def remove(self, chat: str, message: str) -> Any:
        """The chat without this message and what is below it."""
        return body(self.delete(f"/chats/{chat}/messages/{message}"))

    def messages(self, chat: str, **params: Any) -> list[Any]:
        return list(self.read(chat, "/messages", **params)["items"])

    def contents(self, chat: str) -> list[str]:
        """What the branch shown says."""
        return [message["content"] for message in self.messages(chat)]

    def reply(self, chat: str, reply: str) -> Any:
        """The reply as the chat's page shows it."""
        return next(m["reply"] for m in self.messages(chat) if m["id"] == reply)

    def begin_upload(self, size: int | None = None) -> str:
        return str(body(self.post("/files", {"size": size}), 201)["id"])

    def put_block(self, file: str, number: int, content: bytes) -> httpx.Response:
        headers = self.headers | {"Content-Type": "application/octet-stream"}
        path = f"/files/{file}/blocks/{number}"
        return self.http.put(path, headers=headers, content=content)

    def post_complete(
        self, file: str, content: bytes, name: str = "notes.txt", chat: str | None = None
    ) -> httpx.Response:
        hashed = sha256(content).hexdigest()
        new = {"name": name, "size": len(content), "sha256": hashed, "chat_id": chat}
        return self.post(f"/files/{file}/complete", new)

    def post_file(
        self, content: bytes, name: str = "notes.txt", chat: str | None = None
    ) -> httpx.Response:
        """Uploads all of it; the last answer."""
        file = self.begin_upload(len(content))
        for number, start in enumerate(range(0, len(content), BLOCK)):
            body(self.put_block(file, number, content[start : start + BLOCK]))
        return self.post_complete(file, content, name, chat)

    def upload(self, content: bytes, name: str = "notes.txt", chat: str | None = None) -> Any:
        """The document that became of it."""
        return stored(self.post_file(content, name, chat))

    def documents(self) -> list[Any]:
        return list(body(self.get("/documents"))["items"])

    def make_token(self, **fields: Any) -> Any:
        """For chats, unless it is said otherwise."""
        return body(self.post("/tokens", {"name": "Editor", "scopes": ["chat"], **fields}), 201)

    def tokens(self) -> list[Any]:
        return list(body(self.get("/tokens"))["items"])

    def search(self, q: str, **params: Any) -> list[Any]:
        return list(body(self.get("/search", q=q, **params))["items"])

    def post_stop(self, chat: str, reply: str) -> httpx.Response:
        return self.post(f"/chats/{chat}/replies/{reply}/stop")

    def stop(self, chat: str, reply: str) -> Any:
        return body(self.post_stop(chat, reply))


@dataclass
class Api:
    """One db-api, called with the service's token."""

    http: httpx.Client

    def person(self, name: str | None = None) -> Person:
        return Person(self.http, body(self.http.post("/sessions", json={"name": name}), 201)["id"])

    def claim(self, worker: str = "w") -> Any:
        """What the worker got, None if nothing."""
        response = self.http.post("/replies/claim", json={"worker": worker})
        return None if response.status_code == 204 else body(response)

    def post_progress(self, *batches: dict[str, Any], worker: str = "w") -> httpx.Response:
        return self.http.post("/replies/progress", json={"worker": worker, "replies": batches})

    def store(self, reply: str, text: str, offset: int = 0, worker: str = "w", **more: Any) -> Any:
        """Stores one batch; what became of it."""
        batch = {"id": reply, "offset": offset, "text": text, "phase": "writing", **more}
        return body(self.post_progress(batch, worker=worker))["replies"][0]

    def post_finish(self, reply: str, text: str = "", **more: Any) -> httpx.Response:
        end = {"worker": "w", "offset": 0, "text": text, "state": "complete", **more}
        if end["state"] == "failed":
            end.setdefault("error", {"kind": "model-broke"})
        return self.http.post(f"/replies/{reply}/finish", json=end)

    def finish(self, reply: str, text: str = "", **more: Any) -> Any:
        return body(self.post_finish(reply, text, **more))

    def post_shorten(self, reply: str, worker: str = "w") -> httpx.Response:
        return self.http.post(f"/replies/{reply}/shorten", json={"worker": worker})

    def release(self, worker: str = "w", **more: Any) -> Any:
        """``more``: reply, died."""
        given = {"worker": worker, **more}
        return body(self.http.post("/replies/release", json=given))["released"]

    def answer(self, person: Person, chat: str, content: str, text: str, **more: Any) -> str:
        """One whole turn, a message and its reply; the reply's id."""
        reply = person.send(chat, content, worker="w")
        self.finish(reply, text, **more)
        return reply
