"""The answer cache: off unless it is wanted, and then only for what can't be answered otherwise."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.chat_ui.programs import HI, answer, ask, bearer, make_token
from tests.chat_ui.sockets import answer as answer_socket
from tests.chat_ui.sockets import talking
from tests.chat_ui.support import (
    DbApiServer,
    ScriptedModel,
    StartBriefly,
    StartDbApi,
    message_ids,
    messages,
    new_browser,
    open_chat,
    wait_until_final,
)
from tests.chat_ui.support import ask as ask_on_page

RESPONSES = "/v1/responses"


@pytest.fixture(scope="module")
def db_api(start_db_api: StartDbApi) -> DbApiServer:
    """Whose replies no runner without a cache takes."""
    return start_db_api()


@pytest.fixture(scope="module")
def url(db_api: DbApiServer, serve_chat_ui: StartBriefly) -> Iterator[str]:
    """A copy with a cache."""
    with serve_chat_ui(db_api_url=db_api.url, answer_cache_seconds=3600) as url:
        yield url


def is_hit(response: httpx.Response) -> bool:
    assert response.status_code == 200, response.text
    return bool(response.headers.get("x-cache") == "hit")


def set_temperature(browser: httpx.Client, chat: str, temperature: str) -> None:
    form = {"title": "", "system_prompt": "Be brief.", "reply_tokens": ""}
    saved = browser.post(f"{chat}/settings", data={**form, "temperature": temperature})
    assert saved.is_redirect, saved.text


def respond(program: httpx.Client, **fields: Any) -> httpx.Response:
    return program.post(RESPONSES, json={"model": "scripted", "input": "Hi", **fields})


@pytest.mark.parametrize("streams", [False, True])
def test_the_same_request_gets_the_same_answer(
    program: httpx.Client, model: ScriptedModel, streams: bool
) -> None:
    question = [{"role": "user", "content": f"Streams: {streams}?"}]
    first = answer(program, question, temperature=0)
    model.text = "Something else."
    second = ask(program, question, temperature=0, stream=streams)
    assert is_hit(second)
    if streams:
        assert '"A scripted reply."' in second.text
    else:
        assert second.json()["choices"] == first["choices"]
        assert second.json()["usage"] == first["usage"]
    assert len(model.requests) == 1


def test_responses_say_so_in_one_piece(program: httpx.Client, model: ScriptedModel) -> None:
    asked = {"temperature": 0, "instructions": "Be responsive."}
    first, second = (respond(program, **asked) for _ in range(2))
    assert (is_hit(first), is_hit(second)) == (False, True)
    kept = program.get(f"{RESPONSES}/{second.json()['id']}")
    assert (is_hit(kept), kept.json()) == (True, second.json())
    assert first.json()["output"][0]["content"] == second.json()["output"][0]["content"]
    assert len(model.requests) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"temperature": 0.1},
        {"max_tokens": 7},
        {"top_p": 0.5},
        {"seed": 1},
        {"stop": "x"},
        {"messages": [{"role": "system", "content": "Be kind."}, *HI]},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_differs_is_asked_of_the_model(
    program: httpx.Client, model: ScriptedModel, other: dict[str, Any]
) -> None:
    usual = {"messages": [{"role": "user", "content": f"{other}"}], "temperature": 0}
    if "messages" in other:
        usual["messages"] = HI
    body = {"model": "scripted", **usual}
    for asked in (body, body | other):
        assert not is_hit(program.post("/v1/chat/completions", json=asked))
    assert len(model.requests) == 2


def test_only_temperature_0_is_kept(program: httpx.Client, model: ScriptedModel) -> None:
    question = [{"role": "user", "content": "Anything?"}]
    assert not any(is_hit(ask(program, question)) for _ in range(2))
    assert len(model.requests) == 2


def test_no_cache_has_the_model_answer_and_the_newest_answer_is_kept(
    program: httpx.Client, model: ScriptedModel
) -> None:
    question = [{"role": "user", "content": "Fresh?"}]
    answer(program, question, temperature=0)
    model.text = "A newer one."
    body = {"model": "scripted", "messages": question, "temperature": 0}
    headers = {"Cache-Control": "max-age=0, No-Cache"}
    fresh = program.post("/v1/chat/completions", json=body, headers=headers)
    assert not is_hit(fresh)
    third = ask(program, question, temperature=0)
    assert (is_hit(third), third.json()["choices"]) == (True, fresh.json()["choices"])


def test_over_a_websocket_no_cache_counts_for_the_whole_connection(
    program: httpx.Client, model: ScriptedModel
) -> None:
    asked = {"temperature": 0, "instructions": "Be connected."}
    for headers, requests in (({}, 1), ({"Cache-Control": "no-cache"}, 3), ({}, 3)):
        with talking(program, **headers) as socket:
            for _ in range(2):
                assert answer_socket(socket, **asked)["status"] == "completed"
        assert len(model.requests) == requests


def test_nobody_gets_somebody_else_s(program: httpx.Client, url: str, model: ScriptedModel) -> None:
    question = [{"role": "user", "content": "Whose?"}]
    answer(program, question, temperature=0)
    with new_browser(url) as browser, new_browser(url) as other:
        open_chat(browser)
        other.headers.update(bearer(make_token(browser)))
        assert not is_hit(ask(other, question, temperature=0))


def test_another_model_is_asked(program: httpx.Client, model: ScriptedModel) -> None:
    question = [{"role": "user", "content": "Which model?"}]
    answer(program, question, temperature=0)
    model.name = "another"
    assert not is_hit(
        program.post(
            "/v1/chat/completions",
            json={"model": "scripted", "messages": question, "temperature": 0},
        )
    )


def test_a_chat_says_so_and_regenerating_passes_it_over(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    pages = []
    for _ in range(2):
        chat = open_chat(browser)
        set_temperature(browser, chat, "0")
        pages.append(ask_on_page(browser, chat, "What is an API?"))
    assert ["From cache." in page for page in pages] == [False, True]
    assert messages(pages[0]) == messages(pages[1])
    model.text = "A new version."
    reply = message_ids(pages[1])[-1]
    browser.post(f"{chat}/replies/{reply}/again", data={"key": "new"})
    page = wait_until_final(browser, chat)
    assert (messages(page)[-1], "From cache." in page) == ("A new version.", False)
    assert len(model.requests) == 2


def test_it_is_gone_with_its_chat(browser: httpx.Client, model: ScriptedModel) -> None:
    for number in range(2):
        chat = open_chat(browser)
        set_temperature(browser, chat, "0")
        ask_on_page(browser, chat, "What is gone?")
        assert len(model.requests) == number + 1
        browser.post(f"{chat}/delete")


def test_without_the_setting_there_is_none(
    program: httpx.Client,
    model: ScriptedModel,
    start_db_api: StartDbApi,
    serve_chat_ui: StartBriefly,
) -> None:
    with (
        serve_chat_ui(db_api_url=start_db_api().url) as url,
        new_browser(url) as browser,
        new_browser(url) as client,
    ):
        open_chat(browser)
        client.headers.update(bearer(make_token(browser)))
        assert not any(is_hit(ask(client, temperature=0)) for _ in range(2))
    assert len(model.requests) == 2
