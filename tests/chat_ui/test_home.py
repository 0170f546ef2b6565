"""Home, where a chat begins, and what can be done with chats in the list beside every page."""

from unittest.mock import AsyncMock
from uuid import UUID

import httpx
import pytest
from app.clients.chats import ChatsClient
from app.clients.sessions import SessionsClient
from app.errors import LimitReached

from tests.chat_ui.support import (
    OPENING,
    SCRIPT,
    DbApiServer,
    ScriptedModel,
    StartBriefly,
    articles,
    ask,
    client_key,
    expect,
    form_action,
    hidden_field,
    links,
    messages,
    new_browser,
    open_chat,
    parse,
    text_of,
    wait_for,
    wait_until_final,
)


def begin(browser: httpx.Client, prompt: str) -> str:
    """A chat that begins with this, as the form at home begins it."""
    form = {"prompt": prompt, "client_key": client_key(browser.get("/").text)}
    return expect_location(browser.post("/chats", data=form))


def expect_location(response: httpx.Response) -> str:
    expect(response, 303)
    return response.headers["location"]


def id_of(chat: str) -> str:
    return chat.removeprefix("/chats/")


def rows(page: str) -> list[str]:
    """What the list beside a page says of each chat."""
    lists = parse(page).find_all("ol", class_="chat-list")
    return [row.text for chats in lists for row in chats.find_all("li")]


def titles(page: str) -> list[str]:
    lists = parse(page).find_all("ol", class_="chat-list")
    return [link.text for chats in lists for link in chats.find_all("a")]


def test_a_chat_begins_with_its_first_message(browser: httpx.Client, chat: str) -> None:
    page = expect(browser.get("/"), 200, "Good to see you, <bdi>Ann</bdi>")
    assert titles(page) == [], "the chat that was opened is empty"
    begun = begin(browser, "What is the sea?")
    assert messages(wait_until_final(browser, begun))[:2] == [OPENING, "What is the sea?"]
    assert titles(browser.get("/").text) == ["What is the sea?"]
    assert begun != chat


@pytest.mark.parametrize("where", ["home", "an empty chat"])
def test_an_example_is_a_button_that_begins_a_chat_with_it(
    browser: httpx.Client, chat: str, where: str
) -> None:
    example = parse(browser.get("/" if where == "home" else chat).text).find(class_="examples")
    assert example
    buttons = list(example.find_all("button", name="prompt"))
    assert len(buttons) == 4
    form = {"prompt": buttons[1].attributes["value"], "client_key": client_key(example)}
    action = example.attributes["action"]
    begun = [expect_location(browser.post(action, data=form)) for _ in range(2)]
    page = expect(browser.get(begun[0]), 200)
    assert messages(page)[1:-1] == [buttons[1].text], "pressed twice"
    assert 'class="examples"' not in page
    assert begun[0] == begun[1]
    assert (begun[0] == f"{chat}#end") == (where == "an empty chat")


def test_the_owner_chooses_the_examples(
    serve_chat_ui: StartBriefly, db_api: DbApiServer, browser: httpx.Client, chat: str
) -> None:
    for chosen, shown in (("One? | <b>Two</b>", True), ("", False)):
        with (
            serve_chat_ui(db_api_url=db_api.url, example_prompts=chosen, runner="off") as url,
            new_browser(url, browser.cookies) as client,
        ):
            page = client.get("/").text
            assert ("&lt;b&gt;Two&lt;/b&gt;</button>" in page) == shown
            assert ('class="examples"' in page) == shown


def test_renaming_oneself_hides_no_chat(browser: httpx.Client, chat: str) -> None:
    ask(browser, chat, "What is the sea?")
    browser.post("/settings", data={"name": "Bob"})
    page = expect(browser.get("/"), 200, "<bdi>Bob</bdi>")
    assert titles(page) == ["What is the sea?"]
    assert f"{chat}#end" in links(page), "the last chat"


def test_deleting_a_chat_leads_to_the_one_that_is_open_or_else_to_the_next(
    browser: httpx.Client, chat: str
) -> None:
    chats = [begin(browser, text) for text in ("three", "two", "one")][::-1]
    for gone, form, shown, back in (
        (chats[1], {"current": id_of(chats[0])}, chats[0], chats[0]),
        (chats[1], {"current": ""}, "/", "/"),
        (chats[0], {"current": id_of(chats[0])}, chats[1], chats[0]),
        (chats[1], {}, chats[2], chats[1]),
        (chats[2], {}, chats[1], chats[2]),
        (chat, {}, "/", chat),  # which is not in the list
    ):
        location = expect_location(browser.post(f"{gone}/delete", data=form))
        assert location.startswith(f"{shown}?deleted={id_of(gone)}")
        page = expect(browser.get(location), 200, "was deleted.", 'class="side"')
        undo = parse(page).find("form", class_="done")
        assert undo
        assert undo.attributes["action"] == f"{gone}/restore"
        fields = {
            field.attributes["name"]: field.attributes["value"] for field in undo.find_all("input")
        }
        assert expect_location(browser.post(f"{gone}/restore", data=fields)) == back


def test_a_deleted_chat_s_page_says_so_to_its_own_person_and_restores_it(
    browser: httpx.Client, chat: str, stranger: httpx.Client
) -> None:
    ask(browser, chat, "<i>Dogs</i>")
    browser.post(f"{chat}/delete")
    for path in (chat, f"{chat}/settings"):
        page = expect(browser.get(path), 404)
        assert "“<i>Dogs</i>” was deleted. Undo" in " ".join(text_of(page).split())
        expect(stranger.get(path), 404, "Chat not found." if path == chat else "Page not found.")
    assert expect_location(browser.post(form_action(page, "/restore"))) == chat
    expect(browser.get(f"{chat}/messages/{UUID(int=0)}"), 404, "Page not found.")


def test_a_chat_is_renamed_and_pinned_from_the_list_without_leaving_the_open_one(
    browser: httpx.Client, chat: str
) -> None:
    other, open_one = begin(browser, "<i>other</i>"), begin(browser, "open")
    page = browser.get(open_one).text
    assert 'title="&lt;i&gt;other&lt;/i&gt;"' in page, "the whole title"
    assert form_action(page, f"{other}/rename")
    assert hidden_field(page, "current") == id_of(open_one)
    for action, form in (("rename", {"title": " Sea "}), ("pin", {"pinned": "1"})):
        for current, back in ((id_of(open_one), open_one), ("", "/"), (None, other)):
            data = form | ({} if current is None else {"current": current})
            assert expect_location(browser.post(f"{other}/{action}", data=data)) == back
    assert titles(browser.get("/").text) == ["Sea", "open"]
    expect(browser.post(f"{other}/rename", data={"title": " "}), 422, "title")
    expect(browser.post(f"{other}/rename", data={"title": "x", "current": "x"}), 422)


def test_a_chat_that_is_being_written_is_marked(
    browser: httpx.Client, chat: str, half_written: str, model: ScriptedModel
) -> None:
    assert "Writing…" in rows(half_written)[0]
    refresh = '<noscript><meta http-equiv="refresh"'
    assert refresh in half_written
    gone = browser.post(f"{open_chat(browser)}/delete", data={"current": id_of(chat)})
    back = browser.get(expect_location(gone)).text
    assert refresh not in back, "Undo would be gone at once"
    model.go.set()
    assert "Writing…" not in rows(wait_until_final(browser, chat))[0]


def test_the_list_is_fetched_again_only_if_it_has_changed(
    browser: httpx.Client, chat: str, newcomer: httpx.Client
) -> None:
    ask(browser, chat, "one")

    def fetch(known: str) -> httpx.Response:
        params = {"known": known, "current": id_of(chat)}
        return browser.get("/chats", params=params, headers=SCRIPT)

    def version(page: str) -> str:
        groups = parse(page).find(id="chats")
        assert groups
        return groups.attributes["data-version"]

    known = version(browser.get(chat).text)
    assert fetch(known).status_code == 204
    for change in (
        lambda: browser.post(f"{chat}/rename", data={"title": "two"}),
        lambda: browser.post(f"{chat}/pin", data={"pinned": "1"}),
        lambda: ask(browser, chat, "three"),
        lambda: begin(browser, "another"),
        lambda: browser.post(f"{chat}/delete"),
    ):
        change()
        page = expect(fetch(known), 200)
        assert "<html" not in page
        assert ("aria-current" in page) == (f"{chat}#end" in links(page))
        assert version(page) != known
        known = version(page)
    expect(newcomer.get("/chats", headers=SCRIPT), 404)


def test_what_is_found_as_one_types_is_a_list_in_the_others_place(
    browser: httpx.Client, chat: str
) -> None:
    ask(browser, chat, "The lighthouse")
    page = expect(browser.get("/search", params={"q": "light"}, headers=SCRIPT), 200, 'id="chats"')
    assert "<html" not in page
    assert any(link.startswith(f"{chat}?at=") for link in links(page))
    page = browser.get("/search", params={"q": "dark"}, headers=SCRIPT).text
    assert "No results for" in text_of(page)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/chats/nowhere", 404),
        ("POST", "/keys", 405),
        ("GET", "/chats?before=x", 422),
    ],
)
def test_a_problem_has_the_list_beside_it(
    browser: httpx.Client, chat: str, newcomer: httpx.Client, method: str, path: str, status: int
) -> None:
    ask(browser, chat, "What is the sea?")
    assert titles(expect(browser.request(method, path), status)) == ["What is the sea?"]
    assert 'class="side"' not in newcomer.request(method, path).text
    script = browser.request(method, path, headers=SCRIPT).text
    assert 'class="side"' not in script
    assert articles(script) == []


def test_who_may_not_begin_yet_keeps_the_name_that_was_typed(
    newcomer: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = LimitReached("sessions", limit=9, retry_after=5)
    monkeypatch.setattr(SessionsClient, "create", create := AsyncMock(side_effect=refusal))
    for path, field in (("/chats", "username"), ("/settings", "name")):
        response = newcomer.post(path, data={field: "Zoë"})
        page = expect(response, 429, "about 5 seconds")
        assert (hidden_field(page, field), response.headers["retry-after"]) == ("Zoë", "5")
        create.assert_awaited_with("Zoë", "127.0.0.1")


def test_who_has_chats_and_may_begin_no_other_yet_keeps_them_in_sight(
    browser: httpx.Client, chat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(browser, chat, "What is the sea?")
    refusal = LimitReached("chats", limit=9, retry_after=5)
    monkeypatch.setattr(ChatsClient, "create", AsyncMock(side_effect=refusal))
    page = expect(browser.post("/chats", data={"new": "1"}), 429, "about 5 seconds")
    assert titles(page) == ["What is the sea?"]


def test_whoever_had_a_session_is_asked_for_a_name_again(
    browser: httpx.Client, chat: str, db_api: DbApiServer
) -> None:
    db_api.sql("UPDATE sessions SET name = NULL")
    expect(browser.get("/"), 200, 'name="username"')
    db_api.sql("UPDATE sessions SET revoked_at = now()")
    expect(browser.get("/"), 200, "Your session has ended", 'name="username"')
    assert open_chat(browser) != chat
    wait_for(browser, "/", "Good to see you")
