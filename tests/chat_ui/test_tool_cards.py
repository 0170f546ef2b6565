"""The switch in a chat's settings, the cards of the calls that the model makes then, and what the
prompt and the exports show of them. All of it without scripts."""

from html import escape

import httpx
import pytest

from tests.chat_ui.support import (
    DbApiServer,
    ScriptedModel,
    StartBriefly,
    articles,
    ask,
    events,
    message_ids,
    messages,
    new_browser,
    open_chat,
    parse,
    send,
    text_of,
    wait_for,
    wait_until_final,
)

HOSTILE = "</pre></details><script>alert(1)</script>```"
CALL = '{"tool": "calculator", "arguments": {"expression": "6*7"}}'
SAME = "This is exactly what the model got."
ADDED = "Added because the model may use tools:"


def is_on(browser: httpx.Client, address: str) -> bool:
    (box,) = (
        field
        for field in parse(browser.get(address).text).find_all("input", name="tools")
        if field.attributes.get("type") == "checkbox"
    )
    return "checked" in box.attributes


def switch(browser: httpx.Client, address: str, *values: str, **more: str) -> None:
    """As a form without scripts posts it: the hidden field, then the box if it is ticked."""
    data = {"tools": ["off", *values], **more}
    assert browser.post(address, data=data).status_code == 303


def turn_on(browser: httpx.Client, chat: str) -> None:
    switch(browser, f"{chat}/settings", "on", title="")


def cards(page: str) -> list[str]:
    return [card.text for card in parse(page).find_all("details", class_="call")]


def prompt_of(browser: httpx.Client, chat: str) -> str:
    reply = message_ids(browser.get(chat).text)[-1].removeprefix("message-")
    return browser.get(f"{chat}/replies/{reply}/prompt").raise_for_status().text


def test_it_is_off_until_the_chat_turns_it_on(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    settings = f"{chat}/settings"
    assert not is_on(browser, settings)
    assert "often calls the wrong tool" in text_of(browser.get(settings).text)
    ask(browser, chat, "Hi")
    assert "grammar" not in model.requests[-1]
    turn_on(browser, chat)
    assert is_on(browser, settings)
    ask(browser, chat, "Hi")
    assert "grammar" in model.requests[-1]
    switch(browser, settings, title="Hi")
    assert not is_on(browser, settings)
    assert browser.post(settings, data={"title": "Hi"}).status_code == 303
    assert not is_on(browser, settings), "what a form leaves out stays as it is"
    ask(browser, chat, "Hi")
    assert "grammar" not in model.requests[-1]


def test_new_chats_begin_with_what_the_settings_page_says(browser: httpx.Client, chat: str) -> None:
    switch(browser, "/settings", "on", name="Ada", theme="system")
    assert is_on(browser, f"{open_chat(browser)}/settings")
    assert not is_on(browser, f"{chat}/settings")
    switch(browser, "/settings", name="Ada", theme="system")


def test_an_owner_may_turn_it_on_for_all_chats_that_do_not_say(
    serve_chat_ui: StartBriefly, db_api: DbApiServer, model: ScriptedModel
) -> None:
    with (
        serve_chat_ui(db_api_url=db_api.url, model_tools="on") as url,
        new_browser(url) as browser,
    ):
        chat = open_chat(browser)
        assert is_on(browser, f"{chat}/settings")
        ask(browser, chat, "Hi")
        assert "grammar" in model.requests[-1]
        assert ADDED in text_of(browser.get(f"{chat}/prompt").text)
        switch(browser, f"{chat}/settings", title="Hi")
        ask(browser, chat, "Hi")
        assert "grammar" not in model.requests[-1]


def test_a_call_is_a_card_above_the_words(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    turn_on(browser, chat)
    model.texts = [CALL, "It is 42."]
    page = ask(browser, chat, "6*7?")
    (card,) = cards(page)
    assert all(words in card for words in ("Used calculator", '{"expression": "6*7"}', "= **42**"))
    assert messages(page)[-1] == "It is 42."
    assert page.index('class="call"') < page.index("It is 42.")
    assert cards(browser.get(chat).text) == [card]


def test_what_a_call_says_is_only_text(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    turn_on(browser, chat)
    model.texts = [f"{{{HOSTILE}", "Sorry."]
    page = ask(browser, chat, "6*7?")
    (card,) = cards(page)
    assert HOSTILE in card
    assert "Failed" in card
    assert escape(HOSTILE, quote=False) in page
    assert "<script>alert" not in page
    written = browser.get(f"{chat}/export.md").text
    assert f"````\n{{{HOSTILE}\n````" in written
    assert "*(Unreadable call, which failed)*" in written


def test_exports_have_each_call(browser: httpx.Client, chat: str, model: ScriptedModel) -> None:
    turn_on(browser, chat)
    model.texts = [CALL, "It is 42."]
    ask(browser, chat, "6*7?")
    exported = browser.get(f"{chat}/export.json").json()["messages"][-1]
    (call,) = exported["reply"]["calls"]
    assert call == {
        "tool": "calculator",
        "arguments": '{"expression": "6*7"}',
        "result": "`6*7` = **42**",
        "failed": False,
    }
    written = browser.get(f"{chat}/export.md").text
    assert written.index("*(Used calculator)*") < written.index("= **42**")
    assert written.index("= **42**") < written.index("It is 42.")


def test_view_prompt_shows_what_tools_add(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    assert ADDED not in text_of(browser.get(f"{chat}/prompt").text)
    turn_on(browser, chat)
    page = text_of(browser.get(f"{chat}/prompt").text)
    assert ADDED in page
    assert "Calculate exactly" in page
    model.texts = [CALL, "It is 42."]
    ask(browser, chat, "6*7?")
    page = prompt_of(browser, chat)
    shown = [pre.text for pre in parse(page).find_all("pre")]
    assert SAME in text_of(page)
    assert text_of(page).count(ADDED) == 3, "the tools, the call, its result"
    assert {CALL, "Result of calculator:\n`6*7` = **42**"} <= set(shown)
    switch(browser, f"{chat}/settings", title="Hi")
    assert SAME in text_of(prompt_of(browser, chat)), "as it was then"
    ask(browser, chat, "Hi")
    page = text_of(prompt_of(browser, chat))
    assert SAME in page
    assert ADDED not in page


def test_without_a_system_prompt_tools_are_all_of_it(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    switch(browser, f"{chat}/settings", "on", title="", system_prompt="")
    ask(browser, chat, "Hi")
    first = model.requests[-1]["messages"][0]
    assert first["role"] == "system"
    assert first["content"].startswith("You can call these tools:")
    assert SAME in text_of(prompt_of(browser, chat))


def test_whoever_watches_sees_the_card_before_the_words(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    turn_on(browser, chat)
    model.texts, model.pace = [CALL, "It is 42, no more and no less."], 0.2
    send(browser, chat, "6*7?")
    told = list(events(browser, chat))
    whole = [data["html"] for name, data in told if name == "message"]
    carded = [html for html in whole if cards(html)]
    assert "= **42**" in cards(carded[0])[0] or "Running…" in cards(carded[0])[0]
    first_words = next(n for n, (name, _) in enumerate(told) if name == "text")
    shown = [
        html for name, data in told[:first_words] if name == "message" for html in data.values()
    ]
    assert "= **42**" in cards(shown[-1])[0], "the result comes before the first words"
    assert "It is" not in "".join(shown)


def test_the_live_page_has_it_too(browser: httpx.Client, chat: str, model: ScriptedModel) -> None:
    turn_on(browser, chat)
    model.texts, model.pace = [CALL, "It is 42, no more and no less."], 0.2
    send(browser, chat, "6*7?")
    page = browser.get(f"{chat}/live").text
    assert "= **42**" in cards(page)[0]
    assert articles(page)[-1].text.strip() == "It is 42, no more and no less."


@pytest.mark.parametrize("state", ["running", "stopped"])
def test_a_call_without_a_result_is_running_or_was_interrupted(
    browser: httpx.Client, chat: str, model: ScriptedModel, db_api: DbApiServer, state: str
) -> None:
    model.hold_after = 1
    send(browser, chat, "6*7?")
    wait_for(browser, chat, "A")
    call = '[{"tool": "date", "arguments": "{}", "result": null, "failed": false}]'
    db_api.sql(f"UPDATE replies SET calls = '{call}' WHERE finished_at IS NULL")
    if state == "stopped":
        model.go.set()
        wait_until_final(browser, chat)
    (card,) = cards(browser.get(chat).text)
    assert ("Running…" if state == "running" else "Interrupted") in card
    model.go.set()
