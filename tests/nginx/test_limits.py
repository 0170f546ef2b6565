"""What one client can't take from the others, seen through the real nginx."""

import json
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from tests.nginx.gateway import Gateway, running_gateway
from tests.nginx.upstream import EXPORT, Upstream
from tests.support.waiting import wait_until

MORE = 2  # than are allowed: one that comes while the gateway is asked may be refused for that
OTHER = "127.0.0.2"  # another address of this machine

Start = Callable[..., Gateway]


def cookie(number: int) -> str:
    """A session's, as chat-ui makes it; tests of chat-ui hold real ones to what nginx reads."""
    held = json.dumps({"id": str(UUID(int=number)), "renewed": "2026-11-22"})
    return f"Cookie: theme=dark; parley={b64encode(held.encode()).decode()}.abc.def-_g"


def get(path: str, *headers: str) -> str:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: x", "Connection: close", *headers])


def post(path: str = "/chats", length: int = 0) -> str:
    """The head of a form; its body never comes."""
    head = (f"POST {path} HTTP/1.1", "Host: x", "Connection: close", f"Content-Length: {length}")
    return "\r\n".join(head)


@pytest.fixture
def start(gateway: Gateway, tmp_path: Path, upstream: Upstream) -> Iterator[Start]:
    """Starts another one with settings to taste; `gateway` only says whether there is an nginx."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(
            running_gateway(tmp_path / "own", upstream.server_port, **settings)
        )


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """Connections that are kept open until the end."""
    with ExitStack() as stack:
        yield stack


def test_forty_people_behind_one_address_can_all_begin_at_once(gateway: Gateway) -> None:
    everybody = threading.Barrier(40)

    def come(number: int) -> list[int]:
        with httpx.Client(base_url=gateway.url, timeout=120) as person, ExitStack() as watching:
            everybody.wait(60)
            answers = [person.get("/")]
            answers += [person.get(f"/static/{asset}.css") for asset in range(10)]
            answers.append(person.post("/chats", data={"username": "Ann"}))
            name, _, value = cookie(number).partition(": ")
            person.headers[name] = value
            answers += [person.get("/chats/some-id") for _ in range(4)]
            for _ in range(3):
                stream = person.stream("GET", "/chats/some-id/events")
                answers.append(watching.enter_context(stream))
            everybody.wait(60)
            return [answer.status_code for answer in answers]

    with ThreadPoolExecutor(40) as pool:
        statuses = Counter(status for told in pool.map(come, range(40)) for status in told)
    assert statuses == {200: 40 * 19}


@pytest.mark.parametrize(
    ("people", "requests"),
    [
        ("1", [get("/")] * 10),
        ("1", [get("/", cookie(number)) for number in range(20)]),
    ],
    ids=["without a session", "by address"],
)
def test_who_asks_too_much_is_told_when_to_come_back(
    start: Start, upstream: Upstream, people: str, requests: list[str]
) -> None:
    gateway = start(PEOPLE_PER_ADDRESS=people)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(gateway.ask, requests))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(upstream.seen) + len(refused) == len(requests)
    assert refused[0].headers["retry-after"] == "10"
    assert "Wait ten seconds, then reload this page" in refused[0].text
    assert gateway.ask(get("/static/style.css", cookie(1))).status_code == 200
    assert gateway.ask(get("/", cookie(99)), OTHER).status_code == 200
    assert "limiting" not in gateway.program.log.read_text()


def test_who_asks_too_much_in_a_session_waits_and_others_do_not(
    start: Start, upstream: Upstream
) -> None:
    """The first hundred come through at once, the others at ten a second."""
    gateway = start(PEOPLE_PER_ADDRESS="40")
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(gateway.ask, get("/", cookie(1))) for _ in range(140)]
        wait_until(lambda: len(upstream.seen) > 100)
        for number in range(2, 42):
            assert gateway.ask(get("/", cookie(number))).status_code == 200
        assert len(upstream.seen) - 40 < 140
    assert {each.result().status_code for each in asked} == {200}


@pytest.mark.parametrize("who", [cookie(1), ""], ids=["a session", "an address"])
def test_only_so_many_requests_are_answered_at_once(
    start: Start, upstream: Upstream, opened: ExitStack, who: str
) -> None:
    gateway = start(PEOPLE_PER_ADDRESS="40" if who else "1")
    for number in range(32 if who else 26):  # assets, of which there may be any number a second
        opened.enter_context(gateway.send(get(f"/static/{number}/events", who or cookie(number))))
    wait_until(lambda: len(upstream.seen) == (32 if who else 26))
    assert gateway.ask(get("/static/one-more", who or cookie(99))).status_code == 429
    assert gateway.ask(get("/", cookie(99)), OTHER).status_code == 200


@pytest.mark.parametrize("people", ["40", "8"], ids=["a session", "an address"])
def test_only_so_many_searches_wait_at_once(
    start: Start, upstream: Upstream, opened: ExitStack, people: str
) -> None:
    gateway = start(PEOPLE_PER_ADDRESS=people)
    most = 8 if people == "40" else 9
    for number in range(most):
        who = cookie(1) if people == "40" else cookie(number)
        opened.enter_context(gateway.send(get("/search?q=/events", who)))
    wait_until(lambda: len(upstream.seen) == most)
    for path in ("/search?q=b", "/%73earch"):
        assert gateway.ask(get(path, cookie(1))).status_code == 429
    assert gateway.ask(get("/chats/some-id", cookie(1))).status_code == 200
    assert gateway.ask(get("/search", cookie(99)), OTHER).status_code == 200


def test_searches_of_programs_wait_by_their_address(
    start: Start, upstream: Upstream, opened: ExitStack
) -> None:
    """And not by a cookie, which is nothing there."""
    gateway = start(PEOPLE_PER_ADDRESS="8")
    for _ in range(9):
        opened.enter_context(gateway.send(get("/api/search?q=/events", cookie(1))))
    wait_until(lambda: len(upstream.seen) == 9)
    assert gateway.ask(get("/api/search?q=b", cookie(2))).status_code == 429


@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
@pytest.mark.parametrize("body", ["Content-Length: 100", "Transfer-Encoding: chunked"])
def test_bodies_that_never_come_take_no_others_away(
    start: Start, opened: ExitStack, method: str, body: str
) -> None:
    gateway = start(PEOPLE_PER_ADDRESS="1")
    for _ in range(4 + MORE):
        stalled = f"{method} /static/x HTTP/1.1\r\nHost: x\r\n{body}"
        opened.enter_context(gateway.send(stalled))
    wait_until(lambda: gateway.ask(post("/static/x")).status_code == 429)
    assert gateway.ask(get("/", cookie(1))).status_code == 200
    assert gateway.ask(post(), OTHER).status_code == 200
    opened.close()
    wait_until(lambda: gateway.ask(post("/static/x")).status_code == 200)


def test_all_forms_together_fit_in_memory(start: Start, opened: ExitStack) -> None:
    gateway = start(MESSAGE_LIMIT="16000000")  # so that two of them do
    for _ in range(2 + MORE):
        opened.enter_context(gateway.send(post(length=100)))
    wait_until(lambda: gateway.ask(post(), OTHER).status_code == 429)


@pytest.mark.parametrize(
    ("taken", "refused", "free"),
    [
        ("2001:db8::{}", "2001:db8::ffff:0:0:9", "2001:db8:0:1::1"),
        ("::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.2"),
    ],
)
def test_a_client_counts_by_its_network_as_the_proxy_in_front_tells_it(
    start: Start, opened: ExitStack, taken: str, refused: str, free: str
) -> None:
    gateway = start(PEOPLE_PER_ADDRESS="1", OUTER_PROXIES="10.0.0.0/8, 127.0.0.1")

    def come_from(address: str, length: int = 0) -> str:
        return f"{post('/static/x', length)}\r\nX-Forwarded-For: 192.0.2.9, {address}, 10.1.2.3"

    for number in range(4 + MORE):
        opened.enter_context(gateway.send(come_from(taken.format(number), 100)))
    wait_until(lambda: gateway.ask(come_from(refused)).status_code == 429)
    assert gateway.ask(come_from(free)).status_code == 200
    assert gateway.ask(come_from(refused), OTHER).status_code == 200, "that one is no proxy of ours"


def test_where_limits_are_off_nothing_is_refused(start: Start, upstream: Upstream) -> None:
    gateway = start(LIMITS="off")
    with ThreadPoolExecutor(30) as pool:
        answers = pool.map(gateway.ask, [get("/", cookie(1))] * 200)
        assert {answer.status_code for answer in answers} == {200}


def test_what_is_read_slowly_waits_upstream_and_not_on_a_disk(
    gateway: Gateway, upstream: Upstream, opened: ExitStack
) -> None:
    readers = [opened.enter_context(gateway.send(get("/export.json"))) for _ in range(4)]
    before = -1
    while before < upstream.sent:  # until nobody takes more
        before = upstream.sent
        time.sleep(0.5)
    assert 0 < upstream.sent < 4 * EXPORT
    assert gateway.list_spooled() == []
    assert gateway.ask(get("/")).status_code == 200
    while readers[0].recv(1_000_000):
        pass
    assert upstream.sent >= EXPORT, "the piece after that comes when one was taken"
