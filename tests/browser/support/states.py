"""Every page and its main states, with texts that look like what people write."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.browser.support.page import act_on, questions, replies, side
from tests.browser.support.people import Someone

QUESTION = "How do I find the distance between two points, and which language is quickest?"
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
"""
OTHERS = [
    ("Plan a weekend in Lisbon", "Walk, eat, rest."),
    ("اكتب قصيدة عن البحر", "البحر واسع.\n\nوالموج عالٍ."),
    ("Как назвать маленькую лодку?", "Назови её «Чайка»."),
    ("Explain DNS like I'm five", "It is a phone book."),
]


@dataclass
class State:
    """`open` brings one person's new tab to it."""

    name: str
    open: Callable[[Someone], Page]


def fill(someone: Someone) -> None:
    """Some chats, the newest with all that a message can hold."""
    for question, answer in OTHERS:
        someone.talk(question, answer)
    someone.http.post(f"{someone.chat}/pin", data={"pinned": "1"})
    someone.talk(QUESTION, RICH)


def _home(someone: Someone) -> Page:
    return someone.open("/")


def _first_visit(someone: Someone, path: str = "/") -> Page:
    someone.context.clear_cookies()
    page = someone.open(path)
    for cookie in someone.http.cookies.jar:
        someone.context.add_cookies(
            [{"name": cookie.name, "value": cookie.value or "", "url": someone.parley.url}]
        )
    return page


def _chat(someone: Someone) -> Page:
    return someone.open()


def _new_chat(someone: Someone) -> Page:
    before = someone.chat
    page = someone.open(someone.new_chat())
    someone.chat = before
    return page


def _replying(someone: Someone) -> Page:
    before = someone.chat
    hand = someone.talk("How far is it from here to there?", "Measure it along a straight line.")
    growing = hand.ask("And in three dimensions?")
    growing.write("It is the same rule once more: add the square of the third difference ")
    hand.ask("Thank you!", claim=False)
    page = someone.open()
    someone.chat = before
    expect(replies(page).nth(-2)).to_contain_text("third difference")
    return page


def _growing(someone: Someone) -> Page:
    """Its end leads away at once, so it is looked at before."""
    before = someone.chat
    hand = someone.talk("How far is it from here to there?", "Measure it along a straight line.")
    hand.ask("And in three dimensions?").write("It is the same rule once more: add the square")
    page = someone.context.new_page()
    page.goto(f"{someone.chat}/live", wait_until="commit")
    someone.chat = before
    expect(page.get_by_text("the same rule once more")).to_be_visible()
    return page


def _ended(someone: Someone) -> Page:
    before = someone.chat
    hand = someone.hand(someone.new_chat())
    hand.exchange("Stop me", "I was saying", state="stopped")
    hand.exchange("Fail", "Half a", state="failed", error="model-broke-off")
    hand.exchange("Too long", "Cut", error="reply-limit")
    page = someone.open()
    someone.chat = before
    return page


def _editing(someone: Someone) -> Page:
    page = someone.open()
    act_on(questions(page).last, "Edit")
    expect(page.locator("#edited")).to_be_visible()
    return page


def _menu(someone: Someone) -> Page:
    page = someone.open()
    page.locator("summary", has_text="This chat").click()
    return page


def _drawer(someone: Someone) -> Page:
    page = someone.open()
    if not side(page).is_visible():
        page.get_by_role("button", name="Chats").click()
        page.wait_for_timeout(300)
    return page


def _keys(someone: Someone) -> Page:
    page = someone.open()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    return page


def _message(someone: Someone) -> Page:
    page = someone.open()
    act_on(replies(page).last, "More about this message")
    page.get_by_text("Delete from here on…").click()
    return page


def _problem(someone: Someone) -> Page:
    someone.expect_error("404")
    return someone.open("/chats/nowhere")


def _deleted(someone: Someone) -> Page:
    return someone.open(f"/?deleted={_delete_one(someone).removeprefix('/chats/')}")


def _delete_one(someone: Someone) -> str:
    before = someone.chat
    someone.talk("Delete me", "Yes.")
    gone = someone.chat
    someone.http.post(f"{gone}/delete")
    someone.chat = before
    return gone


def _bring_back(someone: Someone) -> Page:
    _delete_one(someone)
    return someone.open("/settings")


def _at(path: str) -> Callable[[Someone], Page]:
    return lambda someone: someone.open(path.replace("CHAT", someone.chat))


STATES = [
    State("first visit", _first_visit),
    State("home", _home),
    State("home after a deletion", _deleted),
    State("chat", _chat),
    State("new chat", _new_chat),
    State("replying", _replying),
    State("ended replies", _ended),
    State("editing", _editing),
    State("menu", _menu),
    State("drawer", _drawer),
    State("keys", _keys),
    State("message", _message),
    State("chat settings", _at("CHAT/settings")),
    State("prompt", _at("CHAT/prompt")),
    State("search", _at("/search?q=the")),
    State("search without hits", _at("/search?q=xylophone")),
    State("settings", _at("/settings")),
    State("deleted chats", _bring_back),
    State("list of keys", _at("/keys")),
    State("settings before a name", lambda someone: _first_visit(someone, "/settings")),
    State("settings saved", _at("/settings?saved=1")),
    State("growing page", _growing),
    State("problem", _problem),
]
