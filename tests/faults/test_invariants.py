"""Each check finds what it is there for, and nothing where all is well."""

from dataclasses import replace

import pytest

from faults.findings import Findings
from faults.invariants import check
from faults.ledger import Ledger
from faults.reading import Copy, Stored
from faults.shown import Kind, Shown

CHAT = "a-chat"
GREETING = Stored("m1", None, 1, "assistant", "Hello!", None, None)
QUESTION = Stored("m2", "m1", 2, "user", "Why?\nPlease.", None, None)
REPLY = Stored("m3", "m2", 3, "assistant", "Because it is so.", "complete", None)
SECOND = Stored("m4", "m3", 4, "user", "Why?\nPlease.", None, None)
SECOND_REPLY = Stored("m5", "m4", 5, "assistant", "Again.", "complete", None)
RUNNING = replace(REPLY, state="running")
WELL = [GREETING, QUESTION, REPLY]


class Scene:
    """A chat in which one question was sent and acknowledged."""

    def __init__(self) -> None:
        self.ledger, self.shown = Ledger(), Shown()
        self.entry = self.ledger.begin(CHAT, "key", "Why?\r\nPlease.")
        self.entry.acknowledge()

    def broken(self, messages: list[Stored] = WELL) -> set[str]:
        found = Findings()
        check(found, self.ledger, self.shown, Copy(CHAT, messages, {"m3": "Becauseitisso"}))
        return set(found.broken)


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.mark.parametrize(
    ("messages", "promises"),
    [
        pytest.param(WELL, set(), id="all is well"),
        pytest.param([GREETING], {"I1"}, id="an acknowledged message is gone"),
        pytest.param(
            [GREETING, replace(QUESTION, content="Why?\nPlease. "), REPLY],
            {"I1"},
            id="a message changed by one byte",
        ),
        pytest.param([*WELL, SECOND, SECOND_REPLY], {"I4"}, id="a message is stored twice"),
        pytest.param([GREETING, QUESTION, RUNNING], {"I2"}, id="a reply has no end"),
        pytest.param([GREETING, QUESTION], {"I2"}, id="a message has no reply"),
        pytest.param(
            [GREETING, QUESTION, replace(REPLY, parent="m1")],
            {"I2", "I5"},
            id="two messages are under one parent",
        ),
    ],
)
def test_what_is_stored(scene: Scene, messages: list[Stored], promises: set[str]) -> None:
    assert scene.broken(messages) == promises


@pytest.mark.parametrize(
    ("reply", "states", "promises"),
    [
        pytest.param("m3", [("text", "Because it")], set(), id="a beginning"),
        pytest.param("m3", [("letters", "Becauseitisso")], set(), id="the whole"),
        pytest.param("m3", [("text", "Because it was")], {"I3"}, id="what is gone"),
        pytest.param("m7", [("letters", "B")], {"I3"}, id="a reply that is gone"),
        pytest.param(
            "m3",
            [("text", "Because"), ("text", "Because it was"), ("text", "Because it is")],
            {"I3"},
            id="what was taken back between two looks",
        ),
    ],
)
def test_what_was_shown(
    scene: Scene, reply: str, states: list[tuple[Kind, str]], promises: set[str]
) -> None:
    for kind, text in states:
        scene.shown.note(CHAT, reply, kind, text)
    assert scene.broken() == promises


def test_a_page_of_an_unfinished_reply_may_hold_back_an_unfinished_mark(scene: Scene) -> None:
    scene.shown.note(CHAT, "m3", "letters", "Becauseitissoandmore")
    assert scene.broken([GREETING, QUESTION, RUNNING]) == {"I2"}


@pytest.mark.parametrize(("order", "promises"), [((2, 3), set()), ((3, 2), {"I5"})])
def test_every_page_shows_the_same_order(
    scene: Scene, order: tuple[int, int], promises: set[str]
) -> None:
    scene.shown.orders[CHAT].add(tuple((f"m{seq}", seq) for seq in order))
    assert scene.broken() == promises


def test_messages_sent_one_after_the_other_are_stored_so(scene: Scene) -> None:
    scene.ledger.begin(CHAT, "another key", "And then?").acknowledge()
    swapped = [replace(QUESTION, content="And then?"), REPLY, SECOND, SECOND_REPLY]
    assert scene.broken([GREETING, *swapped]) == {"I5"}


def test_whatever_else_was_noted_breaks_its_promise(scene: Scene) -> None:
    scene.entry.refused = 413  # and is stored
    scene.shown.overtaken[CHAT].add(("m1", "m3"))
    scene.shown.endless[CHAT].append("Ann: no end")
    assert scene.broken() == {"I1", "I5", "watch"}
