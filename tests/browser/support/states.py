"""Every page and its main states, with texts that look like what people write."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.browser.support.document_states import (
    answered,
    attach,
    choice,
    document_menu,
    documents,
    notices,
)
from tests.browser.support.opening import QUESTION, at, first_visit, in_another_chat
from tests.browser.support.page import prompt, replies, save, send_past_the_counter, side
from tests.browser.support.people import Someone

RICH = r"""The **distance** between $(x_1, y_1)$ and $(x_2, y_2)$ follows from Pythagoras:

$$d^2 = (x_2 - x_1)^2 + (y_2 - y_1)^2$$

In code:

```python
from math import hypot

def distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    # How far it is from a to b, whatever their order.
    return hypot(b[0] - a[0], b[1] - a[1])
```

| Language | Time for a million | Notes |
|:--|--:|:--|
| C | 4 ms | with `-O2` |
| Python | 180 ms | `math.hypot` is the quickest way |
| JavaScript | 9 ms | `Math.hypot` |

> Measure before you choose.

1. Write it plainly.
2. Measure.
   - On *your* machine.
   - See [the manual](https://docs.python.org/3/library/math.html).

- [x] H<sub>2</sub>O[^1]
- [ ] www.example.com

[^1]: Water.

$$\begin{aligned} x + y &= 12 \\ 2x &= \boxed{5} \end{aligned}$$
"""
OTHERS = [
    ("Plan a weekend in Lisbon", "Walk, eat, rest."),
    ("اكتب قصيدة عن البحر", "البحر واسع.\n\nوالموج عالٍ."),
    ("Как назвать маленькую лодку?", "Назови её «Чайка»."),
    ("Explain DNS like I'm five", "It is a phone book."),
]


@dataclass(frozen=True)
class State:
    """`open` brings one person's tab to it. The person's newest chat stays the one of `fill`."""

    name: str
    open: Callable[[Someone], Page]


def fill(someone: Someone) -> None:
    """Some chats, the newest with all that a message can hold."""
    for question, answer in OTHERS:
        someone.talk(question, answer)
    someone.http.post(f"{someone.chat}/pin", data={"pinned": "1"})
    someone.talk(QUESTION, RICH)


@in_another_chat
def _new_chat(someone: Someone) -> Page:
    return someone.open(someone.new_chat())


@in_another_chat
def _replying(someone: Someone) -> Page:
    writer = someone.writer()
    reply = writer.ask("And in three dimensions?")
    reply.write("It is the same rule once more: add the square of the third difference ")
    writer.ask("Thank you!", claim=False)
    page = someone.open()
    expect(replies(page).nth(-2)).to_contain_text("third difference")
    return page


CALLS: list[tuple[str, str, dict[str, object]]] = [
    ("calculator", '{"expression": "3**2 + 4**2"}', {"result": "`3**2 + 4**2` = **25**"}),
    ("", '{"tool": "square-root", "argu', {"result": "This is no call of a tool.", "failed": True}),
    ("search-documents", '{"text": "%s"}' % ("Pythagoras" * 19), {}),
]


@in_another_chat
def _calls(someone: Someone) -> Page:
    reply = someone.writer().ask("How far is it from (0, 0) to (3, 4)?")
    for number, (tool, arguments, result) in enumerate(CALLS, 1):
        reply.call(number, tool, arguments, **result)
    page = someone.open()
    cards = replies(page).last.locator(".call")
    expect(cards).to_have_count(len(CALLS))
    for card in cards.all():
        card.locator("summary").click()
    expect(cards.last).to_contain_text("Running…")
    return page


@in_another_chat
def _live_page(someone: Someone) -> Page:
    """Its end leads away at once, so it is looked at before."""
    someone.writer().ask("And in three dimensions?").write("It is the same rule once more: add")
    page = someone.profile.next_tab()
    page.goto(f"{someone.chat}/live", wait_until="commit")
    expect(page.get_by_text("the same rule once more")).to_be_visible()
    return page


@in_another_chat
def _ended(someone: Someone) -> Page:
    writer = someone.writer()
    writer.exchange("Stop me", "I was saying", state="stopped")
    writer.exchange("Fail", "Half a", state="failed", error={"kind": "model-broke"})
    writer.exchange("Too long", "Cut", error={"kind": "reply-limit"})
    return someone.open()


def open_new_token(someone: Someone) -> Page:
    """A new one, which is shown once."""
    page = someone.open("/settings/tokens")
    page.get_by_label("Name", exact=True).fill("My editor")
    page.get_by_label("Ask the model").check()
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_role("status")).to_contain_text("Copy it now")
    return page


def _deleted(path: str) -> Callable[[Someone], Page]:
    def open_page(someone: Someone) -> Page:
        deleted = someone.http.post(f"{someone.chat}/delete").headers["location"]
        chat, _, id = deleted.partition("?deleted=")
        return someone.open(path.replace("CHAT", chat).replace("ID", id))

    return in_another_chat(open_page)


@in_another_chat
def _gone(someone: Someone) -> Page:
    someone.expect_error("404")
    page = someone.open()
    prompt(page).fill("And in three dimensions?")
    someone.http.post(f"{someone.chat}/delete")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    return page


def _editing(someone: Someone) -> Page:
    page = someone.open()
    expect(someone.edit(page)).to_be_visible()
    return page


def _menu(someone: Someone) -> Page:
    page = someone.open()
    page.locator("summary", has_text="Chat options").click()
    return page


def _row_menu(someone: Someone) -> Page:
    page = someone.open()
    if not side(page).is_visible():
        page.get_by_role("button", name="Chats").click()
    row = side(page).get_by_role("listitem").filter(has_text="Plan a weekend in Lisbon")
    row.hover()
    row.locator("summary").click()
    expect(row.get_by_role("button", name="Rename")).to_be_visible()
    return page


def _refused(someone: Someone) -> Page:
    someone.expect_error("413")
    page = someone.open("/")
    prompt(page).fill("é" * 16_400)
    send_past_the_counter(page)
    expect(page.get_by_role("alert")).to_contain_text("Too long")
    return page


def _unsaved(someone: Someone) -> Page:
    someone.expect_error("422")
    page = someone.open("/settings")
    page.get_by_label("Temperature").fill("hot")
    save(page)
    expect(page.get_by_label("Temperature")).to_be_focused()
    expect(page.get_by_role("alert")).to_be_in_viewport()
    return page


def _found(someone: Someone) -> Page:
    page = someone.open("/")
    if not side(page).is_visible():
        page.get_by_role("button", name="Chats").click()
    page.get_by_label("Search all chats").fill("the")
    expect(side(page).locator("mark").first).to_be_visible()
    return page


def _drawer(someone: Someone) -> Page:
    page = someone.open()
    page.get_by_role("button", name="Chats").click()
    expect(side(page)).to_be_visible()
    return page


def _keys(someone: Someone) -> Page:
    page = someone.open()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    return page


def _message(someone: Someone) -> Page:
    page = someone.open()
    someone.act_on(replies(page).last, "Details")
    page.get_by_text("Delete this message and what follows…").click()
    return page


def _problem(someone: Someone) -> Page:
    someone.expect_error("404")
    return someone.open("/chats/nowhere")


STATES = [
    State("first visit", first_visit("/")),
    State("home", at("/")),
    State("home after a deletion", _deleted("/?deleted=ID")),
    State("home after a refusal", _refused),
    State("chats", at("/chats")),
    State("chat after a deletion", _deleted("CHAT?deleted=ID")),
    State("chat deleted in another window", _gone),
    State("menu in the list", _row_menu),
    State("found while typing", _found),
    State("chat", at("CHAT")),
    State("new chat", _new_chat),
    State("replying", _replying),
    State("calls of tools", _calls),
    State("ended replies", _ended),
    State("editing", _editing),
    State("menu", _menu),
    State("drawer", _drawer),
    State("keys", _keys),
    State("message", _message),
    State("chat settings", at("CHAT/settings")),
    State("prompt", at("CHAT/prompt")),
    State("search", at("/search?q=the")),
    State("search without hits", at("/search?q=xylophone")),
    State("settings", at("/settings")),
    State("settings refused", _unsaved),
    State("API tokens", open_new_token),
    State("deleted chats", _deleted("/settings")),
    State("list of keys", at("/keys")),
    State("settings before a name", first_visit("/settings")),
    State("settings saved", at("/settings?saved=1")),
    State("live page", _live_page),
    State("chat with documents", documents("CHAT")),
    State("notices of files", notices),
    State("documents", documents("/documents")),
    State("document menu", document_menu),
    State("attach files", attach),
    State("add documents", choice),
    State("document", documents("/documents/ID")),
    State("document to be deleted", documents("/documents/ID?deleting=1")),
    State("answer with quotes", answered("CHAT")),
    State("quote", answered("/documents/ID?page=1&quote=33-60#quote")),
    State("prompt with passages", answered("CHAT/prompt")),
    State("prompt of a reply", answered("CHAT/replies/REPLY/prompt")),
    State("problem", _problem),
]
