"""What the model's server has read outlives it: saved after replies, restored when it is new."""

import asyncio
from collections.abc import Iterator
from unittest.mock import Mock

import httpx
import pytest
from app.clients.slots import Slot, SlotsClient
from app.replies.prompt_cache import PromptCache
from starlette.responses import JSONResponse

from tests.chat_ui.support import (
    DbApiServer,
    ScriptedModel,
    StartBriefly,
    StartDbApi,
    ask,
    expect,
    messages,
    open_chat,
    send,
    wait_for,
    wait_until,
    wait_until_final,
)


@pytest.fixture(scope="module")
def db_api(start_db_api: StartDbApi) -> DbApiServer:
    """Of these copies alone."""
    return start_db_api()


@pytest.fixture
def url(db_api: DbApiServer, serve_chat_ui: StartBriefly, model: ScriptedModel) -> Iterator[str]:
    """A copy that has never heard of this server."""
    with serve_chat_ui(db_api_url=db_api.url) as url:
        yield url


def ask_and_save(browser: httpx.Client, chat: str, model: ScriptedModel) -> None:
    """A reply after which its slot, the first one, was saved."""
    model.slots.files.pop("slot-0", None)
    ask(browser, chat, "Hi")
    wait_until(lambda: model.slots.files.get("slot-0"))


def go_away(model: ScriptedModel) -> None:
    """The server is gone; `come_back` begins a new one."""
    model.well.clear()
    model.answer = JSONResponse({}, 503)


def come_back(model: ScriptedModel) -> None:
    model.slots.restart()
    model.answer = None
    model.well.set()


@pytest.mark.usefixtures("half_written")
def test_a_slot_is_saved_when_its_reply_has_ended_and_not_while_it_is_used(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    files, model.hold_after = model.slots.files, None
    ask(browser, open_chat(browser), "Hi")
    wait_until(lambda: "slot-1" in files)
    assert "slot-0" not in files
    del files["slot-1"]
    model.go.set()
    wait_until(lambda: "slot-0" in files)
    assert "slot-1" not in files, "it has not been used since"


def test_a_server_that_comes_back_is_filled_once_before_any_reply_is_asked_of_it(
    browser: httpx.Client, chat: str, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.replies.prompt_cache.SURE_SECONDS", 600)
    ask_and_save(browser, chat, model)
    go_away(model)
    chats = [chat, open_chat(browser)]
    for waiting in chats:
        send(browser, waiting, "And you?")
        wait_for(browser, waiting, "Waiting for the model")
    come_back(model)
    for waiting in chats:
        assert messages(wait_until_final(browser, waiting))[-1] == model.text
    told = model.slots.calls[: model.slots.calls.index("complete")]
    assert told == ["save restoring", *(f"restore slot-{n}" for n in range(8)), "save slot-0"]
    assert model.slots.calls.count("restore slot-0") == 1


def test_a_server_that_dies_in_mid_reply_is_filled_before_the_reply_continues(
    browser: httpx.Client, chat: str, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.replies.prompt_cache.SURE_SECONDS", 600)
    ask_and_save(browser, chat, model)
    model.break_after, model.hold_after = 2, 1
    send(browser, chat, "And you?")
    wait_until(lambda: model.running)
    model.slots.restart()
    model.go.set()
    wait_until_final(browser, chat)
    assert model.slots.calls[:2] == ["save restoring", "restore slot-0"]


def test_a_server_that_was_restarted_while_nobody_asked_is_filled_as_well(
    browser: httpx.Client, chat: str, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.replies.prompt_cache.SURE_SECONDS", 0)  # time has passed
    for _ in range(2):  # also with the same number, the task that uses the slot is another one
        ask_and_save(browser, chat, model)
        assert "restore slot-0" in model.slots.calls
        model.slots.restart()


@pytest.mark.anyio
async def test_all_who_wait_for_a_new_server_have_it_filled_once() -> None:
    slots = Mock(spec=SlotsClient)
    slots.list.return_value = [Slot(0, None, busy=False)]
    prompts = PromptCache(slots)
    await asyncio.gather(*(prompts.restore() for _ in range(3)))
    slots.restore.assert_awaited_once_with(0, "slot-0")


@pytest.mark.anyio
async def test_only_slots_that_were_used_since_and_are_idle_are_saved() -> None:
    slots = Mock(spec=SlotsClient)
    slots.list.return_value = [Slot(0, None, busy=False), Slot(1, 7, busy=False)]
    slots.list.return_value.append(Slot(2, 8, busy=True))
    prompts = PromptCache(slots)
    for _ in range(2):
        await prompts._save()
    slots.save.assert_awaited_once_with(1, "slot-1")


@pytest.mark.anyio
async def test_a_server_of_which_no_slot_is_used_is_filled_and_one_without_slots_left_alone() -> (
    None
):
    for known, filled in (([Slot(0, None, busy=False)], 1), ([], 0)):
        slots = Mock(spec=SlotsClient)
        slots.list.return_value = known
        prompts = PromptCache(slots)
        await prompts._save()
        await prompts.restore()
        assert slots.restore.await_count == filled


def test_a_server_that_is_writing_is_not_asked_whether_it_is_the_same(
    browser: httpx.Client, chat: str, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer would come between two words of the other reply, and the first word even later."""
    monkeypatch.setattr("app.replies.prompt_cache.SURE_SECONDS", 0)
    model.text, model.hold_after = "one two three four", 2
    send(browser, chat, "Count")
    wait_for(browser, chat, "one two")
    monkeypatch.setattr("app.replies.prompt_cache.SURE_SECONDS", 600)
    model.hold_after = 3
    model.go.set()
    model.go.clear()
    wait_for(browser, chat, "one two three")
    lists = model.slots.lists
    send(browser, open_chat(browser), "Count")
    wait_until(lambda: model.running == 2)
    assert model.slots.lists == lists


def test_slots_in_use_are_left_alone(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    """They know more than the files."""
    model.slots.files["slot-0"] = model.slots.files["slot-1"] = 9
    model.slots.all[1].task = 7
    ask(browser, chat, "Hi")
    assert model.slots.calls[0] == "complete"


@pytest.mark.parametrize("trouble", [{"keeps_prompts": False}, {"full": True}])
def test_a_server_that_keeps_no_prompts_answers_and_is_not_asked_again(
    browser: httpx.Client,
    chat: str,
    model: ScriptedModel,
    trouble: dict[str, bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.replies.prompt_cache.SURE_SECONDS", 0)
    vars(model.slots).update(trouble)
    for question in ("Hi", "And you?"):
        assert messages(ask(browser, chat, question))[-1] == model.text
    assert model.slots.calls == ["save restoring", "complete", "complete"]
    assert model.slots.lists == 1


def test_deleting_all_data_empties_slots_and_their_files_but_for_those_in_use(
    browser: httpx.Client, chat: str, half_written: str, model: ScriptedModel
) -> None:
    model.hold_after = None
    ask(browser, open_chat(browser), "Hi")
    wait_until(lambda: model.slots.files.get("slot-1"))
    model.slots.files["slot-2"] = 9  # of a server before this one
    expect(browser.post("/settings/forget", data={"sure": "yes"}), 303)
    assert [model.slots.files[f"slot-{n}"] for n in (1, 2)] == [0, 0]
    assert [slot.tokens for slot in model.slots.all[:2]] == [20, 0]
