"""Every page and its main states, with texts that look like what people write."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.browser.support.page import prompt, replies, save, send_past_the_counter, side
from tests.browser.support.people import Someone
from tests.doc_worker.files import text_pdf
from tests.support.sql import sql
from tests.support.waiting import wait_until

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


def _at(path: str) -> Callable[[Someone], Page]:
    return lambda someone: someone.open(path.replace("CHAT", someone.chat))


def _first_visit(path: str) -> Callable[[Someone], Page]:
    def open_page(someone: Someone) -> Page:
        someone.context.clear_cookies()
        return someone.open(path)

    return open_page


def _in_another_chat(open_page: Callable[[Someone], Page]) -> Callable[[Someone], Page]:
    def open_and_return(someone: Someone) -> Page:
        before = someone.chat
        someone.talk("How far is it from here to there?", "Measure it along a straight line.")
        page = open_page(someone)
        someone.chat = before
        return page

    return open_and_return


@_in_another_chat
def _new_chat(someone: Someone) -> Page:
    return someone.open(someone.new_chat())


@_in_another_chat
def _replying(someone: Someone) -> Page:
    writer = someone.writer()
    reply = writer.ask("And in three dimensions?")
    reply.write("It is the same rule once more: add the square of the third difference ")
    writer.ask("Thank you!", claim=False)
    page = someone.open()
    expect(replies(page).nth(-2)).to_contain_text("third difference")
    return page


@_in_another_chat
def _live_page(someone: Someone) -> Page:
    """Its end leads away at once, so it is looked at before."""
    someone.writer().ask("And in three dimensions?").write("It is the same rule once more: add")
    page = someone.profile.next_tab()
    page.goto(f"{someone.chat}/live", wait_until="commit")
    expect(page.get_by_text("the same rule once more")).to_be_visible()
    return page


@_in_another_chat
def _ended(someone: Someone) -> Page:
    writer = someone.writer()
    writer.exchange("Stop me", "I was saying", state="stopped")
    writer.exchange("Fail", "Half a", state="failed", error={"kind": "model-broke"})
    writer.exchange("Too long", "Cut", error={"kind": "reply-limit"})
    return someone.open()


def _deleted(path: str) -> Callable[[Someone], Page]:
    def open_page(someone: Someone) -> Page:
        deleted = someone.http.post(f"{someone.chat}/delete").headers["location"]
        chat, _, id = deleted.partition("?deleted=")
        return someone.open(path.replace("CHAT", chat).replace("ID", id))

    return _in_another_chat(open_page)


@_in_another_chat
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


# One was read but for two pages, one whole, and one can't be.
READ = """
    DELETE FROM document_pages WHERE session_id = %s;
    UPDATE documents SET state = 'complete', finished_at = now(), error = NULL,
            pages = 9, progress = 9
        WHERE session_id = %s AND kind = 'pdf';
    INSERT INTO document_pages SELECT id, session_id, n, %s,
            CASE WHEN n IN (3, 7) THEN 'unreadable' ELSE 'text' END
        FROM documents, generate_series(1, 9) AS n
        WHERE session_id = %s AND kind = 'pdf';
"""
FILES = {
    "Rental contract, signed, with all appendices and the house rules.pdf": text_pdf(QUESTION),
    "Reise nach Ørsted – Notizen.txt": b"Notes",
    "meter.png": b"\x89PNG\r\n\x1a\n",
}


def _documents(path: str) -> Callable[[Someone], Page]:
    def open_page(someone: Someone) -> Page:
        files = [("files", file) for file in FILES.items()]
        someone.http.post(f"{someone.chat}/documents", files=files)
        session, text = someone.session, f"{QUESTION}\n\n" * 12
        unread = "SELECT id FROM documents WHERE session_id = %s AND finished_at IS NULL"
        wait_until(lambda: not sql(someone.parley, unread, session))
        sql(someone.parley, READ, session, session, text, session)
        find = "SELECT id FROM documents WHERE session_id = %s AND kind = 'pdf'"
        ((document,),) = sql(someone.parley, find, session)
        return someone.open(path.replace("CHAT", someone.chat).replace("ID", str(document)))

    return _in_another_chat(open_page)


def _document_menu(someone: Someone) -> Page:
    page = _documents("/documents")(someone)
    page.locator("#documents summary").first.click()
    expect(page.locator("#documents").get_by_role("button", name="Rename")).to_be_visible()
    return page


def _attach(someone: Someone) -> Page:
    """As without scripts: with them the button asks for files at once."""
    page = someone.open("/")
    prompt(page).fill("How far is it?")
    page.locator("[name=attach]").evaluate("button => button.form.requestSubmit(button)")
    expect(page.get_by_role("button", name="Upload")).to_be_visible()
    return page


def _choice(someone: Someone) -> Page:
    page = _documents("/documents")(someone)
    page.goto(f"{someone.chat}/documents/add")
    expect(page.get_by_role("button", name="Add meter.png")).to_be_visible()
    return page


def _answered(path: str) -> Callable[[Someone], Page]:
    """With quotes, one of them twice, and a sentence that has none."""

    def open_page(someone: Someone) -> Page:
        words = "The deposit is 1,500 euros."
        content = f"The lease ends on 31 March 2027. {words}".encode()
        files = [("files", ("a very long name of a lease agreement.txt", content))]
        someone.http.post(f"{someone.chat}/documents", files=files)
        unread = "SELECT id FROM documents WHERE session_id = %s AND finished_at IS NULL"
        wait_until(lambda: not sql(someone.parley, unread, someone.session))
        reply = someone.writer().ask("How high is the deposit, and when does the lease end?")
        (passage,) = reply.find_passages()
        said = [words, "**That is all** there is.", "The lease ends in March.", words]
        places, end = {words: (33, 60), said[2]: (0, 32)}, 0
        quotes = []
        for sentence in said:
            start, end = end, end + len(sentence) + 1
            quote = {"start": start, "end": end - 1}
            if place := places.get(sentence):
                quote |= {"document_id": passage["document_id"], "page": 1}
                quote |= dict(zip(("quote_start", "quote_end"), place, strict=True))
            quotes.append(quote)
        reply.finish(" ".join(said), quotes=quotes)
        document = passage["document_id"]
        return someone.open(path.replace("CHAT", someone.chat).replace("ID", document))

    return _in_another_chat(open_page)


STATES = [
    State("first visit", _first_visit("/")),
    State("home", _at("/")),
    State("home after a deletion", _deleted("/?deleted=ID")),
    State("home after a refusal", _refused),
    State("chats", _at("/chats")),
    State("chat after a deletion", _deleted("CHAT?deleted=ID")),
    State("chat deleted in another window", _gone),
    State("menu in the list", _row_menu),
    State("found while typing", _found),
    State("chat", _at("CHAT")),
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
    State("settings refused", _unsaved),
    State("deleted chats", _deleted("/settings")),
    State("list of keys", _at("/keys")),
    State("settings before a name", _first_visit("/settings")),
    State("settings saved", _at("/settings?saved=1")),
    State("live page", _live_page),
    State("chat with documents", _documents("CHAT")),
    State("documents", _documents("/documents")),
    State("document menu", _document_menu),
    State("attach files", _attach),
    State("add documents", _choice),
    State("document", _documents("/documents/ID")),
    State("document to be deleted", _documents("/documents/ID?deleting=1")),
    State("answer with quotes", _answered("CHAT")),
    State("quote", _answered("/documents/ID?page=1&quote=33-60#quote")),
    State("prompt with passages", _answered("CHAT/prompt")),
    State("problem", _problem),
]
