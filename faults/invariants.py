"""The promises I1 to I5, and that watchers are told the end, checked from outside: the ledger and
what was shown against what is read back.

I6 is checked by trying (scenarios/strangers.py), and here by what should not be in a chat.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from faults.export import Copy
from faults.ledger import Entry, Ledger, hash_text
from faults.shown import Shown
from faults.violations import Violation


def check(ledger: Ledger, shown: Shown, copies: Iterable[Copy]) -> list[Violation]:
    """Every broken promise in these chats."""
    found: list[Violation] = []
    for copy in copies:
        entries = ledger.of_chat(copy.chat)
        found += check_stored_once(entries, copy)
        found += check_answered(entries, copy)
        found += check_order(entries, copy, shown)
        found += check_shown(copy, shown)
        found += [Violation("watch", words, copy.chat) for words in shown.endless[copy.chat]]
    return found


def check_stored_once(entries: list[Entry], copy: Copy) -> Iterator[Violation]:
    """I1 and I4; and that nothing is there which nobody sent."""
    stored = Counter(hash_text(m.content) for m in copy.messages if m.role == "user")
    for entry in entries:
        count = stored.pop(entry.sha256, 0)
        where = f"message {entry.number} of the ledger, key {entry.client_key}"
        if entry.acknowledged is not None and count == 0:
            yield Violation("I1", f"{where} was acknowledged and is not stored", copy.chat)
        if entry.refused is not None and count:
            words = f"{where} was refused with {entry.refused} and is stored"
            yield Violation("I1", words, copy.chat)
        if count > 1:
            words = f"{where}, sent {entry.attempts} times, is stored {count} times"
            yield Violation("I4", words, copy.chat)
    for digest, count in stored.items():
        yield Violation(
            "I1", f"{count} messages are stored that nobody sent so: {digest[:16]}", copy.chat
        )


def check_answered(entries: list[Entry], copy: Copy) -> Iterator[Violation]:
    """I2: one final reply for every message that is there."""
    for message in copy.messages:
        if message.role != "user":
            continue
        answers = [m for m in copy.messages if m.parent == message.id and m.state is not None]
        if len(answers) != 1:
            words = f"the message has {len(answers)} replies"
            yield Violation("I2", words, copy.chat, message.id)
        for answer in answers:
            if not answer.final:
                words = f"its reply {answer.id} is still {answer.state}"
                yield Violation("I2", words, copy.chat, message.id)


def check_order(entries: list[Entry], copy: Copy, shown: Shown) -> Iterator[Violation]:
    """I5: one line of messages, the same in every read, in the order of sending and answering."""
    order = [(m.id, m.seq) for m in copy.messages]
    for earlier, later in zip(copy.messages, copy.messages[1:], strict=False):
        if later.seq <= earlier.seq or later.parent != earlier.id:
            words = f"seq {later.seq} follows {earlier.seq}, its parent is {later.parent}"
            yield Violation("I5", words, copy.chat, later.id)
    for read in shown.orders[copy.chat]:
        start = order.index(read[0]) if read[0] in order else 0
        if list(read) != order[start : start + len(read)]:
            words = f"a page showed another order: {[seq for _, seq in read]}"
            yield Violation("I5", words, copy.chat)
    yield from _check_sent_in_a_row(entries, copy)
    for earlier_reply, reply in shown.overtaken[copy.chat]:
        words = f"the reply had words before the earlier one {earlier_reply} had its end"
        yield Violation("I5", words, copy.chat, reply)


def _check_sent_in_a_row(entries: list[Entry], copy: Copy) -> Iterator[Violation]:
    """Whoever began to send after another was acknowledged stands after it."""
    seqs = {hash_text(m.content): m.seq for m in copy.messages if m.role == "user"}
    acknowledged = [e for e in entries if e.acknowledged is not None and e.sha256 in seqs]
    for first in acknowledged:
        for second in acknowledged:
            in_a_row = first.acknowledged is not None and first.acknowledged < second.begun
            if in_a_row and seqs[first.sha256] > seqs[second.sha256]:
                words = f"message {second.number} was sent after {first.number}, but stands before"
                yield Violation("I5", words, copy.chat)


def check_shown(copy: Copy, shown: Shown) -> Iterator[Violation]:
    """I3: nothing that anybody saw is gone or became something else."""
    stored = {m.id: m for m in copy.messages}
    for reply, notes in shown.replies.items():
        if notes.chat != copy.chat:
            continue
        if reply not in stored:
            yield Violation("I3", "a reply was shown that is not stored", copy.chat, reply)
            continue
        wholes = {"text": stored[reply].content.strip(), "letters": copy.letters.get(reply, "")}
        for kind, states in notes.states.items():
            if kind == "letters" and not stored[reply].final:
                continue  # its page still holds back what only begins to say what it is
            for state in states:
                if not wholes[kind].startswith(state):
                    yield Violation("I3", _differ(kind, state, wholes[kind]), copy.chat, reply)


def _differ(kind: str, seen: str, whole: str) -> str:
    """Where the two part, with a little of each."""
    pairs = enumerate(zip(seen, whole, strict=False))
    place = next((i for i, (a, b) in pairs if a != b), min(len(seen), len(whole)))
    around = slice(max(0, place - 20), place + 20)
    return (
        f"{kind} shown is no prefix of what is stored: they part at {place} of {len(seen)} shown"
        f" and {len(whole)} stored; shown {seen[around]!r}, stored {whole[around]!r}"
    )
