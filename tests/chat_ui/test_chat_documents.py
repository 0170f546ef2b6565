"""The documents of a chat: attached with what was typed, added, removed, and gone with the chat."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.chat_ui.documents import address_of, file, follow, listed, upload
from tests.chat_ui.support import (
    SCRIPT,
    DbApiServer,
    client_key,
    expect,
    form_action,
    generate,
    hidden_field,
    open_chat,
    parse,
    send,
    textarea,
    wait_until_final,
)

pytestmark = pytest.mark.usefixtures("no_documents")


def remove_buttons(browser: httpx.Client, chat: str) -> dict[str, Any]:
    """What takes a document from the chat, by the document's name."""
    rows = parse(browser.get(chat).text).need("div", id="documents").find_all("li")
    return {row.need("a").text: next(row.find_all(class_="remove")) for row in rows}


def test_a_document_is_removed_from_a_chat_and_stays_elsewhere_or_in_the_library(
    browser: httpx.Client, chat: str, stranger: httpx.Client
) -> None:
    upload(browser, f"{chat}/documents", file("only.txt"), file("library.txt"), file("shared.txt"))
    upload(browser, "/documents", file("library.txt"))
    other = open_chat(browser)
    upload(browser, f"{other}/documents", file("shared.txt"))
    buttons = remove_buttons(browser, chat)
    given = {name: {"document": buttons[name].attributes["value"]} for name in buttons}
    for where, data, status in (
        (f"{chat}/documents/remove", given["shared.txt"], 404),
        (f"{open_chat(stranger)}/documents/remove", given["shared.txt"], 303),  # it isn't in it
        (f"{chat}/documents/remove", {"document": str(uuid4())}, 303),
        (f"{chat}/documents/remove", {}, 422),
    ):
        is_own = where.startswith(chat) and status != 404
        expect((browser if is_own else stranger).post(where, data=data), status)
    script = browser.post(f"{chat}/documents/remove", data=given.pop("only.txt"), headers=SCRIPT)
    assert sorted(name for name, _ in listed(script.text)) == ["library.txt", "shared.txt"]
    assert "<html" not in script.text
    for data in given.values():
        answer = browser.post(f"{chat}/documents/remove", data=data)
        assert answer.headers["location"] == f"{chat}#end"
    names = [sorted(name for name, _ in listed(browser.get(p).text)) for p in (chat, other)]
    assert names == [[], ["shared.txt"]]
    assert len(listed(browser.get("/documents").text)) == 3


def test_a_deleted_chat_says_how_many_documents_went_with_it(
    browser: httpx.Client, chat: str
) -> None:
    for names, said in ((["a.txt"], "with 1 document."), (["b.txt"], "with 2 documents.")):
        upload(browser, f"{chat}/documents", *(file(name) for name in names))
        gone = browser.post(f"{chat}/delete", data={"current": ""}).headers["location"]
        page = expect(browser.get(gone), 200, f"was deleted {said}")
        browser.post(form_action(page, "/restore"))


def list_titles(browser: httpx.Client) -> list[str]:
    """Those of the list of chats."""
    shown = parse(browser.get("/").text).find_all("ol", class_="chat-list")
    return [link.text for part in shown for link in part.find_all("a")]


def test_a_chat_with_files_only_is_listed_under_the_first_one_s_name(
    browser: httpx.Client, person: httpx.Client
) -> None:
    chat = upload(person, "/chats/new/documents", file("lease.txt")).headers["location"]
    upload(person, f"{chat.split('#')[0]}/documents", file("later.txt"))
    assert list_titles(person) == ["lease.txt"], "and no empty one"
    send(person, chat.split("#")[0], "What is the rent?")
    assert list_titles(person) == ["What is the rent?"]


@pytest.mark.parametrize("home", [False, True])
def test_a_message_that_was_typed_is_kept_while_files_are_attached(
    person: httpx.Client, chat: str, home: bool
) -> None:
    """In a browser without scripts."""
    page = person.get("/" if home else chat).text
    typed = "Two\nlines & <b>"
    data = {"prompt": typed, "client_key": client_key(page), "attach": "1"}
    action = "/chats" if home else generate(chat)
    form = expect(person.post(action, data=data), 200, "Your message is kept.")
    where, kept = form_action(form, "/documents"), {"prompt": hidden_field(form, "prompt")}
    page = follow(person, person.post(where, files=[file("a.txt")], data=kept))
    assert ([name for name, _ in listed(page)], textarea(page)) == (["a.txt"], typed)
    answer = person.post(where, files=[("files", ("", b""))], data=kept)
    expect(answer, 422, "Choose a file first.", kept=typed)
    answer = person.post(where, files=[("files", ("", b""))], data=kept | {"cancel": "1"})
    page = answer.text if home else follow(person, answer)
    assert (textarea(page), "Choose a file first." in page) == (typed, False)
    long = person.post(where, files=[file("a.txt")], data={"prompt": typed * 500})
    expect(long, 200, kept=typed * 500)
    if not home:
        assert person.post(where, files=[file("b.txt")]).status_code == 303, "nothing was typed"


def test_nobody_attaches_files_to_another_s_chat(chat: str, stranger: httpx.Client) -> None:
    data = {"prompt": "Mine", "attach": "1"}
    expect(stranger.post(generate(chat), data=data), 404, kept="Mine")


def boxes(page: str) -> dict[str, str]:
    """The documents that can be chosen there: their ids by name."""
    labels = parse(page).need("ul", class_="document-list").find_all("label")
    return {label.text.strip(): label.need("input").attributes["value"] for label in labels}


def test_documents_that_are_here_already_are_added_to_a_chat(
    browser: httpx.Client, chat: str, stranger: httpx.Client, db_api: DbApiServer
) -> None:
    upload(browser, "/documents", file("a.txt"), file("c.txt"), file("damaged.txt"))
    upload(browser, f"{chat}/documents", file("b.txt"))
    db_api.sql(
        "UPDATE documents SET state = 'failed', error = 'damaged', finished_at = now()"
        " WHERE name = 'damaged.txt'"
    )
    choice = f"{chat}/documents/add"
    offered = boxes(browser.get(choice).text)
    assert sorted(offered) == ["a.txt", "c.txt"]
    given = {"document": [*offered.values()]}
    for where, data, status in (
        (f"{open_chat(stranger)}/documents/add", given, 404),
        (f"/chats/{uuid4()}/documents/add", given, 404),
        (choice, {"document": str(uuid4())}, 404),
        (choice, {}, 422),
    ):
        person = stranger if where != choice else browser
        expect(person.post(where, data=data), status)
    assert browser.post(choice, data=given | {"cancel": "1"}).headers["location"] == f"{chat}#end"
    assert len(listed(browser.get(chat).text)) == 1
    for _ in range(2):
        assert browser.post(choice, data=given).headers["location"] == f"{chat}#end"
        names = sorted(name for name, _ in listed(browser.get(chat).text))
        assert names == ["a.txt", "b.txt", "c.txt"]
    assert parse(browser.get(choice).text).find("ul", class_="document-list") is None


@pytest.mark.parametrize("begins", [True, False])
def test_where_documents_are_added_files_can_be_uploaded(
    browser: httpx.Client, chat: str, begins: bool
) -> None:
    page = browser.get(f"{'/chats/new' if begins else chat}/documents/add").text
    typed = {"prompt": "What is it?"}
    answer = upload(browser, form_action(page, "/documents"), file("a.txt"), data=typed)
    shown = follow(browser, answer)
    assert [name for name, _ in listed(shown)] == ["a.txt"]
    assert textarea(shown) == typed["prompt"]


def test_as_many_documents_as_are_listed_can_be_added_at_once(
    browser: httpx.Client, chat: str
) -> None:
    for start in range(0, 60, 20):
        upload(browser, "/documents", *(file(f"{n}.txt") for n in range(start, start + 20)))
    offered = boxes(browser.get(f"{chat}/documents/add").text)
    browser.post(f"{chat}/documents/add", data={"document": [*offered.values()]})
    assert len(listed(browser.get(chat).text)) == 60


def test_at_home_documents_of_the_library_begin_a_chat_with_what_was_typed(
    person: httpx.Client, stranger: httpx.Client, db_api: DbApiServer
) -> None:
    upload(person, "/documents", file("a.txt"), file("b.txt"))
    data = {"prompt": "What is it?", "client_key": client_key(person.get("/").text)}
    page = person.post("/chats", data=data | {"attach": "library"}).text
    where, kept = form_action(page, "/documents/add"), {"prompt": hidden_field(page, "prompt")}
    chats = "SELECT count(*) FROM chats"
    before = db_api.sql(chats)
    expect(person.post(where, data=kept), 422, "Choose a document first.", "What is it?")
    expect(person.post(where, data=kept | {"cancel": "1"}), 200, "Good to see", kept="What is it?")
    given = kept | {"document": [*boxes(page).values()]}
    expect(stranger.post(where, data=given), 404)
    assert db_api.sql(chats) == before, "none is begun"
    chat = follow(person, person.post(where, data=given))
    assert len(listed(chat)) == 2
    assert textarea(chat) == "What is it?"


def test_files_on_the_home_page_begin_a_chat(person: httpx.Client) -> None:
    page = parse(person.get("/").text)
    begin = page.need("span", id="upload").attributes["data-action"]
    chat = upload(person, begin, file("a.txt")).headers["location"]
    assert [name for name, _ in listed(person.get(chat).text)] == ["a.txt"]
    other = follow(person, upload(person, begin, file("b.txt"), file("c.txt", b"<html>")))
    assert "c.txt can't be read" in other
    assert [name for name, _ in listed(other)] == ["b.txt"]
    refused = upload(person, begin, file("d.txt", b"<html>"))
    expect(refused, 415, "d.txt can't be read", "Good to see you")
    assert person.get(begin).headers["location"] == "/", "where its address leads, entered again"
    expect(upload(person, begin, ("files", ("", b""))), 422, "Choose a file first.")


def test_a_document_that_is_here_already_begins_a_chat(
    person: httpx.Client, stranger: httpx.Client, db_api: DbApiServer
) -> None:
    upload(person, "/documents", file("a.txt"))
    address = address_of(person, "a.txt")
    chats = "SELECT count(*) FROM chats"
    before = db_api.sql(chats)
    expect(stranger.post(f"{address}/chat"), 404)
    assert db_api.sql(chats) == before, "nor is one begun"
    (listed_button,) = parse(person.get("/documents").text).find_all("button", formnovalidate="")
    begin = form_action(person.get(address).text, "/chat")
    assert begin == listed_button.attributes["formaction"]
    chat = person.post(begin).headers["location"]
    page = expect(person.get(chat), 200, "Write a message")
    assert [name for name, _ in listed(page)] == ["a.txt"]
    db_api.sql("UPDATE documents SET state = 'failed', error = 'damaged', finished_at = now()")
    for path in (address, "/documents"):
        assert f"{address}/chat" not in person.get(path).text, "it has nothing to say"


def test_an_export_names_the_chat_s_documents(browser: httpx.Client, chat: str) -> None:
    send(browser, chat, "Hi")
    wait_until_final(browser, chat)
    assert "documents" not in browser.get(f"{chat}/export.json").json()
    upload(browser, f"{chat}/documents", file("a.txt"))
    upload(browser, "/documents", file("b.txt"))
    for path in (f"{chat}/export", "/export"):
        exported = browser.get(f"{path}.json").json()
        one = next(c for c in exported.get("chats", [exported]) if c["chat"]["id"] in chat)
        assert [(d["name"], d["size"], d["kind"]) for d in one["documents"]] == [
            ("a.txt", 5, "text")
        ]
        text = browser.get(f"{path}.md").text
        assert "\nDocuments:\n\n- a.txt\n" in text
        assert "b.txt" not in text
