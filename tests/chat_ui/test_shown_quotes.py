"""Below an answer from documents are its quotes: they lead to the marked words, are copied and
exported with it, and go with their document."""

import json
from typing import Any

import httpx
import pytest
from app.answering.refusals import NOTHING_FOUND

from tests.chat_ui.asking import (
    ANSWER,
    LEASE,
    QUESTION,
    UNSUPPORTED,
    ask,
    choice,
    last_message,
    prompts,
    quotes,
    where_quoted,
)
from tests.chat_ui.support import (
    SCRIPT,
    ScriptedModel,
    events,
    expect,
    generate,
    message_ids,
    parse,
)


def test_an_answer_has_quotes_that_lead_to_the_marked_words(
    browser: httpx.Client, chat: str, lease: str, model: ScriptedModel
) -> None:
    model.text = ANSWER
    reply = ask(browser, chat)
    assert f'From "lease.txt", page 4:\n{LEASE}' in prompts(model)[0]
    assert prompts(model)[0].endswith(QUESTION)
    words = "The lease ends on 31 March 2027."
    address = where_quoted(lease, chat, reply)
    assert quotes(reply) == [("[1] lease.txt, page 4", words, address)]
    body = reply.find(class_="body")
    assert body
    assert "".join(body.text.split("\n")) == (
        "The lease ends on 31 March 2027 [7]. [1] Cats sleep on the balcony. [?]"
    )
    assert [a.text for a in body.find_all("a")] == ["[1]"], "the model's numbers lead nowhere"
    assert "No source was found" in reply.text
    assert UNSUPPORTED not in reply.text
    page = parse(browser.get(address).text)
    (marked,) = page.find_all("strong", id="quote")
    text = page.find("pre")
    assert (marked.text, text and text.text) == (words, LEASE)
    back = next(a for a in page.find_all("a") if a.text == "Back to the chat").attributes["href"]
    assert words in browser.get(back).text
    assert back.endswith("#" + reply.attributes["id"])
    for odd in ("999-9999", "50-40"):
        assert "<mark" not in browser.get(f"/documents/{lease}?page=4&quote={odd}").text
    assert browser.get(f"/documents/{lease}?quote=all").status_code == 422


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (
            "Cats sleep on the balcony. They eat fish.",
            "Cats sleep on the balcony. [?] They eat fish. [?]",
        ),
        (QUESTION, f"{QUESTION} [?]"),
        ("Which cats? Here they are:", "Which cats? Here they are: [?]"),
    ],
)
def test_where_no_sentence_has_a_source_the_nearest_passages_are_shown(
    browser: httpx.Client, chat: str, lease: str, model: ScriptedModel, written: str, shown: str
) -> None:
    model.text = written
    reply = ask(browser, chat)
    body = reply.find(class_="body")
    assert body
    assert "".join(body.text.split("\n")) == shown
    assert "Nearest passages" in reply.text
    assert "words that your documents use" not in reply.text, "they were found"
    assert quotes(reply)[0][:2] == ("[1] lease.txt, page 4", LEASE)
    assert reply.text.index(UNSUPPORTED) < reply.text.index(shown.split("?")[0].split(".")[0])


def test_an_open_page_gets_the_quotes_with_the_end_of_the_reply(
    browser: httpx.Client, chat: str, lease: str, model: ScriptedModel
) -> None:
    model.text, model.hold_after = ANSWER, 3
    form = {"prompt": QUESTION, "client_key": "k"}
    sent = browser.post(generate(chat), data=form, headers=SCRIPT)
    assert sent.status_code == 200
    last: dict[str, Any] = {}
    for name, data in events(browser, chat, since=1):
        if name == "text":
            model.go.set()
        if name == "message":
            last = data
    found = quotes(last_message(last["html"]))
    assert [where for where, _, _ in found] == ["[1] lease.txt, page 4"]


def copy(browser: httpx.Client, chat: str) -> str:
    """The last message, as its button copies it."""
    message = message_ids(browser.get(chat).text)[-1].removeprefix("m-")
    bare = {"Accept": "text/plain"}
    return expect(browser.get(f"{chat}/messages/{message}", headers=bare), 200)


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("exact", NOTHING_FOUND),
        ("documents", f"{UNSUPPORTED}\n\nCats sleep on the balcony. [?] They eat fish. [?]"),
    ],
)
def test_what_is_copied_and_exported_calls_no_nearest_passage_a_quote(
    browser: httpx.Client, chat: str, lease: str, model: ScriptedModel, mode: str, said: str
) -> None:
    model.text = "Cats sleep on the balcony. They eat fish."
    question = QUESTION if mode == "documents" else "Is the ferry's lease insured against whales?"
    ask(browser, chat, question, mode=mode)
    text = copy(browser, chat)
    assert text.startswith(f"{said}\n\nNearest passages:\n\n- [1] lease.txt, page 4: “{LEASE}”")
    assert text in browser.get(f"{chat}/export.md").text
    assert "Quotes" not in text


def test_exports_have_the_quotes(
    browser: httpx.Client, chat: str, lease: str, model: ScriptedModel
) -> None:
    model.text = ANSWER
    ask(browser, chat)
    marked = (
        "The lease ends on 31 March 2027 [7]. [1] Cats sleep on the balcony. [?]\n\n"
        "Quotes:\n\n- [1] lease.txt, page 4: “The lease ends on 31 March 2027.”\n\n"
        "[?] No source was found in your documents."
    )
    assert copy(browser, chat) == marked
    assert f"{marked}\n" in browser.get(f"{chat}/export.md").text
    reply = json.loads(browser.get(f"{chat}/export.json").text)["messages"][-1]["reply"]
    assert (reply["mode"], reply["found"]) == ("documents", True)
    assert [(q["start"], q["page"], q["text"]) for q in reply["quotes"]] == [
        (0, 4, "The lease ends on 31 March 2027."),
        (37, None, None),
    ]


def test_with_a_document_its_quotes_are_gone_at_once(
    browser: httpx.Client, chat: str, lease: str, model: ScriptedModel
) -> None:
    model.text = ANSWER
    ask(browser, chat)
    assert browser.post(f"/documents/{lease}/delete").status_code == 303
    reply = last_message(browser.get(chat).text)
    assert quotes(reply) == []
    body = reply.find(class_="body")
    assert body
    assert "".join(body.text.split("\n")) == (
        "The lease ends on 31 March 2027 [7]. [deleted] Cats sleep on the balcony. [?]"
    )
    for said in ("quoted has been deleted.", "[?] No source was found"):
        assert said in reply.text
        assert said in copy(browser, chat)
    assert UNSUPPORTED not in reply.text
    assert "31 March 2027." not in browser.get(f"{chat}/prompt").text.replace(ANSWER, "")
    assert choice(browser.get(chat).text) is None
    address = f"/documents/{lease}?page=4&{chat.removeprefix('/').replace('chats/', 'chat=')}"
    expect(browser.get(address), 404, "Back to the chat", f'href="{chat}#end"')
