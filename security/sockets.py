"""The WebSocket of `/v1/responses`, which no OpenAPI document describes: who may connect, and what
a connection tells of what is somebody else's."""

import json
from typing import Any
from urllib.parse import urlsplit

import httpx
from tests.support.local_stack import SMALL_MODEL, LocalStack
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from security.found import Found
from security.people import SCOPES, Person, make_person, make_token, read_id, resemble

SOCKET = "websocket /v1/responses"  # as LIST_ROUTES tells it
PATIENCE = 60


def try_sockets(found: Found, parley: LocalStack) -> int:
    """By nobody, with wrong and narrow tokens, from pages of other sites; and by a stranger who
    continues what is somebody's. How many connections there were."""
    ann, bob = make_person(parley), make_person(parley)
    asked = _try_doors(found, parley, ann)
    strange, unknown = (
        _ask(parley, bob, id) for id in (ann.ids["response"], resemble(ann.ids["response"]))
    )
    found.expect(strange == unknown, f"{SOCKET} by a stranger: {strange}, {unknown} for none")
    leaked = ann.leaks_into(json.dumps(strange))
    found.expect(not leaked, f"{SOCKET} by a stranger: tells {', '.join(leaked)}")
    own = _ask(parley, ann, ann.ids["response"])
    found.expect(own["type"] != "error", f"{SOCKET} by its owner: {own}")
    return asked + 3


def _try_doors(found: Found, parley: LocalStack, owner: Person) -> int:
    with httpx.Client(base_url=parley.url, headers={"Cookie": owner.cookie}, timeout=60) as browser:
        narrow = make_token(browser, owner.word, *(each for each in SCOPES if each != "chat"))
        revoked = make_token(browser, owner.word, *SCOPES)
        good = {"Authorization": f"Bearer {make_token(browser, owner.word, 'chat')}"}
        with _connect(parley, {"Authorization": f"Bearer {revoked}"}) as socket:
            browser.post(f"/settings/tokens/{read_id(revoked)}/revoke")
            found.expect(_has_ended(socket), f"{SOCKET} stays open when its token is revoked")
    head, payload, _ = owner.token.split(".")
    wrong = ("x", revoked, f"{head}.{payload}.{'A' * 43}")
    cookie = {"Cookie": owner.cookie}
    asked = [({"Authorization": f"Bearer {token}"}, 401) for token in wrong]
    asked += [({}, 401), (cookie, 401), (cookie | {"Origin": parley.url}, 401)]
    asked += [({"Authorization": f"Bearer {narrow}"}, 403)]
    asked += [
        (good | cookie | {"Origin": site}, 403)
        for site in ("https://another.example", "null", f"{parley.url}.another.example")
    ]
    for headers, status in [*asked, (good | {"Origin": parley.url}, 101)]:
        answered = _knock(parley, headers)
        found.expect(answered == status, f"{SOCKET} with {headers}: {answered}")
    return len(asked) + 2


def _connect(parley: LocalStack, headers: dict[str, str]) -> ClientConnection:
    address = f"ws://{urlsplit(parley.url).netloc}/v1/responses"
    return connect(address, additional_headers=headers, proxy=None, open_timeout=PATIENCE)


def _knock(parley: LocalStack, headers: dict[str, str]) -> int:
    """The status of the answer."""
    try:
        with _connect(parley, headers):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def _has_ended(socket: ClientConnection) -> bool:
    """Within some seconds; what comes before is the reason."""
    try:
        while True:
            socket.recv(20)
    except ConnectionClosed:
        return True
    except TimeoutError:
        return False


def _ask(parley: LocalStack, who: Person, previous: str) -> Any:
    """The first event of the answer."""
    event: dict[str, Any] = {"type": "response.create", "model": SMALL_MODEL}
    event |= {"input": "And then?", "previous_response_id": previous, "max_output_tokens": 3}
    with _connect(parley, {"Authorization": f"Bearer {who.token}"}) as socket:
        socket.send(json.dumps(event))
        return json.loads(socket.recv(PATIENCE))
