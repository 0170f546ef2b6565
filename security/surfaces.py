"""What can be asked: chat-ui's routes through nginx, and db-api's, which only services reach."""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from tests.support import program
from tests.support.local_stack import LocalStack
from tests.support.operations import Operation, read_operations

from security.calls import Call, Unplaced, find_ids, make_call
from security.people import WORD, Person
from security.sockets import SOCKET

# Prints every route that the service has, whether its document names it or not.
LIST_ROUTES = """
from app.main import create_app
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount
for route in iter_route_contexts(create_app().routes):
    other = "mounted" if isinstance(route.route, Mount) else "websocket"
    for method in getattr(route, "methods", None) or [other]:
        print(method.lower(), route.path)
"""
# Routes that no document names: the documents, their pages and files. They have nobody's data.
UNDESCRIBED = {
    *("get /openapi.json", "head /openapi.json", "get /docs"),
    *("mounted /static", "mounted /docs/swagger", "get /docs/{name}"),
}
# Who may ask. Of what `Anybody` may ask, nothing is anybody's data.
GUARDS = {
    frozenset({"session"}): "a person",
    frozenset({"token"}): "a person",
    frozenset({"Service token", "Session"}): "a person",
    frozenset({"Service token"}): "a service",
    frozenset({"doc-worker's token"}): "doc-worker",
    frozenset(): "anybody",
}
# Calls after which there is nobody left to ask for more.
ENDING = {
    *("POST /settings/forget", "POST /settings/sign-out"),
    *("DELETE /sessions/current", "POST /sessions/current/end"),
}
# They look at nothing: they lead back to the page of whatever chat it is, or pass on what was
# typed. And what nobody here has.
UNSEEING = {
    *("GET /chats/{chat_id}/documents", "GET /chats/{chat_id}/recordings"),
    "POST /chats/new/documents",
    "GET /documents/{document_id}/picture",  # there is none: it would have to be read by OCR
}
# What differs from one answer to the next, and from one person to the next: ids, keys, words, a
# hash of one's own chats, and how many seconds are left of a wait.
VARYING = re.compile(
    rf"[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}|[0-9a-f]{{32}}|{WORD}[0-9a-f]{{12}}"
    r"|(?<=data-version=\")[0-9a-f]{8}"
    r"|(?<=retry-after: )\d+|(?<=\"retry_after\":)[\d.]+"
)
VOLATILE = {"date", "x-request-id", "server-timing", "set-cookie", "content-length"}
ENOUGH = 1_000_000  # bytes of an answer


@dataclass(frozen=True)
class Answer:
    """What came back. `text` has the headers, too: they may tell as well."""

    status: int
    text: str
    sent: str  # what was asked, which an answer may repeat

    @property
    def shape(self) -> tuple[int, str]:
        """All that an outsider can compare: without the ids that were asked for, and keys."""
        return self.status, VARYING.sub("…", self.text)

    def describe_difference(self, other: "Answer") -> str:
        """Where the two shapes part, with a little of each."""
        (_, one), (_, two) = self.shape, other.shape
        same = next((n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), 0)
        part = slice(max(same - 20, 0), same + 60)
        return f"{one[part]!r}, {two[part]!r}"


@dataclass(frozen=True)
class Way:
    """How something is asked: with all that may be left out, and by a script, which gets parts of
    pages."""

    whole: bool = False
    script: bool = False


PLAIN = Way()
# A connection that waited may be closed just when it is used again. Who answers nothing on a new
# one has failed.
UNKEPT = httpx.Limits(max_keepalive_connections=0)


class Surface:
    """One service's routes. Cookies are never kept: each call says who asks."""

    def __init__(self, name: str, client: httpx.Client, headers: dict[str, str]) -> None:
        self.name, self.client, self._headers = name, client, headers
        document = client.get("/openapi.json", headers=headers).raise_for_status().json()
        self.operations = read_operations(document)

    def identify(self, person: Person | None) -> dict[str, str]:
        """Headers by which somebody asks; None has no session."""
        if self.name == "chat-ui":
            if person is None:
                return {}
            return {"Cookie": person.cookie, "Authorization": f"Bearer {person.token}"}
        return self._headers | ({"X-Session-ID": person.session} if person else {})

    def send(self, call: Call, headers: dict[str, str]) -> Answer:
        """Asks, and reads what comes, a stream up to its end or a second of silence."""
        self.client.cookies.clear()
        request = self.client.build_request(
            call.method, call.path, params=call.params, headers=call.headers | headers, **call.body
        )
        sent = f"{request.url}{call.body}"
        answer = self.client.send(request, stream=True)
        body = b""
        try:
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > ENOUGH:
                    break
        except httpx.ReadTimeout:
            pass
        finally:
            answer.close()
        kept = sorted(f"{k}: {v}" for k, v in answer.headers.items() if k not in VOLATILE)
        return Answer(answer.status_code, "\n".join([*kept, body.decode(errors="replace")]), sent)

    def ask(
        self, operation: Operation, who: Person | None, ids: dict[str, str], how: Way = PLAIN
    ) -> Answer:
        """One operation with these ids, by the names of its inputs."""
        script = {"HX-Request": "true"} if how.script else {}
        return self.send(make_call(operation, ids, whole=how.whole), self.identify(who) | script)

    def list_ways(self, short: bool) -> list[Way]:
        """In how many ways each operation is asked; the short form has every choice once."""
        if self.name == "db-api":
            return [Way(True)] if short else [Way(True), Way(False)]
        ways = [Way(True, False), Way(False, True), Way(True, True), Way(False, False)]
        return ways[:2] if short else ways


@contextmanager
def open_surfaces(parley: LocalStack) -> Iterator[tuple[Surface, Surface]]:
    """chat-ui's and db-api's."""
    token = (parley.home / "secrets" / "db-api" / "token").read_text().strip()
    inner = f"http://127.0.0.1:{parley.ports['db-api']}"
    patience = httpx.Timeout(60, read=20)
    with (
        httpx.Client(base_url=parley.url, timeout=patience, limits=UNKEPT) as outside,
        httpx.Client(base_url=inner, timeout=patience, limits=UNKEPT) as inside,
    ):
        yield (
            Surface("chat-ui", outside, {}),
            Surface("db-api", inside, {"Authorization": f"Bearer {token}"}),
        )


def find_undescribed(routes: Iterable[str], operations: Iterable[Operation]) -> list[str]:
    """Routes, each as `method path`, that no document names."""
    described = UNDESCRIBED | {SOCKET} | {str(each).lower() for each in operations}
    named = (route.lower().replace(":path}", "}") for route in routes)
    return [f"{route} is in no document" for route in named if route not in described]


def find_unplaced(operations: Iterable[Operation]) -> list[str]:
    """Inputs and guards that nobody has described."""
    unplaced = []
    for each in operations:
        if each.guards not in GUARDS:
            unplaced.append(f"who may ask {each}? {set(each.guards)}")
        try:
            find_ids(each)
        except Unplaced as what:
            unplaced.append(str(what))
    return unplaced


def list_routes(parley: LocalStack, service: str) -> list[str]:
    """All that the service's application answers to, each as `method path`."""
    environment = parley.environment(service) | {"PYTHONPATH": str(program.ROOT / service)}
    command = [sys.executable, "-c", LIST_ROUTES]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()
