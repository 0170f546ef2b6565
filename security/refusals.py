"""What one is told who asks for too much."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
from tests.support.local_stack import LocalStack
from tests.support.sql import sql

from security.found import Found

MINUTE = 60.0
SAVED = "SELECT count(*) FROM {} WHERE session_id = %s"


class Limits:
    """Tries one after the other, each as a person whose other limits are not used up."""

    def __init__(self, found: Found, parley: LocalStack) -> None:
        self._found, self._parley = found, parley
        self.tried: list[str] = []

    @contextmanager
    def person(self) -> Iterator[httpx.Client]:
        """Somebody new. Sessions that begin at one address are limited, too: it forgets them."""
        sql(self._parley, "DELETE FROM addresses")
        with httpx.Client(base_url=self._parley.url, timeout=60) as browser:
            yield browser

    def judge(self, name: str, answer: httpx.Response, status: int, told: str) -> None:
        """A refusal: its status, the limit in its words, and when to try again."""
        self.tried.append(name)
        expect = self._found.expect
        expect(answer.status_code == status, f"{name}: {answer.status_code}, not {status}")
        expect(told in answer.text, f"{name}: the answer doesn't say {told}")
        if status == 429:
            after = answer.headers.get("retry-after", "")
            fits = after.isdecimal() and 0 < int(after) <= 2 * MINUTE
            expect(fits, f"{name}: Retry-After is '{after}'")

    def exhaust(
        self, name: str, limit: int, told: str, send: Callable[[], httpx.Response], rate: float = 0
    ) -> None:
        """Sends until it is refused, which has to be after `limit`, and as many as came back at
        `rate` a second meanwhile."""
        began, taken = time.monotonic(), 0
        while (answer := send()).status_code < 400 and taken < 3 * limit:
            taken += 1
        self.judge(name, answer, 429, told)
        most = limit + rate * (time.monotonic() - began) + 1
        self._found.expect(limit <= taken <= most, f"{name}: {taken} were taken, not {limit}")

    def count(self, chat: str, table: str) -> int:
        """Rows of that session."""
        ((session,),) = sql(
            self._parley, "SELECT session_id::text FROM chats WHERE id = %s", chat.split("/")[-1]
        )
        ((number,),) = sql(self._parley, SAVED.format(table), session)
        return int(str(number))
