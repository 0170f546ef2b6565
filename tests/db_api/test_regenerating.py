"""A reply is asked for again: another version of it, or one that continues its text."""

from typing import Any

import pytest

from tests.db_api.api import Api, Person, ids, lines, problem, reasons
from tests.db_api.conftest import TakeOver

CUT: list[dict[str, Any]] = [
    {"state": "stopped"},
    {"state": "failed", "error": {"kind": "model-broke"}},
    {"state": "complete", "error": {"kind": "reply-limit"}},
]


@pytest.fixture
def reply(api: Api, ada: Person, chat: str) -> str:
    """A finished reply to the chat's first message, "one"."""
    return api.answer(ada, chat, "one", "1")


def test_the_new_reply_stands_beside_the_old_one_and_is_shown_and_what_was_below_stays(
    api: Api, ada: Person, chat: str, reply: str
) -> None:
    api.answer(ada, chat, "two", "2")
    question = ada.messages(chat)[0]["id"]
    sent = ada.regenerate(chat, reply)
    new = sent["reply"]
    assert sent["message"]["id"] == new["parent_id"] == question
    assert (new["role"], new["seq"], new["content"]) == ("assistant", 5, "")
    assert (new["reply"]["state"], new["reply"]["queue_position"]) == ("queued", 1)
    assert new["version"] == {"number": 2, "count": 2, "previous": reply, "next": None}
    assert (sent["claim"], sent["title"], sent["repeated"]) == (None, "one", False)
    assert ids(ada.messages(chat)) == [question, new["id"]]
    assert ada.show(chat, reply)["title"] == "one"
    assert ada.contents(chat) == ["one", "1", "two", "2"]


def test_a_key_means_one_thing(api: Api, ada: Person, chat: str, reply: str) -> None:
    stopped = api.answer(ada, chat, "two", "half", state="stopped")
    ada.sent(chat, "three", key="message")
    ada.regenerate(chat, stopped, key="again")
    ada.regenerate(chat, stopped, key="on", continued=True)
    assert ada.regenerate(chat, stopped, key="on", continued=True)["repeated"] is True
    for other in (
        ada.post_reply(chat, reply, key="message"),
        ada.post_reply(chat, reply, key="again"),
        ada.post_reply(chat, stopped, key="again", continued=True),
        ada.post_reply(chat, stopped, key="on"),
        ada.post_message(chat, "two", key="again"),
    ):
        problem(other, 409, "key-reused")


def test_a_message_is_no_repetition_of_a_reply_that_says_the_same(
    api: Api, ada: Person, chat: str, reply: str
) -> None:
    api.finish(ada.regenerate(chat, reply, key="k", worker="w")["reply"]["id"], "Yes")
    ada.send(chat, "below")
    problem(ada.post_message(chat, "Yes", key="k"), 409, "key-reused")


def test_continuing_with_no_word_yet_can_be_repeated_too(api: Api, ada: Person, chat: str) -> None:
    reply = api.answer(ada, chat, "one", "", **CUT[1])
    for repeated in (False, True):
        assert ada.regenerate(chat, reply, key="k", continued=True)["repeated"] is repeated


@pytest.mark.parametrize("end", CUT)
def test_a_reply_that_was_cut_off_continues_from_its_text(
    api: Api, ada: Person, chat: str, end: dict[str, Any]
) -> None:
    reply = api.answer(ada, chat, "Tell me", "Grüße 😀", **end)
    claim = ada.regenerate(chat, reply, worker="w", continued=True)["claim"]
    assert claim["steps"] == [{"kind": "text", "text": "Grüße 😀"}]
    assert lines(claim["prompt"]) == [("user", "Tell me")]
    assert ada.contents(chat) == ["Tell me", "Grüße 😀"]
    new = claim["reply"]["id"]
    assert api.store(new, " an alle", 7)["length"] == 15
    api.finish(new, "!", offset=15)
    assert ada.contents(chat) == ["Tell me", "Grüße 😀 an alle!"]
    ada.show(chat, reply)
    assert ada.contents(chat) == ["Tell me", "Grüße 😀"]


@pytest.mark.parametrize("end", CUT)
def test_what_is_merely_the_beginning_of_another_version_is_not_counted_as_one(
    api: Api, ada: Person, chat: str, end: dict[str, Any]
) -> None:
    def versions() -> list[tuple[str, int, int]]:
        """Of the reply, each as its own message tells it."""
        exported = ada.read(chat, "/messages/all")["items"]
        replies = [m for m in exported if m["role"] == "assistant"]
        found = []
        for reply in replies:
            (shown,) = [m for m in ada.messages(chat, at=reply["id"]) if m["id"] == reply["id"]]
            told = shown["version"] or {"number": 1, "count": 1}
            found.append((shown["content"], told["number"], told["count"]))
        return found

    cut = api.answer(ada, chat, "Count", "1, 2,", **end)
    api.finish(ada.regenerate(chat, cut, worker="w")["reply"]["id"], "1, 2, 3")
    assert versions() == [("1, 2,", 1, 2), ("1, 2, 3", 2, 2)], "the second one is not its end"
    continued = ada.regenerate(chat, cut, worker="w", continued=True)["reply"]
    assert continued["version"]["count"] == 2, "at once, while it is written"
    api.finish(continued["id"], " 3, 4", offset=5, **end)
    assert versions()[1:] == [("1, 2, 3", 1, 2), ("1, 2, 3, 4", 2, 2)], "the whole one stays"
    again = ada.regenerate(chat, continued["id"], worker="w", continued=True)["reply"]["id"]
    api.finish(again, " and 5", offset=10)
    assert versions()[1::2] == [("1, 2, 3", 1, 2), ("1, 2, 3, 4 and 5", 2, 2)]
    assert [m["version"]["count"] for m in ada.read(chat, "/messages/all")["items"][1:]] == [4] * 4


def test_a_beginning_with_something_below_it_stays_a_version(
    api: Api, ada: Person, chat: str
) -> None:
    cut = api.answer(ada, chat, "Count", "1, 2,", state="stopped")
    api.answer(ada, chat, "Thank you", "Welcome")
    api.finish(ada.regenerate(chat, cut, worker="w", continued=True)["reply"]["id"], " 3", offset=5)
    assert ada.messages(chat)[-1]["version"]["previous"] == cut
    ada.show(chat, cut)
    assert ada.contents(chat) == ["Count", "1, 2,", "Thank you", "Welcome"]


def test_asking_again_is_answered_though_what_was_replaced_is_gone(
    ada: Person, chat: str, reply: str
) -> None:
    new = ada.regenerate(chat, reply, key="k")["reply"]["id"]
    ada.remove(chat, reply)
    assert ada.regenerate(chat, reply, key="k")["reply"]["id"] == new


@pytest.mark.parametrize("text", ["", "3, 4"])
def test_what_a_continued_reply_does_not_begin_with_stays_a_version(
    api: Api, ada: Person, chat: str, text: str
) -> None:
    first = api.answer(ada, chat, "Count", text, state="stopped")
    cut = ada.regenerate(chat, first, worker="w")["reply"]["id"]
    api.finish(cut, "1, 2", state="stopped")
    continued = ada.regenerate(chat, cut, worker="w", continued=True)["reply"]
    assert (continued["version"]["count"], continued["version"]["previous"]) == (2, first)


def test_with_a_continued_reply_its_beginning_is_deleted(
    api: Api, ada: Person, chat: str, reply: str
) -> None:
    cut = ada.regenerate(chat, reply, worker="w")["reply"]["id"]
    api.finish(cut, "2,", state="stopped")
    whole = ada.regenerate(chat, cut, worker="w", continued=True)["reply"]["id"]
    api.finish(whole, " 3", offset=2)
    below = ada.sent(chat, "below")["message"]["id"]
    for message, left in ((below, 4), (whole, 2)):
        ada.remove(chat, message)
        assert len(ada.read(chat, "/messages/all")["items"]) == left
        if message == below:
            ada.show(chat, cut)
    assert ada.contents(chat) == ["one", "1"]


def test_what_it_was_given_is_no_success_of_an_attempt_and_stays(
    api: Api, ada: Person, chat: str, take_over: TakeOver
) -> None:
    old = api.answer(ada, chat, "Tell me", "Once", state="stopped")
    new = ada.regenerate(chat, old, worker="w", continued=True)["reply"]["id"]
    assert [take_over(new)["attempts"] for _ in range(3)] == [1, 2, 3]
    assert take_over(new) is None
    assert ada.reply(chat, new)["error"]["kind"] == "crashed"
    assert ada.contents(chat)[-1] == "Once"
    newer = ada.regenerate(chat, old, continued=True)["reply"]["id"]
    assert (ada.stop(chat, newer)["state"], ada.contents(chat)[-1]) == ("stopped", "Once")


def test_a_whole_reply_is_not_continued_and_an_unfinished_one_not_asked_for_again(
    ada: Person, chat: str, reply: str
) -> None:
    problem(ada.post_reply(chat, reply, continued=True), 409, "nothing-to-continue")
    for unfinished in (ada.send(chat, worker="w"), ada.send(chat)):
        for continued in (True, False):
            problem(ada.post_reply(chat, unfinished, continued=continued), 409, "reply-unfinished")
    assert reasons(ada.post_reply(chat, reply, continued="x")) == [("continued", "invalid")]
    assert len(ada.messages(chat)) == 6
