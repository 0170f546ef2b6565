"""The attacks that another person must not notice: a closed list. Each makes the order for one
attacker, who is one client: one address, with as many sessions and chats as it may have."""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

from bench.person import Person, visit
from faults.scenarios.long_chat import FILL
from tests.support.local_stack import LocalStack
from tests.support.sql import sql

from security.attacker import RANDOM, Order

FLOOD = 256  # connections that ask as fast as they are answered
MESSAGES = 10_000  # of a chat to search in and to export
LONG_PAGE = 50  # messages of a chat's page, each as long as it can be
# Written straight into the tables: an attacker would need days.
FILL_LONG = FILL.format(chat="{chat}", last=MESSAGES)
FILL_PAGE = (
    FILL.format(chat="{chat}", last=LONG_PAGE)
    + "UPDATE messages SET content = repeat(content, 32000 / length(content))"
    " WHERE chat_id = '{chat}' AND seq > 1"
)
# A reply that seems to be written for an hour: its watchers wait, and the model has nothing to do.
PRETEND = (
    FILL.format(chat="{chat}", last=3)
    + "UPDATE replies SET state = 'running', finished_at = NULL, worker = 'nobody',"
    " lease_until = now() + interval '1 hour' WHERE chat_id = '{chat}'"
)
END_PRETENDING = (
    "UPDATE replies SET state = 'stopped', finished_at = now() WHERE worker = 'nobody'"
    " AND state = 'running'"
)
LONG_REPLIES = {"reply_tokens": "2000"}
LONG_PROMPT = "+".join(["Tell+me+all+about+bridges,+rivers+and+boats."] * 120)
MULTIPART = "multipart/form-data; boundary=limit"
UPLOAD = (
    '--limit\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n'
    "Content-Type: text/plain\r\n\r\n" + "words " * 100_000
)


@dataclass(frozen=True)
class Own:
    """A chat of the attacker, and its session's cookie."""

    chat: str
    cookie: str

    def get(self, path: str, *headers: str) -> str:
        """A whole request. `{}` in the path is the chat."""
        return write("GET", path.format(self.chat), self.cookie, *headers)

    def post(self, path: str, body: str, kind: str = "", length: int = 0) -> str:
        """With a form. `length` is told instead of its own: it is never sent whole."""
        return write_form(path.format(self.chat), body, self.cookie, kind, length)


def write(method: str, path: str, cookie: str, *headers: str) -> str:
    """A request without a body."""
    cookies = [f"Cookie: {cookie}"] if cookie else []
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *cookies, *headers]
    return "\r\n".join([*lines, "", ""])


def write_form(path: str, body: str, cookie: str = "", kind: str = "", length: int = 0) -> str:
    """A request with one."""
    kind = kind or "application/x-www-form-urlencoded"
    size = length or len(body)
    headers = (f"Content-Type: {kind}", f"Content-Length: {size}")
    return write("POST", path, cookie, *headers) + body


@dataclass(frozen=True)
class Attack:
    """`write` makes the requests from the chats, of which there are so many of each of so many
    sessions. `fill` is written into each chat before. An attacker may have the person's own
    address, as behind one router. `how`: an Order's other fields."""

    name: str
    what: str
    write: Callable[[list[Own]], list[str]]
    how: dict[str, Any]  # fields of an order
    connections: int = FLOOD
    sessions: int = 1
    chats: int = 1
    fill: str = ""
    shares_address: bool = False
    in_short: bool = False

    @contextlib.asynccontextmanager
    async def prepare(self, parley: LocalStack, source: str) -> AsyncIterator[Order]:
        """With all that it needs; the order's port is still to be chosen."""
        url = f"http://127.0.0.1:{parley.port}"
        own = []
        for _ in range(self.sessions):
            async with visit(url, source) as person:
                for _ in range(self.chats):
                    chat = await person.open_chat(**LONG_REPLIES)
                    own.append(Own(chat, _read_cookie(person)))
                    if self.fill:
                        sql(parley, self.fill.format(chat=chat))
        try:
            yield Order(0, source, self.connections, self.write(own), **self.how)
        finally:
            sql(parley, END_PRETENDING)


def _read_cookie(person: Person) -> str:
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in person.client.cookies.jar)


def _each(path: str, *headers: str) -> Callable[[list[Own]], list[str]]:
    return lambda own: [each.get(path, *headers) for each in own]


def _send(text: str) -> Callable[[list[Own]], list[str]]:
    form = f"prompt={RANDOM}+{text}&client_key={RANDOM}"
    return lambda own: [each.post("/generate/{}", form) for each in own]


def _anonymous(*requests: str) -> Callable[[list[Own]], list[str]]:
    return lambda own: list(requests)


PERCENT = "prompt=" + "%41" * 43_000  # as long as a form may be
ATTACKS: tuple[Attack, ...] = (
    Attack(
        "streams",
        "2,000 live streams of one session",
        _each("/chats/{}/events"),
        {"pause": 1.0},
        connections=2000,
        fill=PRETEND,
        in_short=True,
    ),
    Attack(
        "sessions",
        "new sessions without end",
        _anonymous(write_form("/chats", "username=Eve&new=1")),
        {},
    ),
    Attack(
        "messages",
        "messages without end of one session in eight chats",
        _send("Count+from+one+to+a+thousand+in+words,+and+never+stop."),
        {},
        chats=8,
    ),
    Attack(
        "long-messages",
        "long messages of ten sessions",
        _send(LONG_PROMPT),
        {},
        sessions=10,
    ),
    Attack(
        "forms",
        "anonymous forms of 130 kB of percent signs",
        _anonymous(write_form("/chats", PERCENT)),
        {},
        in_short=True,
    ),
    Attack(
        "forms-of-sessions",
        "the same of ten sessions, as messages",
        lambda own: [each.post("/generate/{}", PERCENT) for each in own],
        {},
        sessions=10,
    ),
    Attack(
        "stalled",
        "8,400 forms and uploads that go on by a byte a second",
        lambda own: [
            each.post(path, "prompt=", length=100_000)
            for each in own
            for path in ("/generate/{}", "/documents", "/chats")
        ],
        {"drips": True, "pause": 1.0},
        connections=8400,
        sessions=10,
    ),
    Attack(
        "slow-readers",
        "2,000 readers of long pages and exports who read nothing",
        lambda own: [
            each.get(path) for each in own for path in ("/chats/{}", "/chats/{}/export.json")
        ],
        {"reads": False, "pause": 1.0},
        connections=2000,
        sessions=10,
        fill=FILL_PAGE,
    ),
    Attack(
        "pages",
        "the longest pages, compressed, as fast as they come, by ten sessions",
        _each("/chats/{}", "Accept-Encoding: gzip"),
        {},
        sessions=10,
        fill=FILL_PAGE,
    ),
    Attack(
        "invented",
        "pages with invented cookies",
        lambda own: [write("GET", f"/chats/{own[0].chat}", f"parley={'A' * 56}{RANDOM}.abc.def")],
        {},
    ),
    Attack(
        "searches",
        f"deep searches among {MESSAGES:,} messages, by ten sessions",
        _each("/search?q=m+o+a+l+c+w+s&offset=1000"),
        {},
        sessions=10,
        fill=FILL_LONG,
    ),
    Attack(
        "exports",
        f"exports of {MESSAGES:,} messages, by ten sessions",
        _each("/chats/{}/export.json"),
        {},
        sessions=10,
        fill=FILL_LONG,
    ),
    Attack(
        "uploads",
        "uploads cut off half-way, by ten sessions",
        lambda own: [each.post("/documents", UPLOAD, MULTIPART, 2 * len(UPLOAD)) for each in own],
        {"cuts": True, "pause": 0.2},
        connections=32,
        sessions=10,
    ),
)
# The same from the person's own address, as behind one router: what holds then is the session's.
ATTACKS += tuple(
    replace(
        attack,
        name=f"{attack.name}-nearby",
        what=f"{attack.what}, from the person's own address",
        shares_address=True,
        in_short=False,
    )
    for attack in ATTACKS
    if attack.name in ("streams", "messages", "forms", "pages")
)
