"""How much one person may ask for: past each limit there is 413 or 429, which says the limit and,
where it is a matter of time, when to try again; and nothing is stored."""

import asyncio
import time
import uuid
from contextlib import ExitStack

import httpx
import psycopg2
from local.supervision import Supervisor, socket_path
from tests.support.local_stack import LocalStack
from tests.support.person import generate, open_chat
from tests.support.sql import sql

from security.found import Found
from security.refusals import MINUTE, Limits
from security.rows.program_limits import PROGRAM_SETTINGS, try_programs
from security.stage import Stage

# Small ones, so that a few requests reach each.
MESSAGE_BYTES, FILE_BYTES, ROOM = 2_000, 50_000, 200_000
LONG = "a word " * (MESSAGE_BYTES // 7)
REPLY_BYTES = 10_000  # as each counts
# Enough tokens for four replies in chats at once: each reserves all that the model can see.
MESSAGES, SESSIONS, QUEUED, TOKENS = 6, 12, 3, 16_500
SETTINGS = {
    "LIMITS": "public",
    "MESSAGE_LIMIT": str(MESSAGE_BYTES),
    "MESSAGES_PER_MINUTE": str(MESSAGES),
    "SESSIONS_PER_MINUTE": str(SESSIONS),
    "QUEUE_LIMIT": str(QUEUED),
    "TOKENS_PER_MINUTE": str(TOKENS),
    "BYTES_PER_SESSION": str(ROOM),
    "DOCUMENT_LIMIT": str(FILE_BYTES),
    "LM_SLOTS": "1",  # what is being answered is not queued
    **PROGRAM_SETTINGS,
}
# What `LIMITS=public` has by itself.
CHAT_REPLIES, SESSION_REPLIES, CHATS, STREAMS, SEARCHES = 2, 3, 5, 6, 2
OTHER = "127.0.0.66"
AT_ONCE = 240  # nginx lets a stranger have 201 waiting
HOLD = (
    "SELECT pg_advisory_lock(hashtextextended(%s, 7035006))"  # as db-api/sql/limits/take_turn.sql
)


def check(found: Found, stage: Stage, short: bool) -> None:
    """All of them; the short form leaves out what has to wait for replies."""
    parley = stage.parley(**SETTINGS)
    parley.wait_until_model_is_ready()
    limits = Limits(found, parley)
    if stage.wants("what is stored"):
        try_sizes(found, limits)
        try_chats_and_sessions(limits)
        try_what_waits(limits, parley)
    if stage.wants("what programs ask for"):
        try_programs(found, limits, parley)
    if stage.wants("what takes long") and not short:
        try_minutes(limits, parley)
        try_room(limits, parley)
    if stage.wants("what runs at once"):
        try_searches_and_exports(limits, parley)
        try_requests(limits, f"http://127.0.0.1:{parley.port}")
    found.see(f"{len(limits.tried)} limits: {', '.join(limits.tried)}")


def send(browser: httpx.Client, chat: str, text: str = "Hi") -> httpx.Response:
    """A message, without looking at the page."""
    form = {"prompt": text, "client_key": uuid.uuid4().hex}
    return browser.post(generate(chat), data=form)


def try_sizes(found: Found, limits: Limits) -> None:
    """What is too large by itself."""
    with limits.person() as browser:
        chat = open_chat(browser)
        before = limits.count(chat, "messages")
        answer = send(browser, chat, f"{LONG}and more")
        limits.judge("a message's length", answer, 413, f"{MESSAGE_BYTES:,}")
        found.expect(f"{LONG}and more" in answer.text, "a message's length: its text is not kept")
        body = b"prompt=" + b"x" * MESSAGE_BYTES * 5
        limits.judge("a request's body", browser.post(generate(chat), content=body), 413, "2000")
        files = {"files": ("a.txt", b"A word. " * (FILE_BYTES // 8 + 1))}
        answer = browser.post(f"{chat}/documents", files=files)
        limits.judge("a file's size", answer, 413, "50 kB")
        found.expect(limits.count(chat, "messages") == before, "too long a message was stored")
        found.expect(limits.count(chat, "documents") == 0, "too large a file was stored")


def try_chats_and_sessions(limits: Limits) -> None:
    """What may begin in a minute."""
    with limits.person() as browser:
        open_chat(browser)
        limits.exhaust(
            "chats a minute",
            CHATS - 1,
            f"{CHATS} chats a minute",
            lambda: browser.post("/chats", data={"username": "Ann", "new": "1"}),
            CHATS / MINUTE,
        )
    with limits.person() as browser:

        def begin() -> httpx.Response:
            browser.cookies.clear()
            return browser.post("/settings", data={"name": "Ann"})

        told = f"{SESSIONS} can start in a minute"
        limits.exhaust("sessions a minute", SESSIONS, told, begin, SESSIONS / MINUTE)


def try_searches_and_exports(limits: Limits, parley: LocalStack) -> None:
    """What may run at once: others of the same person are held open meanwhile."""
    with limits.person() as browser, ExitStack() as held:
        chat = open_chat(browser)
        ((session,),) = sql(parley, "SELECT session_id::text FROM chats WHERE id = %s", chat[7:])
        for turn in range(1, SEARCHES + 1):
            hold_search(parley, f"search {turn} {session}", held)
        answer = browser.get("/search", params={"q": "word"})
        limits.judge("searches at once", answer, 429, f"Up to {SEARCHES}")
        sql(
            parley,
            "UPDATE session_usage SET export_until = now() + interval '50 s' WHERE session_id = %s",
            session,
        )
        answer = browser.get(f"{chat}/export.md")
        limits.judge("exports at once", answer, 429, "Your other export is still running")


def hold_search(parley: LocalStack, key: str, held: ExitStack) -> None:
    """As a search does that takes long."""
    connection = psycopg2.connect(
        host=str(parley.stack.sockets / "db"),
        port=parley.ports["db"],
        user="postgres",
        dbname="parley",
    )
    held.callback(connection.close)
    connection.cursor().execute(HOLD, (key,))


def try_what_waits(limits: Limits, parley: LocalStack) -> None:
    """Replies that wait, and streams that watch them, while the model is away."""
    supervisor = Supervisor(socket_path(parley.stack))
    supervisor.stop("lm-api")
    try:
        with limits.person() as ann, limits.person() as bob:
            chat, other, his = open_chat(ann), open_chat(ann), open_chat(bob)
            limits.exhaust(
                "replies of a chat",
                CHAT_REPLIES,
                f"waiting for {CHAT_REPLIES} replies",
                lambda: send(ann, chat),
            )
            limits.exhaust(
                "replies of a session",
                SESSION_REPLIES - CHAT_REPLIES,
                f"waiting for {SESSION_REPLIES} replies",
                lambda: send(ann, other),
            )
            limits.exhaust(
                "the queue",
                QUEUED - (SESSION_REPLIES - 1),
                "The reply queue is full",
                lambda: send(bob, his),
            )
            with ExitStack() as watching:
                for _ in range(STREAMS):
                    watching.enter_context(ann.stream("GET", f"{chat}/live"))
                limits.judge(
                    "streams at once", ann.get(f"{chat}/live"), 429, f"{STREAMS} pages open"
                )
            for browser, where in ((ann, chat), (ann, other), (bob, his)):
                browser.post(f"{where}/delete")
    finally:
        supervisor.start("lm-api")
    parley.wait_until_model_is_ready()


def try_minutes(limits: Limits, parley: LocalStack) -> None:
    """What counts when replies have ended."""
    with limits.person() as browser:
        chat = open_chat(browser)
        told = f"{MESSAGES} messages a minute"
        limits.exhaust(
            "messages a minute", MESSAGES, told, lambda: finish(browser, chat), MESSAGES / MINUTE
        )
    with limits.person() as browser:
        chat = open_chat(browser)
        finish(browser, chat)
        sql(parley, "UPDATE session_usage SET tokens_full_at = now() + interval '50 s'")
        told = f"{TOKENS:,} tokens a minute"
        limits.judge("tokens a minute", send(browser, chat), 429, told)


def try_room(limits: Limits, parley: LocalStack) -> None:
    """What is kept, by somebody who never asks too much in a minute."""
    with limits.person() as browser:
        chat = open_chat(browser)
        for _ in range(ROOM // REPLY_BYTES + 1):
            sql(parley, "UPDATE session_usage SET messages_full_at = NULL, tokens_full_at = NULL")
            answer = finish(browser, chat, LONG)
            if answer.is_error:
                break
        limits.judge("room for chats", answer, 413, "200 kB")


def finish(browser: httpx.Client, chat: str, text: str = "Hi") -> httpx.Response:
    """A message and its whole reply; the answer to the message. It looks for the end more rarely
    than would be too much."""
    answer = send(browser, chat, text)
    while answer.is_redirect and "data-unfinished" in browser.get(chat).raise_for_status().text:
        time.sleep(0.2)
    return answer


def try_requests(limits: Limits, url: str) -> None:
    """nginx's, for who has no session, from an address that nobody else here has."""

    async def ask_at_once() -> list[httpx.Response]:
        way = httpx.AsyncHTTPTransport(local_address=OTHER, limits=httpx.Limits())
        async with httpx.AsyncClient(base_url=url, transport=way, timeout=120) as client:
            return await asyncio.gather(*(client.get("/") for _ in range(AT_ONCE)))

    answers = asyncio.run(ask_at_once())
    refused = [each for each in answers if each.status_code != 200] or answers
    limits.judge("requests at once", refused[0], 429, "Wait ten seconds")
