"""One trial of one scenario: who takes part, what was seen, and whether the promises held."""

import asyncio
import random
import time
from collections import Counter, defaultdict
from pathlib import Path

from faults import invariants
from faults.browser import PATIENCE, Browser, Surprise
from faults.export import Copy, read_back, read_export
from faults.ledger import Ledger
from faults.pages import read_chats
from faults.shown import Shown
from faults.stack import Parley
from faults.violations import Violation


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
        self.figures: dict[str, list[float]] = defaultdict(list)  # seconds, unless the name says
        self.missed: list[str] = []  # goals, not promises
        self.skipped = ""  # why it could not be run here
        self.last_fault = time.monotonic()
        self._sent = 0

    def browser(self, name: str = "", url: str = "") -> Browser:
        """A new session in a browser of its own."""
        number = len(self.browsers) + 1
        name = name or f"person {number}"
        browser = Browser(
            name, url or self.parley.url, self.ledger, self.shown, self.random.randrange(1 << 30)
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
        """Waits until every reply is final, at most a minute after the last fault."""
        for browser, chat in self._chats():
            while True:
                try:
                    stored = await read_export(browser, chat)
                except (Surprise, ValueError) as error:
                    self.violate("back", f"the export can't be read: {error}", chat)
                    break
                if all(m.final for m in stored if m.state is not None):
                    break
                if time.monotonic() - self.last_fault > PATIENCE:
                    break  # the check says which
                await asyncio.sleep(0.2)
        self.figures["settled"].append(time.monotonic() - self.last_fault)

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
        """All browsers are closed."""
        for browser in self.browsers:
            await browser.close()

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
