"""What a person sets: a name, colours, keys, what the model gets; and to be forgotten."""

import httpx
from starlette.responses import JSONResponse

from tests.chat_ui.conftest import DbApiServer
from tests.support.person import messages, open_chat, send, wait_until_final
from tests.support.scripted_model import ScriptedModel


def test_the_colours_chosen_are_on_every_page(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    assert 'data-theme="system"' in browser.get(chat).text
    saved = browser.post("/settings", data={"name": "Ann", "theme": "dark", "keys": "on"})
    assert saved.status_code == 303
    for path in ("/", chat, "/settings", "/nowhere"):
        assert 'data-theme="dark"' in browser.get(path).text
    assert "data-keys" in browser.get(chat).text
    browser.post("/settings", data={"name": "Ann", "theme": "puce"})
    assert 'data-theme="system"' in browser.get(chat).text
    assert "data-keys" not in browser.get(chat).text, "keys were not ticked"


def test_the_name_is_kept_for_new_chats(browser: httpx.Client) -> None:
    open_chat(browser, "Ann")
    assert 'value="Ann"' in browser.get("/").text
    browser.post("/settings", data={"name": "Zoë", "theme": "light"})
    assert 'value="Zoë"' in browser.get("/").text
    refused = browser.post("/settings", data={"name": " ", "theme": "light"})
    assert refused.status_code == 422
    assert "give a name" in refused.text


def test_times_are_those_of_the_browser_once_it_has_told(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    send(browser, chat, "Hi")
    page = wait_until_final(browser, chat)
    message = page.split('id="m-')[1][:36]
    assert " UTC</time>" in browser.get(f"{chat}/messages/{message}").text
    for offset in ("120", "-570"):
        browser.cookies.set("utc_offset", offset)
        assert " UTC</time>" not in browser.get(f"{chat}/messages/{message}").text
    for nonsense in ("x", "99999", "1e3", ""):
        browser.cookies.set("utc_offset", nonsense)
        assert " UTC</time>" in browser.get(f"{chat}/messages/{message}").text


def test_forget_me_asks_and_then_leaves_nothing(browser: httpx.Client, db_api: DbApiServer) -> None:
    chat = open_chat(browser)
    send(browser, chat, "secret")
    wait_until_final(browser, chat)
    cookie = dict(browser.cookies)
    assert browser.post("/settings/forget").status_code == 422
    assert browser.get(chat).status_code == 200
    assert browser.post("/settings/forget", data={"sure": "yes"}).status_code == 303
    assert "Your chats" not in browser.get("/").text
    assert db_api.psql("SELECT count(*) FROM messages WHERE content = 'secret'") == "0"
    with httpx.Client(base_url=browser.base_url, cookies=cookie) as thief:
        assert thief.get(chat).status_code == 401, "the cookie is worthless"


def test_what_the_model_gets_is_shown_to_the_letter(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    chat = open_chat(browser)
    form = {"title": "", "system_prompt": "Be <brief>.", "temperature": "0,3", "reply_tokens": "7"}
    assert browser.post(f"{chat}/settings", data=form).status_code == 303
    send(browser, chat, "Hi")
    wait_until_final(browser, chat)
    request = model.requests[-1]
    assert (request["temperature"], request["max_tokens"]) == (0.3, 7)
    assert request["messages"][0] == {"role": "system", "content": "Be <brief>."}
    page = browser.get(f"{chat}/prompt").text
    assert "Be &lt;brief&gt;." in page
    assert "A scripted reply." in page
    assert "<strong>42 tokens</strong>" in page
    send(browser, chat, "More")
    wait_until_final(browser, chat)
    shown = [m["content"] for m in model.requests[-1]["messages"]][:-1]
    assert all(text in messages_of(page) for text in shown), "and nothing else"


def messages_of(page: str) -> str:
    return page.replace("&lt;", "<").replace("&gt;", ">")


def test_without_the_model_its_prompt_is_shown_all_the_same(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    chat = open_chat(browser)
    model.answer = JSONResponse({"error": {"code": 503}}, 503)
    page = browser.get(f"{chat}/prompt")
    assert page.status_code == 200
    assert "out of reach" in page.text
    assert messages(browser.get(chat).text)[0] in page.text


def test_a_setting_left_empty_is_the_usual_one(browser: httpx.Client, model: ScriptedModel) -> None:
    chat = open_chat(browser)
    for temperature in ("1.5", ""):
        form = {"title": "", "system_prompt": "x", "temperature": temperature}
        browser.post(f"{chat}/settings", data=form)
    send(browser, chat, "Hi")
    wait_until_final(browser, chat)
    assert model.requests[-1]["temperature"] == 0.7


def test_colours_can_be_chosen_before_a_name_is_given(browser: httpx.Client) -> None:
    page = browser.get("/settings")
    assert page.status_code == 200
    assert "Forget me" not in page.text, "there is nothing yet"
    assert browser.post("/settings", data={"name": "", "theme": "dark"}).status_code == 303
    assert 'data-theme="dark"' in browser.get("/").text
    assert "parley" not in browser.cookies
    assert browser.post("/settings", data={"name": "Zoë", "theme": "dark"}).status_code == 303
    assert 'value="Zoë"' in browser.get("/").text


def test_deleted_chats_are_listed_to_be_brought_back(browser: httpx.Client) -> None:
    chat, other = open_chat(browser), open_chat(browser)
    send(browser, chat, "<i>Dogs</i>")
    wait_until_final(browser, chat)
    assert "Deleted chats" not in browser.get("/settings").text
    for path in (chat, other):
        browser.post(f"{path}/delete")
    page = browser.get("/settings").text
    assert page.index(f"{other}/restore") < page.index(f"{chat}/restore")
    assert "&lt;i&gt;Dogs&lt;/i&gt;" in page
    browser.post(f"{chat}/restore")
    assert f"{chat}/restore" not in browser.get("/settings").text


def test_a_title_can_be_changed_but_not_taken_away(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    send(browser, chat, "Dogs")
    wait_until_final(browser, chat)
    form = {"titled": "1", "system_prompt": "x"}
    assert 'name="titled"' in browser.get(f"{chat}/settings").text
    for blank in ("", "  "):
        refused = browser.post(f"{chat}/settings", data=form | {"title": blank})
        assert refused.status_code == 422
        assert "Please give a title" in refused.text
    assert browser.post(f"{chat}/settings", data={"system_prompt": "x"}).status_code == 303
    assert browser.post(f"{chat}/settings", data={"title": "Cats"}).status_code == 303
    assert "<title>Cats" in browser.get(chat).text


def test_a_session_that_ended_does_not_keep_anybody_from_choosing_colours(
    browser: httpx.Client, db_api: DbApiServer
) -> None:
    open_chat(browser)
    db_api.psql("UPDATE sessions SET revoked_at = now()")
    assert browser.get("/settings").status_code == 200
    open_chat(browser)
    db_api.psql("UPDATE sessions SET revoked_at = now()")
    saved = browser.post("/settings", data={"name": "Zoë", "theme": "dark"})
    assert saved.status_code == 303
    home = browser.get("/").text
    assert 'data-theme="dark"' in home
    assert 'value="Zoë"' in home
