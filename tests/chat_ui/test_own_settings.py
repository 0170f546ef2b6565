"""What a person sets: a name, a theme, keys, what the model gets; and the end of all of it."""

import httpx
import pytest
from starlette.responses import JSONResponse

from tests.chat_ui.support import (
    OPENING,
    DbApiServer,
    ScriptedModel,
    ask,
    expect,
    form_action,
    hidden_field,
    links,
    message_ids,
    messages,
    open_chat,
    parse,
    send,
    text_of,
    textarea,
)


def test_the_theme_and_the_keys_chosen_are_on_every_page(browser: httpx.Client, chat: str) -> None:
    expect(browser.get(chat), 200, 'data-theme="system"', "data-keys")
    browser.post("/settings", data={"name": "Ann", "theme": "dark", "keys": "on"})
    for path in ("/", chat, "/settings", "/nowhere"):
        assert 'data-theme="dark" data-keys' in browser.get(path).text
    browser.post("/settings", data={"name": "Ann", "theme": "puce"})
    page = expect(browser.get(chat), 200, 'data-theme="system"')
    assert "data-keys" not in page, "keys were not ticked"


def test_a_name_and_a_theme_can_be_chosen_with_or_without_a_session(
    newcomer: httpx.Client, db_api: DbApiServer
) -> None:
    assert "Delete all my data" not in expect(newcomer.get("/settings"), 200), (
        "there is nothing yet"
    )
    expect(newcomer.post("/settings", data={"name": "", "theme": "dark"}), 303)
    assert 'data-theme="dark"' in newcomer.get("/").text
    assert "parley" not in newcomer.cookies
    for name, theme in (("Zoë", "light"), ("Ann", "dark"), ("Bob", "light")):
        form = {"name": name, "theme": theme, "turns": "7"}
        expect(newcomer.post("/settings", data=form), 303)
        assert hidden_field(newcomer.get("/settings").text, "turns") == "7"
        page = expect(newcomer.get("/"), 200, f'data-theme="{theme}"')
        assert f"<bdi>{name}</bdi>" in page
        db_api.sql("UPDATE sessions SET revoked_at = now()")
    expect(newcomer.get("/settings"), 200)
    open_chat(newcomer)
    expect(newcomer.post("/settings", data={"name": " "}), 422, "enter a name")


@pytest.mark.parametrize(
    ("offset", "utc"),
    [(None, True), ("120", False), ("-570", False), ("x", True), ("99999", True), ("1e3", True)],
)
def test_times_are_those_of_the_browser_once_it_has_told(
    browser: httpx.Client, chat: str, offset: str | None, utc: bool
) -> None:
    browser.cookies.set("utc_offset", offset or "")
    message = message_ids(browser.get(chat).text)[0]
    assert (" UTC</time>" in browser.get(f"{chat}/messages/{message}").text) == utc


def test_deleting_all_data_asks_and_then_leaves_nothing(
    browser: httpx.Client, chat: str, newcomer: httpx.Client, db_api: DbApiServer
) -> None:
    ask(browser, chat, "secret")
    newcomer.cookies["parley"] = browser.cookies["parley"]
    expect(browser.post("/settings/forget"), 422, "Nothing was deleted")
    expect(browser.get(chat), 200)
    left = browser.post("/settings/forget", data={"sure": "yes"})
    expect(left, 303)
    said = "All your data has been deleted."
    expect(browser.get(left.headers["location"]), 200, said, "Start chatting")
    assert said not in browser.get("/").text
    assert db_api.sql("SELECT count(*) FROM messages WHERE content = 'secret'") == 0
    expect(newcomer.get(chat), 401)  # the cookie is worthless


def test_what_the_model_gets_is_shown_exactly(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    form = {"title": "", "system_prompt": "Be <brief>.", "temperature": "0,3", "reply_tokens": "7"}
    browser.post(f"{chat}/settings", data=form)
    ask(browser, chat, "Hi")
    page = text_of(expect(browser.get(f"{chat}/prompt"), 200, "42 tokens"))
    browser.post(f"{chat}/settings", data=form | {"temperature": ""})
    ask(browser, chat, "More")
    asked = [(request["temperature"], request["max_tokens"]) for request in model.requests]
    assert asked == [(0.3, 7), (0.7, 7)], "the default"
    given = [message["content"] for message in model.requests[-1]["messages"]][:-1]
    assert given == ["Be <brief>.", OPENING, "Hi", model.text]
    assert all(text in page for text in given), "and nothing else"


@pytest.mark.parametrize(
    "answer", [JSONResponse({"error": {"code": 503}}, 503), JSONResponse({"prompt": 1})]
)
def test_without_the_model_its_prompt_is_shown_all_the_same(
    browser: httpx.Client, chat: str, model: ScriptedModel, answer: JSONResponse
) -> None:
    model.answer = answer
    expect(browser.get(f"{chat}/prompt"), 200, "model isn't available", OPENING)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", "x" * 10_000, "at most 80 characters; this one has 10,000"),
        ("title", "a\x07b", "control characters"),
        ("title", "\u200b", "Please enter a title"),
        ("system_prompt", "x" * 9000, "at most 8,000 characters; this one has 9,000"),
        ("temperature", "hot", "a number from 0 to 2,"),
        ("temperature", "2.5", "a number from 0 to 2,"),
        ("temperature", "nan", "a number from 0 to 2,"),
        ("reply_tokens", "0", "from 1 to 2,048,"),
        ("reply_tokens", "1.5", "from 1 to 2,048,"),
        ("reply_tokens", "9" * 400, "from 1 to 2,048,"),
        ("turns", "0", "from 1 to 1,000,"),
        ("turns", "all", "from 1 to 1,000,"),
    ],
)
def test_a_setting_that_will_not_do_is_explained_and_kept(
    browser: httpx.Client, chat: str, field: str, value: str, words: str
) -> None:
    form = {"title": "Hi", "name": "Bo", "theme": "dark", "turns": "9", field: value}
    for path in [f"{chat}/settings"] + ["/settings"] * (field != "title"):
        page = expect(browser.post(path, data=form), 422, words, "Nothing was saved")
        assert value in (hidden_field(page, field) or text_of(page))
        wrong = [found.attributes for found in parse(page).find_all(aria_invalid="true")]
        assert [found["id"] for found in wrong] == [field]
        beside = parse(page).find("div", id=wrong[0]["aria-describedby"].split()[0])
        assert beside
        assert words in beside.text
        assert text_of(page).count(words) == 1
        if theme := parse(page).find("input", value="dark"):
            assert "checked" in theme.attributes, "of the other fields, too"
    assert 'data-theme="system"' in browser.get(chat).text, "nor was anything else saved"


def test_all_fields_that_will_not_do_are_explained_at_once(
    browser: httpx.Client, chat: str
) -> None:
    form = {"title": "Hi", "name": "Bo", "temperature": "hot", "turns": "0"}
    for path in (f"{chat}/settings", "/settings"):
        page = parse(expect(browser.post(path, data=form), 422, "from 0 to 2", "from 1 to 1,000"))
        wrong = [found.attributes for found in page.find_all(aria_invalid="true")]
        assert [(a["id"], "autofocus" in a) for a in wrong] == [
            ("temperature", True),
            ("turns", False),
        ]


def test_new_chats_start_with_the_settings_chosen_for_them(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    form = {"system_prompt": "Be kind.", "temperature": "0,3", "reply_tokens": "9", "turns": "1"}
    expect(browser.post("/settings", data=form | {"name": "Bo", "theme": "dark"}), 303)
    page = expect(browser.get("/settings"), 200, 'data-theme="dark"')
    fields = ("name", "temperature", "reply_tokens", "turns")
    assert [hidden_field(page, field) for field in fields] == ["Bo", "0.3", "9", "1"]
    assert textarea(page) == "Be kind."
    expect(browser.post("/settings", data={"name": "Ann", "theme": "light"}), 303)
    assert textarea(browser.get("/settings").text) == "Be kind.", "what is left out stays"
    assert textarea(expect(browser.post("/settings", data={"name": " "}), 422)) == "Be kind."
    new = open_chat(browser)
    for question in ("one", "two", "three"):
        ask(browser, new, question)
    request = model.requests[-1]
    assert (request["temperature"], request["max_tokens"]) == (0.3, 9)
    given = [message["content"] for message in request["messages"]]
    assert given == ["Be kind.", "two", model.text, "three"], "one turn is remembered"
    ask(browser, chat, "Hi")
    assert model.requests[-1]["temperature"] == 0.7, "a chat keeps its own"


@pytest.mark.parametrize(
    ("typed", "stored", "first"),
    [("", "", OPENING), ("You are a helpful assistant.", None, "You are a helpful assistant.")],
)
def test_the_system_prompt_of_new_chats_is_as_shown_and_the_default_unless_changed(
    browser: httpx.Client, chat: str, model: ScriptedModel, db_api: DbApiServer,
    typed: str, stored: str | None, first: str,
) -> None:  # fmt: skip
    assert textarea(browser.get("/settings").text) == "You are a helpful assistant."
    expect(browser.post("/settings", data={"name": "Ann", "system_prompt": typed}), 303)
    assert textarea(browser.get("/settings").text) == typed
    own = f"SELECT session_id FROM chats WHERE id = '{chat.removeprefix('/chats/')}'"
    assert db_api.sql(f"SELECT system_prompt FROM sessions WHERE id = ({own})") == stored
    ask(browser, open_chat(browser), "Hi")
    assert model.requests[-1]["messages"][0]["content"] == first


def test_a_deleted_chat_can_be_restored_from_home_at_once_and_later_from_the_settings(
    browser: httpx.Client, chat: str
) -> None:
    assert "Deleted chats" not in browser.get("/settings").text
    other = open_chat(browser)
    ask(browser, chat, "<i>Dogs</i>")
    gone = [browser.post(f"{path}/delete").headers["location"] for path in (chat, other)]
    assert gone == [f"/?deleted={path.removeprefix('/chats/')}" for path in (chat, other)]
    home = browser.get(gone[0]).text
    assert "“<i>Dogs</i>” was deleted. Undo" in " ".join(text_of(home).split())
    assert f"{chat}#end" not in links(home)
    expect(browser.get(chat), 404)
    page = expect(browser.get("/settings"), 200, "&lt;i&gt;Dogs&lt;/i&gt;")
    assert page.index(f"{other}/restore") < page.index(f"{chat}/restore"), "deleted last"
    assert browser.post(form_action(home, "/restore")).headers["location"] == chat
    assert "<i>Dogs</i>" in messages(browser.get(chat).text)
    assert f"{chat}/restore" not in browser.get("/settings").text
    assert "Undo" not in browser.get(gone[0]).text


def field_value(page: str, field: str) -> str:
    """What is in it."""
    return str(parse(page).need("input", id=field).attributes["value"])


def test_a_name_is_shown_where_it_can_be_changed(
    browser: httpx.Client, db_api: DbApiServer
) -> None:
    browser.post("/settings", data={"name": "Zoë"})
    assert field_value(browser.get("/settings").text, "name") == "Zoë"
    db_api.sql("UPDATE sessions SET name = NULL")
    assert field_value(browser.get("/settings").text, "name") == ""


def test_a_title_can_be_changed_but_not_taken_away(browser: httpx.Client, chat: str) -> None:
    form = {"titled": "1", "system_prompt": "x"}
    page = browser.get(f"{chat}/settings").text
    assert ('name="titled"' in page, field_value(page, "title")) == (False, "")
    ask(browser, chat, "Dogs")
    page = browser.get(f"{chat}/settings").text
    assert ('name="titled"' in page, field_value(page, "title")) == (True, "Dogs")
    for blank in ("", "  "):
        refused = browser.post(f"{chat}/settings", data=form | {"title": blank})
        expect(refused, 422, "Please enter a title")
    expect(browser.post(f"{chat}/settings", data={"system_prompt": "x"}), 303)
    form = {"title": "  Über <b>Füchse</b> ", "system_prompt": "Be kind."}
    renamed = browser.post(f"{chat}/settings", data=form).headers["location"]
    expect(browser.get(renamed), 200, "<title>Über &lt;b&gt;Füchse", "Füchse&lt;/b&gt;</h1>")


@pytest.mark.parametrize(("script", "words"), [("true", "<dialog"), ("", "<!doctype html>")])
def test_the_list_of_keys_is_a_page_or_a_dialog(
    newcomer: httpx.Client, script: str, words: str
) -> None:
    expect(newcomer.get("/keys", headers={"HX-Request": script}), 200, words, "Stop the reply")


def test_the_list_of_keys_has_the_chats_beside_it(
    browser: httpx.Client, chat: str, newcomer: httpx.Client
) -> None:
    browser.post(f"{chat}/rename", data={"title": "Tides"})
    send(browser, chat, "Hi")
    expect(browser.get("/keys"), 200, "Tides")
    assert 'id="side"' not in newcomer.get("/keys").text
