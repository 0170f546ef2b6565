"""What several scenarios begin with: a reply that is being written."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from faults.browser import Browser
from faults.trial import Trial
from faults.waiting import until
from faults.watching import begin_watching

# Makes every lease run out at once.
EXPIRE = "UPDATE replies SET lease_until = clock_timestamp() WHERE state = 'running'"
WORKER = "SELECT worker, state FROM replies WHERE message_id = %s"


@dataclass(frozen=True)
class Asked:
    """A reply in a chat of its own, and the watch of it."""

    chat: str
    reply: str
    watching: asyncio.Task[None]


async def ask(
    trial: Trial,
    person: Browser,
    characters: int = 1,
    *,
    text: str = "",
    script: bool = False,
    settings: Mapping[str, str] | None = None,
) -> Asked:
    """Asks in a new chat, and returns when so much of the reply was shown, or its end."""
    chat = await person.open_chat(**settings or {})
    await person.send(chat, text or trial.prompt())
    watching = begin_watching(person, chat, script=script)

    def written() -> list[str]:
        seen = trial.shown.of_chat(chat).items()
        # Of rendered Markdown only letters are noted, and a small model may write none.
        return [r for r, n in seen if n.longest >= characters or n.final_at]

    await until(written, f"{characters} characters of a reply", pause=0.005)
    return Asked(chat, written()[0], watching)
