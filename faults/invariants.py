"""The promises I1 to I5, and that watchers are told the end, checked from outside: the ledger and
what was shown against what is read back.

I6 is checked by trying (scenarios/strangers.py), and here by what should not be in a chat.
"""

from collections import Counter
from collections.abc import Callable

from faults.findings import Findings
from faults.ledger import Entry, Ledger, hash_text
from faults.reading import Copy
from faults.shown import Notes, Shown

# Notes a broken promise of the chat: which, in words, and of which message if it is one's.
Violate = Callable[..., None]


def check(found: Findings, ledger: Ledger, shown: Shown, copy: Copy) -> None:
    """Notes every broken promise in this chat."""

    def violate(promise: str, words: str, message: str = "") -> None:
        found.violate(promise, words, copy.chat, message)

    entries = ledger.of_chat(copy.chat)
    _check_stored_once(entries, copy, violate)
    _check_answered(copy, violate)
    _check_order(copy, shown, violate)
    _check_sent_in_a_row(entries, copy, violate)
    for reply, notes in shown.of_chat(copy.chat).items():
        _check_shown(copy, reply, notes, violate)
    for words in shown.endless[copy.chat]:
        violate("watch", words)


def _check_stored_once(entries: list[Entry], copy: Copy, violate: Violate) -> None:
    """I1 and I4; and that nothing is there which nobody sent."""
    stored = Counter(hash_text(m.content) for m in copy.messages if m.role == "user")
    for entry in entries:
        count = stored.pop(entry.sha256, 0)
        where = f"message {entry.number} of the ledger, key {entry.client_key}"
        if entry.acknowledged is not None and count == 0:
            violate("I1", f"{where} was acknowledged and is not stored")
        if entry.refused is not None and count:
            violate("I1", f"{where} was refused with {entry.refused} and is stored")
        if count > 1:
            violate("I4", f"{where}, sent {entry.attempts} times, is stored {count} times")
    for digest, count in stored.items():
        violate("I1", f"{count} messages are stored that nobody sent so: {digest[:16]}")


def _check_answered(copy: Copy, violate: Violate) -> None:
    """I2: one final reply for every message that is there."""
    for question in (m for m in copy.messages if m.role == "user"):
        replies = [m for m in copy.messages if m.parent == question.id and m.state is not None]
        if len(replies) != 1:
            violate("I2", f"the message has {len(replies)} replies", question.id)
        for reply in replies:
            if not reply.final:
                violate("I2", f"its reply {reply.id} is still {reply.state}", question.id)


def _check_order(copy: Copy, shown: Shown, violate: Violate) -> None:
    """I5: one sequence of messages, the same in every read; replies in order."""
    order = [(m.id, m.seq) for m in copy.messages]
    for earlier, later in zip(copy.messages, copy.messages[1:], strict=False):
        if later.seq <= earlier.seq or later.parent != earlier.id:
            violate(
                "I5", f"{later.seq} follows {earlier.seq}, its parent is {later.parent}", later.id
            )
    for read in shown.orders[copy.chat]:
        start = order.index(read[0]) if read and read[0] in order else 0
        if list(read) != order[start : start + len(read)]:
            violate("I5", f"a page showed another order: {[seq for _, seq in read]}")
    for earlier_reply, reply in shown.overtaken[copy.chat]:
        violate("I5", f"it had words before the earlier {earlier_reply} had its end", reply)


def _check_sent_in_a_row(entries: list[Entry], copy: Copy, violate: Violate) -> None:
    """I5: what somebody began to send after another message was acknowledged comes after it."""
    seqs = {hash_text(m.content): m.seq for m in copy.messages if m.role == "user"}
    known = [(e, e.acknowledged) for e in entries if e.acknowledged and e.sha256 in seqs]
    for first, acknowledged in known:
        for second, _ in known:
            if acknowledged < second.begun and seqs[first.sha256] > seqs[second.sha256]:
                violate(
                    "I5", f"message {second.number} was sent after {first.number}, but is before"
                )


def _check_shown(copy: Copy, reply: str, notes: Notes, violate: Violate) -> None:
    """I3: nothing that anybody saw is gone or became something else."""
    stored = next((m for m in copy.messages if m.id == reply), None)
    if stored is None:
        violate("I3", "a reply was shown that is not stored", reply)
        return
    wholes = {"text": stored.content.strip(), "letters": copy.letters.get(reply, "")}
    for kind, states in notes.states.items():
        if kind == "letters" and not stored.final:
            continue  # its page still holds back what only begins to say what it is
        for state in states:
            if not wholes[kind].startswith(state):
                violate("I3", _differ(kind, state, wholes[kind]), reply)


def find_parting(one: str, other: str) -> int:
    """How many characters two texts have in common from their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def _differ(kind: str, seen: str, whole: str) -> str:
    """Where the two part, with a little of each."""
    parting = find_parting(seen, whole)
    around = slice(max(0, parting - 20), parting + 20)
    return (
        f"{kind} shown is no prefix of what is stored: they part at {parting} of {len(seen)} shown"
        f" and {len(whole)} stored; shown {seen[around]!r}, stored {whole[around]!r}"
    )
