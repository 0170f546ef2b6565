"""Questions about documents for tests: a document is read, something is asked by the page's form,
and the reply is looked at."""

from pathlib import Path

import httpx

from tests.chat_ui.support import (
    DbApiServer,
    ScriptedModel,
    client_key,
    generate,
    parse,
    wait_until_final,
)
from tests.support.pages import Element

FILLER = "Nothing of interest is written on this page. " * 20
LEASE = "The tenant pays a deposit of EUR 1,500. The lease ends on 31 March 2027."
QUESTION = "When does the lease end?"
ANSWER = "The lease ends on 31 March 2027 [7]. Cats sleep on the balcony."
UNSUPPORTED = "Nothing in your documents supports this reply."


class Reader:
    """Reads documents as doc-worker does."""

    def __init__(self, db_api: DbApiServer, secrets: Path) -> None:
        token = (secrets / "doc-worker" / "token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}", "X-Worker": "reader"}
        self.http = httpx.Client(base_url=f"{db_api.url}/reading", headers=headers, timeout=60)

    def read(self, *texts: str, picture: bytes = b"") -> str:
        """The next document, of these pages; its id."""
        document = self.http.post("/claim", json={"ocr": True}).json()["id"]
        if picture:
            self.http.put(f"/{document}/picture", content=picture).raise_for_status()
        pages = [
            {
                **{"number": n, "text": text, "source": "text"},
                "passages": [[0, len(text)]] if text else [],
            }
            for n, text in enumerate(texts, 1)
        ]
        self.http.post(f"/{document}/heartbeat", json={"pages": len(texts)}).raise_for_status()
        self.http.put(f"/{document}/pages", json={"pages": pages}).raise_for_status()
        ending = {"read_with": "eyes", "error": None}
        self.http.post(f"/{document}/finish", json=ending).raise_for_status()
        return str(document)


def attach(browser: httpx.Client, chat: str, name: str = "lease.txt", begins: bytes = b"") -> None:
    content = begins + f"{name} {chat}".encode()
    answer = browser.post(f"{chat}/documents", files=[("files", (name, content))])
    assert answer.status_code == 303, answer.text


def send(browser: httpx.Client, chat: str, text: str = QUESTION, **more: str) -> None:
    """By the page's form."""
    form = {"prompt": text, "client_key": client_key(browser.get(chat).text), **more}
    assert browser.post(generate(chat), data=form).status_code == 303


def ask(browser: httpx.Client, chat: str, text: str = QUESTION, **more: str) -> Element:
    """Sends it; the reply."""
    send(browser, chat, text, **more)
    return last_message(wait_until_final(browser, chat))


def last_message(page: str) -> Element:
    return list(parse(page).find_all("article", class_="message"))[-1]


def quotes(reply: Element) -> list[tuple[str, str, str]]:
    """What is listed below it: where each is from, its words, and where that leads."""
    box = reply.find(class_="quotes")
    rows = [(row.find("a"), row.find("blockquote")) for row in box.find_all("li")] if box else []
    return [(a.text, words.text, a.attributes["href"]) for a, words in rows if a and words]


def where_quoted(lease: str, chat: str, reply: Element) -> str:
    """The address of the page with the marked words."""
    back = f"chat={chat.removeprefix('/chats/')}&reply={reply.attributes['id'].removeprefix('m-')}"
    return f"/documents/{lease}?page=4&{back}&quote=40-72#quote"


def choice(page: str) -> str | None:
    """How the page's form has it answered."""
    select = parse(page).find("select", name="mode")
    if select is None:
        return None
    (chosen,) = [o for o in select.find_all("option") if "selected" in o.attributes]
    return chosen.attributes["value"]


def prompts(model: ScriptedModel) -> list[str]:
    """The last message of each prompt that the model got."""
    return [request["messages"][-1]["content"] for request in model.requests]
