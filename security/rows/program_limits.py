"""How much programs may ask for, each with a token of its own: one call after the other, and many
at the same time."""

from concurrent.futures import ThreadPoolExecutor

import httpx
from local.supervision import Supervisor, socket_path
from tests.support.local_stack import SMALL_MODEL, LocalStack
from tests.support.person import generate, open_chat
from tests.support.sql import sql

from security.found import Found
from security.people import make_token
from security.refusals import MINUTE, Limits

MESSAGES, TOKENS = 4, 1500
PROGRAM_SETTINGS = {
    "PROGRAM_MESSAGES_PER_MINUTE": str(MESSAGES),
    "PROGRAM_TOKENS_PER_MINUTE": str(TOKENS),
}
LENGTH = 400  # with it, a response reserves more than a third of the tokens, and less than half
AT_ONCE, FIT = 20, 2
COUNT = """
SELECT count(*) FROM replies r JOIN tokens t USING (session_id) WHERE t.name = %s
"""


def try_programs(found: Found, limits: Limits, parley: LocalStack) -> None:
    """What one token may ask for, whatever the person has, and what another one of hers may."""
    with limits.person() as browser:
        chat = open_chat(browser)
        one, other = (make_token(browser, word, "chat") for word in ("one", "other"))
        told = "This token's messages"
        limits.exhaust(
            "a program's messages a minute",
            MESSAGES,
            told,
            lambda: ask(parley, one),
            MESSAGES / MINUTE,
        )
        refused = ask(parley, one)
        left = refused.headers.get("x-ratelimit-remaining-requests")
        found.expect(left == "0", f"a program's messages: {left} are left, it says")
        for path in ("/v1/responses", "/api/chats"):
            limits.judge(f"the same at {path}", ask(parley, one, path=path), 429, told)
        sql(parley, "UPDATE session_usage SET messages_full_at = NULL")  # the person's own
        found.expect(ask(parley, other).is_success, "one token's limit is another one's, too")
        form = {"prompt": "Hi", "client_key": "k"}
        answer = browser.post(generate(chat), data=form)
        found.expect(answer.status_code == 303, "a program's limit is the person's, too")
    supervisor = Supervisor(socket_path(parley.stack))
    supervisor.stop("lm-api")
    try:
        with limits.person() as browser:
            open_chat(browser)
            token = make_token(browser, "many", "chat")
            try_at_once(found, limits, parley, token)
    finally:
        supervisor.start("lm-api")
    parley.wait_until_model_is_ready()


def try_at_once(found: Found, limits: Limits, parley: LocalStack, token: str) -> None:
    """As many as can be sent at the same moment, none of which is written."""

    def respond(_number: int) -> httpx.Response:
        return ask(parley, token, path="/v1/responses", max_output_tokens=LENGTH, background=True)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(respond, range(AT_ONCE)))
    refused = [answer for answer in answers if not answer.is_success]
    name, taken = "a program's tokens a minute", len(answers) - len(refused)
    found.expect(taken == FIT, f"{name}: {taken} at once were taken, not {FIT}")
    for answer in refused:
        limits.judge(name, answer, 429, "This token's tokens")
    limits.tried[:] = dict.fromkeys(limits.tried)
    ((stored,),) = sql(parley, COUNT, "Editor many")
    found.expect(stored == FIT, f"{name}: {stored} were stored, not {FIT}")
    for answer in answers:
        if answer.is_success:  # or it would wait before what is tried next
            path = f"/v1/responses/{answer.json()['id']}"
            httpx.delete(f"{parley.url}{path}", headers=shown(token)).raise_for_status()


def ask(
    parley: LocalStack, token: str, path: str = "/v1/chat/completions", **fields: object
) -> httpx.Response:
    """A short question with this token."""
    bodies: dict[str, dict[str, object]] = {
        "/v1/chat/completions": {
            "messages": [{"role": "user", "content": "Hi"}],
            "max_tokens": 4,
        },
        "/v1/responses": {"input": "Hi", "max_output_tokens": 4},
        "/api/chats": {"prompt": "Hi"},
    }
    model = {} if path == "/api/chats" else {"model": SMALL_MODEL}
    body = model | bodies[path] | fields
    return httpx.post(f"{parley.url}{path}", json=body, headers=shown(token), timeout=60)


def shown(token: str) -> dict[str, str]:
    """The header that shows it."""
    return {"Authorization": f"Bearer {token}"}
