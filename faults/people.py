"""People who keep talking while things go wrong: they send, click twice, watch, and look again."""

import asyncio
import contextlib

from faults import pages
from faults.browser import Browser, Surprise
from faults.ledger import Entry, hash_text
from faults.trial import Trial
from faults.watching import begin_watching

LOOK_ELSEWHERE = 3.0  # seconds without an end before somebody goes on in another chat
MOST_OPEN = 2  # chats that somebody waits for at once: what is asked must be answered in a minute


class Crowd:
    """Several people, talking until the block is left, at the end of which all is settled."""

    def __init__(self, trial: Trial, size: int, url: str = "") -> None:
        self._trial = trial
        self._people = [trial.browser(url=url) for _ in range(size)]
        self._tasks: list[asyncio.Task[None]] = []
        self._ending = False

    async def __aenter__(self) -> "Crowd":
        self._tasks = [asyncio.create_task(self._talk(person)) for person in self._people]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            await self.stop()
        for task in self._tasks:  # somebody else has had enough
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Everybody finishes the sentence. The last fault was just now: the trial settles while
        watches go on until they are told the end."""
        self._ending = True
        await asyncio.gather(*self._tasks)
        self._tasks = []
        await self._trial.settle()
        await asyncio.gather(*(task for person in self._people for task in person.watches))

    async def _talk(self, person: Browser) -> None:
        chat = ""
        while not self._ending:
            if sum(not task.done() for task in person.watches) >= MOST_OPEN:
                await asyncio.sleep(0.05)
                continue
            try:
                if not chat or person.random.random() < 0.3:
                    chat = await person.open_chat()
                await self._say(person, chat)
                if not await self._watch(person, chat):
                    chat = ""
            except Surprise as surprise:
                self._trial.violate("answer", str(surprise), chat)
                chat = ""

    async def _say(self, person: Browser, chat: str) -> None:
        """One message or two in a row, sometimes with a double click."""
        for _ in range(2 if person.random.random() < 0.15 else 1):
            script = person.random.random() < 0.5
            text = self._trial.prompt()
            if person.random.random() < 0.2:
                entry = await double_click(person, chat, text, script=script)
            else:
                entry = await person.send(chat, text, script=script)
            if entry.acknowledged is not None and person.random.random() < 0.5:
                await self._look(person, chat, entry)

    async def _look(self, person: Browser, chat: str, entry: Entry) -> None:
        """What was just acknowledged is on the page."""
        page = await person.read_page(chat)
        texts = {hash_text(m.text) for m in pages.read_messages(page) if m.role == "user"}
        if entry.sha256 not in texts:
            self._trial.violate("I1", f"message {entry.number} is not on the page", chat)

    async def _watch(self, person: Browser, chat: str) -> bool:
        """Whether the end came while somebody was patient; watched it is in any case."""
        task = begin_watching(person, chat, script=person.random.random() < 0.5)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(task), LOOK_ELSEWHERE)
            return True
        return False


async def double_click(
    person: Browser, chat: str, text: str, *, script: bool, presses: int = 2
) -> Entry:
    """Send, pressed twice (or so) at once, with the key that was in the form."""
    key = f"{person.random.getrandbits(128):032x}"
    entry = person.ledger.begin(person.name, chat, key, text)
    await asyncio.gather(*(person.press_send(entry, text, script=script) for _ in range(presses)))
    return entry
