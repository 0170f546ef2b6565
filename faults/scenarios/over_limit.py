"""A message over the limit: 413 with size and limit, the text still in the box."""

from faults import pages
from faults.trial import Trial

LIMIT = 32_768


async def run(trial: Trial) -> None:
    """At the limit, one byte over it, in letters of several bytes, and far over it."""
    person = trial.browser()
    chat = await person.open_chat()
    for text in ("a" * LIMIT, "ü" * (LIMIT // 2)):
        entry = await person.send(chat, text)
        trial.counts["at the limit, taken"] += entry.acknowledged is not None
        if entry.acknowledged is None:
            trial.violate("answer", f"a message of {LIMIT} bytes got {entry.refused}", chat)
    for text in ("a" * (LIMIT + 1), "ü" * (LIMIT // 2) + "a", "three lines\n" * 3000):
        await _refuse(trial, chat, text)
    huge = await person.send(chat, "a" * (LIMIT * 5))
    if huge.refused != 413:
        trial.violate("answer", f"a message of {LIMIT * 5} bytes got {huge.refused}", chat)
    trial.counts["over the limit, refused"] += 1
    trial.mark_fault()
    await trial.settle_and_check()


async def _refuse(trial: Trial, chat: str, text: str) -> None:
    person = trial.browsers[0]
    entry = person.ledger.begin(person.name, chat, f"{trial.random.getrandbits(64):x}", text)
    answer = await person.try_to_send(entry, text)
    status = answer.status_code if answer is not None else 0
    person.ledger.refuse(entry, status)
    page = answer.text if answer is not None else ""
    size = len(text.encode())
    if status != 413:
        trial.violate("answer", f"a message of {size} bytes got {status}", chat)
    if str(size) not in page or str(LIMIT) not in page:
        trial.violate("answer", f"413 does not say size {size} and limit {LIMIT}", chat)
    if pages.read_textarea(page) != text:
        trial.violate("answer", "413 does not keep the text in the box", chat)
    trial.counts["over the limit, refused"] += 1
