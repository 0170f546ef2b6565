"""One trial of one scenario: who takes part, what was sent and shown, and what was found."""

import itertools
import random
import time

from faults.browser import Browser, make_client
from faults.findings import Findings
from faults.ledger import Ledger
from faults.shown import Shown
from faults.stack import Parley

TOPICS = ("the sea", "a lighthouse", "Zürich", "a fox 🦊", "<b>&amp;</b>")
ENDINGS = ("", "\n\nPlease.", '\n  "quoted"  and\ttabbed')
_numbers = itertools.count(1)  # of questions, in all scenarios: some ask the same Parley


class Trial:
    """What a scenario is given to work with, and where it leaves what it found."""

    def __init__(self, parley: Parley, seed: int, size: int, quick: bool) -> None:
        self.parley, self.seed, self.size, self.quick = parley, seed, size, quick
        self.rng = random.Random(seed)
        self.ledger, self.shown, self.found = Ledger(), Shown(), Findings()
        self.browsers: list[Browser] = []
        self.last_fault = time.monotonic()
        # Replies that must be complete in the end: what is broken if they are not.
        self.to_complete: dict[str, tuple[str, str]] = {}
        self.final_at: dict[str, float] = {}  # when a reply was first known to be final

    def browser(self, name: str = "", url: str = "") -> Browser:
        """A new session in a browser of its own."""
        name = name or f"person {len(self.browsers) + 1}"
        self.browsers.append(self.outsider(name, url or self.parley.url))
        return self.browsers[-1]

    def outsider(self, name: str, url: str) -> Browser:
        """One whose chats are nobody's concern here."""
        client = make_client(url, self.found.counts)
        rng = random.Random(self.rng.randrange(1 << 30))
        return Browser(name, client, self.ledger, self.shown, rng, lambda: self.last_fault)

    def same_person_at(self, url: str) -> Browser:
        """The first person, in a second browser, who comes to this address."""
        browser = self.browser(f"{self.browsers[0].name}, at the second copy", url)
        browser.client.cookies = self.browsers[0].client.cookies
        return browser

    def chats(self) -> list[tuple[Browser, str]]:
        """Everybody's chats."""
        return [(browser, chat) for browser in self.browsers for chat in browser.chats]

    def prompt(self) -> str:
        """A question nobody has asked before, with a few characters that are easily harmed."""
        about, ending = self.rng.choice(TOPICS), self.rng.choice(ENDINGS)
        number = f"{self.seed}-{next(_numbers)}"
        return f"Tell me a long story about {about}, number {number}.{ending}"

    def kill(self, service: str) -> int | None:
        """`kill -9`, counted; the pid it had."""
        self.found.counts[f"kills of {service}"] += 1
        before = self.parley.kill(service)
        self.mark_fault()
        return before

    def mark_fault(self) -> None:
        """The last thing done to Parley was done now."""
        self.last_fault = time.monotonic()
