"""One trial of one scenario: who takes part, what was seen, and whether the promises held."""

import asyncio
import random
import time
from collections import Counter, defaultdict
from pathlib import Path

from faults import invariants
from faults.browser import PATIENCE, Browser, Surprise, make_client
from faults.export import Copy, read_back, read_export
from faults.ledger import Ledger
from faults.pages import read_chats
from faults.shown import Shown
from faults.stack import Parley
from faults.violations import Violation

MOST_PATIENT = 2 * PATIENCE  # seconds after the last fault


class Trial:
    """What a scenario is given to work with, and where it leaves what it found."""

    def __init__(
        self, parley: Parley, seed: int, size: int, quick: bool, ledger_file: Path | None = None
    ) -> None:
        self.parley, self.seed, self.size, self.quick = parley, seed, size, quick
        self.random = random.Random(seed)
        self.ledger = Ledger(ledger_file)
        self.shown = Shown()
        self.browsers: list[Browser] = []
        self.violations: list[Violation] = []
        self.counts: Counter[str] = Counter()
        self.refusals: Counter[int] = Counter()  # answers that were errors, by status
        self.figures: dict[str, list[float]] = defaultdict(list)  # seconds, unless the name says
        self.missed: list[str] = []  # goals, not promises
        self.skipped = ""  # why it could not be run here
        self.last_fault = time.monotonic()
        self._final_at: dict[str, float] = {}  # when a reply was first known to be final
        self._sent = 0

    def browser(self, name: str = "", url: str = "") -> Browser:
        """A new session in a browser of its own."""
        number = len(self.browsers) + 1
        browser = Browser(
            name or f"person {number}",
            make_client(url or self.parley.url, self.refusals),
            self.ledger,
            self.shown,
            self.random.randrange(1 << 30),
            lambda: self.last_fault,
        )
        self.browsers.append(browser)
        return browser

    def prompt(self) -> str:
        """A question nobody has asked before, with a few characters that are easily harmed."""
        self._sent += 1
        about = self.random.choice(
            ["the sea", "a lighthouse", "Zürich", "a fox 🦊", "<b>&amp;</b>"]
        )
        ending = self.random.choice(["", "\n\nPlease.", '\n  "quoted"  and\ttabbed'])
        return f"Tell me a long story about {about}, number {self.seed}-{self._sent}.{ending}"

    def violate(self, promise: str, words: str, chat: str = "", message: str = "") -> None:
        """A promise was seen broken."""
        self.violations.append(Violation(promise, words, chat, message))

    def miss(self, words: str) -> None:
        """A goal was not reached."""
        self.missed.append(words)

    def mark_fault(self) -> None:
        """The last thing done to Parley was done now."""
        self.last_fault = time.monotonic()

    async def settle(self) -> None:
        """I2: waits until every reply is final, and notes how long after the last fault that was.
        It waits longer than it may take, to tell by how much it was missed."""
        longest = 0.0
        for browser, chat in self._chats():
            for reply in await self._wait_until_final(browser, chat):
                took = self._final_at.get(reply, time.monotonic()) - self.last_fault
                longest = max(longest, took)
                if took > PATIENCE:
                    how = "was final only" if reply in self._final_at else "was not final"
                    words = f"the reply {how} {took:.0f} s after the last fault"
                    self.violate("I2", words, chat, reply)
        self.figures["settled"].append(longest)

    async def _wait_until_final(self, browser: Browser, chat: str) -> list[str]:
        """The chat's replies, each final or given up."""
        while True:
            try:
                stored = await read_export(browser, chat)
            except (Surprise, ValueError) as error:
                self.violate("back", f"the export can't be read: {error}", chat)
                return []
            replies = [m for m in stored if m.state is not None]
            for reply in replies:
                if reply.final:
                    # Somebody may have seen it long before we come to look.
                    seen = self.shown.final_at(reply.id)
                    self._final_at.setdefault(reply.id, seen or time.monotonic())
            late = time.monotonic() - self.last_fault > MOST_PATIENT
            if late or all(reply.final for reply in replies):
                return [reply.id for reply in replies]
            await asyncio.sleep(0.2)

    async def check(self) -> list[Copy]:
        """Reads every chat back and notes every broken promise."""
        copies = [await read_back(browser, chat) for browser, chat in self._chats()]
        self.violations += invariants.check(self.ledger, self.shown, copies)
        for copy in copies:
            for message in copy.messages:
                if message.state is not None:
                    self.counts[f"replies {message.state}"] += 1
                if message.error:
                    self.counts[f"error {message.error.split()[0]}"] += 1
        await self._check_homes()
        self.counts["sent"] += len(self.ledger.entries)
        self.counts["acknowledged"] += len(self.ledger.acknowledged())
        self.counts["presses of Send"] += sum(e.attempts for e in self.ledger.entries)
        self.counts["replies watched"] += len(self.shown.replies)
        for entry in self.ledger.entries:
            if entry.open and not entry.given_up:
                words = f"message {entry.number} was tried {entry.attempts} times and never taken"
                self.violate("back", words, entry.chat)
        return copies

    async def settle_and_check(self) -> list[Copy]:
        """The end of every scenario."""
        await self.settle()
        return await self.check()

    async def close(self) -> None:
        """All browsers are closed, and what they were refused is counted, however it ended."""
        for browser in self.browsers:
            await browser.close()
        for status, count in self.refusals.items():
            self.counts[f"answers of {status}"] += count
        if count := self.refusals[500]:
            self.violate("answer", f"{count} answers of 500: no words a person can use")

    def _chats(self) -> list[tuple[Browser, str]]:
        return [(browser, chat) for browser in self.browsers for chat in browser.chats]

    async def _check_homes(self) -> None:
        """I6: everybody's home page lists their own chats, and no others."""
        for browser in self.browsers:
            listed = read_chats((await browser.get("/")).text) if browser.chats else set()
            for chat in listed - set(browser.chats):
                known = any(chat in other.chats for other in self.browsers)
                if known:
                    self.violate("I6", f"{browser.name} sees somebody else's chat at home", chat)
