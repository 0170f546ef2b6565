"""Each check finds what it is there for, and nothing where all is well."""

import dataclasses
from typing import Any

from faults.export import Copy, Stored
from faults.invariants import check
from faults.ledger import Ledger
from faults.shown import Shown

CHAT = "a-chat"


def stored(number: int, role: str, content: str, state: str | None = None) -> Stored:
    parent = f"m{number - 1}" if number > 1 else None
    return Stored(f"m{number}", parent, number, role, content, state, None)


class Scene:
    """A chat of an opening message, a question and its answer, all in order."""

    def __init__(self) -> None:
        self.ledger, self.shown = Ledger(), Shown()
        self.entry = self.ledger.begin("Ann", CHAT, "key", "Why?\r\nPlease.")
        self.ledger.acknowledge(self.entry)
        self.messages = [
            stored(1, "assistant", "Hello!"),
            stored(2, "user", "Why?\nPlease."),
            stored(3, "assistant", "Because it is so.", "complete"),
        ]
        self.letters = {"m3": "Becauseitisso"}

    def change(self, number: int, **changes: Any) -> None:
        self.messages[number - 1] = dataclasses.replace(self.messages[number - 1], **changes)

    def broken(self) -> set[str]:
        copy = Copy(CHAT, "Ann", self.messages, self.letters)
        return {violation.promise for violation in check(self.ledger, self.shown, [copy])}


def test_all_is_well() -> None:
    scene = Scene()
    scene.shown.note(CHAT, "m3", "text", "Because it", final=False)
    scene.shown.note(CHAT, "m3", "letters", "Becauseitisso", final=True)
    scene.shown.note_order(CHAT, [("m2", 2), ("m3", 3)])
    assert scene.broken() == set()


def test_an_acknowledged_message_that_is_gone() -> None:
    scene = Scene()
    del scene.messages[1:]
    assert scene.broken() == {"I1"}


def test_a_message_that_changed_by_one_byte() -> None:
    scene = Scene()
    scene.change(2, content="Why?\nPlease. ")
    assert scene.broken() == {"I1"}


def test_a_refused_message_that_is_stored() -> None:
    scene = Scene()
    scene.ledger.refuse(scene.entry, 413)
    assert scene.broken() == {"I1"}


def test_a_message_stored_twice() -> None:
    scene = Scene()
    scene.messages += [
        stored(4, "user", "Why?\nPlease."),
        stored(5, "assistant", "Again.", "complete"),
    ]
    assert scene.broken() == {"I4"}


def test_a_reply_without_an_end_and_a_message_without_a_reply() -> None:
    scene = Scene()
    scene.change(3, state="running")
    assert scene.broken() == {"I2"}
    del scene.messages[2]
    assert scene.broken() == {"I2"}


def test_a_page_of_an_unfinished_reply_may_hold_back_an_unfinished_mark() -> None:
    scene = Scene()
    scene.change(3, state="running")
    scene.shown.note(CHAT, "m3", "letters", "Becauseitissoandmore")
    assert scene.broken() == {"I2"}


def test_text_that_was_shown_and_is_gone() -> None:
    scene = Scene()
    scene.shown.note(CHAT, "m3", "text", "Because it was")
    assert scene.broken() == {"I3"}


def test_a_reply_that_was_shown_and_is_gone() -> None:
    scene = Scene()
    scene.shown.note(CHAT, "m7", "letters", "B")
    assert scene.broken() == {"I3"}


def test_text_that_was_taken_back_between_two_looks() -> None:
    scene = Scene()
    for text in ("Because", "Because it was", "Because it is"):
        scene.shown.note(CHAT, "m3", "text", text)
    assert scene.broken() == {"I3"}


def test_another_order_on_a_page() -> None:
    scene = Scene()
    scene.shown.note_order(CHAT, [("m3", 3), ("m2", 2)])
    assert scene.broken() == {"I5"}


def test_two_messages_under_one_parent() -> None:
    scene = Scene()
    scene.messages[2] = dataclasses.replace(scene.messages[2], parent="m1")
    assert "I5" in scene.broken()


def test_messages_sent_one_after_the_other_that_stand_the_other_way_round() -> None:
    scene = Scene()
    later = scene.ledger.begin("Ann", CHAT, "another key", "And then?")
    scene.ledger.acknowledge(later)
    scene.messages = [
        stored(1, "assistant", "Hello!"),
        stored(2, "user", "And then?"),
        stored(3, "assistant", "Nothing.", "complete"),
        stored(4, "user", "Why?\nPlease."),
        stored(5, "assistant", "Because it is so.", "complete"),
    ]
    assert scene.broken() == {"I5"}


def test_a_reply_that_overtook_an_earlier_one() -> None:
    scene = Scene()
    scene.shown.overtaken[CHAT].add(("m1", "m3"))
    assert scene.broken() == {"I5"}


def test_a_watcher_who_was_never_told_the_end() -> None:
    scene = Scene()
    scene.shown.endless[CHAT].append("Ann: no end")
    assert scene.broken() == {"watch"}
