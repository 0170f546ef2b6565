"""Exports: the whole chat, byte for byte, for its owner alone."""

import asyncio
import contextlib
import re
import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from unittest.mock import AsyncMock
from uuid import UUID

import httpx
import pytest
from app.assets import Assets
from app.clients.exports import ExportsClient
from app.clients.types import Chat, Message, MessageRun, Reply, ReplyError, Version
from app.errors import LimitReached, NotFound
from app.exports.export import Export, _climb
from app.exports.format import begin_chat, write_message
from app.exports.response import ExportResponse, begin_export
from app.templating import Templates
from app.turns import take_another
from starlette.requests import ClientDisconnect, Request

from tests.chat_ui.support import (
    OPENING,
    DbApiServer,
    ScriptedModel,
    ask,
    edit,
    expect,
    message_ids,
    open_chat,
    wait_until_final,
)

ODD = "  two\nlines, <b>&amp;</b> *stars* 語 \x01 "
ID = UUID(int=1)
NOW = datetime(2026, 1, 2, 3, 4, 5, 678, UTC)
BARE = Reply(id=ID, state="failed")
CHAT = Chat(
    id=ID, username="Zoë", title=None, system_prompt="", temperature=0.5, created_at=NOW,
    updated_at=NOW, head=None, context_start=ID, turns=7,
)  # fmt: skip
WRITTEN_REPLY = (
    '{"id":"00000000-0000-0000-0000-000000000001","state":"failed","phase":null,"place":3,'
    '"wait_ms":4,"stop_requested":false,"error":%s,"model":null,"prompt_tokens":null,'
    '"prompt_tokens_read":null,"completion_tokens":null,"first_token_ms":null,"total_ms":null,'
    '"mode":"free","found":null,"saw":null,"calls":[],"quotes":[]}'
)


@pytest.mark.parametrize(
    ("error", "written"),
    [
        (None, "null"),
        (ReplyError(kind="model-broke"), '"model-broke"'),
        (ReplyError(kind="prompt-too-long"), '"prompt-too-long"'),
        (ReplyError(kind="prompt-too-long", size=5000, limit=4096), '"prompt-too-long 5000 4096"'),
        (ReplyError(kind="unknown", detail="model-broke-off"), '"model-broke-off"'),
    ],
)
def test_the_format_stays_as_it_was_whatever_becomes_of_the_contract(
    error: ReplyError | None, written: str
) -> None:
    assert begin_chat(CHAT) == (
        f'{{"format": "parley-chat", "version": 1, "chat": {{"id": "{ID}", "username": "Zoë",'
        ' "title": null, "pinned": false, "system_prompt": "", "temperature": 0.5,'
        ' "reply_tokens": null, "turns": 7, "tools": null,'
        ' "created_at": "2026-01-02T03:04:05.000678Z",'
        ' "updated_at": "2026-01-02T03:04:05.000678Z", "head": null,'
        f' "context_start": "{ID}"}}, "messages": ['
    )
    reply = BARE.model_copy(update={"queue_position": 3, "wait_ms": 4, "error": error})
    version = Version(number=1, count=2, previous=None, next=ID)
    message = Message(
        id=ID, chat_id=ID, parent_id=None, seq=2, role="assistant", content="é\n",
        created_at=NOW, reply=reply, version=version,
    )  # fmt: skip
    assert write_message(message) == (
        f'{{"id":"{ID}","chat_id":"{ID}","parent_id":null,"seq":2,"role":"assistant",'
        '"content":"é\\n","created_at":"2026-01-02T03:04:05.000678Z",'
        '"pictures":[],'
        f'"reply":{WRITTEN_REPLY % written},'
        f'"version":{{"number":1,"count":2,"previous":null,"next":"{ID}"}}}}'
    )


def test_both_hold_every_message_byte_for_byte(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    ask(browser, chat, ODD)
    response = browser.get(f"{chat}/export.json")
    assert response.headers["content-disposition"].startswith("attachment")
    written = response.json()["messages"]
    assert [m["content"] for m in written] == [OPENING, ODD, model.text]
    assert written[2]["reply"]["state"] == "complete"
    markdown = browser.get(f"{chat}/export.md").text
    assert markdown.index(OPENING) < markdown.index(ODD) < markdown.index(model.text)
    assert "## Other versions" not in markdown


def test_markdown_is_the_branch_shown_with_all_other_versions_behind_it(
    browser: httpx.Client, chat: str
) -> None:
    question = message_ids(ask(browser, chat, "first"))[1]
    edit(browser, chat, question, "second")
    wait_until_final(browser, chat)
    ask(browser, chat, "third")
    address = f"{chat}/export.md"
    shown, others = browser.get(address).text.split("\n## Other versions\n")
    assert re.findall(r"^\w+$", shown, re.M) == ["second", "third"]
    assert re.findall(
        r"^### (\w+), .*\n\n\*\(after the message of .*\)\*\n\n(.*)", others, re.M
    ) == [
        ("You", "first"),
        ("Parley", "A scripted reply."),
    ]
    browser.post(f"{chat}/head", data={"message": question})
    assert re.findall("first|second|third", browser.get(address).text) == [
        *("first", "first"),  # the title, and what was said
        *("second", "third"),
    ]


SCOPE = {"type": "http", "asgi": {"spec_version": "2.4"}}


class Pages:
    """A chat of so many pages, as db-api would tell them; each is made when it is asked for."""

    def __init__(self, count: int) -> None:
        self._count = count

    async def read_all(self, _session: UUID, chat: UUID, *, after: int = 0) -> MessageRun:
        seqs = range(after + 1, after + 17)
        items = [
            Message(
                id=UUID(int=seq), chat_id=chat, parent_id=UUID(int=seq - 1), seq=seq, role="user",
                content=f"{seq:04} " * 6_500, created_at=NOW, pictures=[], reply=None, version=None,
            )
            for seq in seqs
        ]  # fmt: skip
        return MessageRun(items=items, next=seqs[-1] if seqs[-1] < 16 * self._count else None)


@pytest.mark.anyio
@pytest.mark.parametrize("ending", ["json", "md"])
async def test_an_export_of_a_huge_chat_takes_no_more_memory_than_one_of_a_small_chat(
    ending: str,
) -> None:
    peaks, templates = [], Templates(Assets(), "Parley")
    for count in (3, 60):
        head = UUID(int=16 * count)
        pages: Any = Pages(count)
        chat = CHAT.model_copy(update={"head": head})
        export = await Export.open(pages, ID, chat, [], contextlib.nullcontext)
        tracemalloc.start()
        pieces = export.as_json() if ending == "json" else export.as_markdown(templates)
        size = sum([len(piece) async for piece in pieces])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert size > 500_000 * count
    assert peaks[1] < 2 * peaks[0]


@pytest.mark.parametrize("name", ["chat.json", "chat.md", "all.json", "all.md"])
def test_one_export_runs_at_a_time(
    browser: httpx.Client, chat: str, db_api: DbApiServer, name: str
) -> None:
    of_all, ending = name.startswith("all"), name.partition(".")[2]
    address = f"{'' if of_all else chat}/export.{ending}"
    hers = (
        f"session_id = (SELECT session_id FROM chats WHERE id = '{chat.removeprefix('/chats/')}')"
    )
    until = "export_until = now() + interval '50 s'"
    db_api.sql(f"UPDATE session_usage SET export_id = uuidv7(), {until} WHERE {hers}")
    refused = browser.get(address)
    expect(refused, 429, "Your other export is still running")
    assert 0 < int(refused.headers["retry-after"]) <= 50
    if not of_all:  # a chat that isn't there is said to be gone, whatever else there is
        expect(browser.get(f"/chats/{ID}/export.{ending}"), 404)
    db_api.sql(f"UPDATE session_usage SET export_id = NULL, export_until = NULL WHERE {hers}")
    for _ in range(9):
        expect(browser.get(address), 200)


@pytest.mark.parametrize("name", ["chat.json", "chat.md", "all.json", "all.md"])
def test_every_export_takes_turns_with_pages(
    browser: httpx.Client, chat: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []

    @contextlib.asynccontextmanager
    async def take(request: Request) -> AsyncIterator[None]:
        async with take_another(request):
            taken.append(request.url.path)
            yield

    monkeypatch.setattr("app.exports.files.take_another", take)
    address = f"{'' if name.startswith('all') else chat}/export.{name.partition('.')[2]}"
    expect(browser.get(address), 200)
    assert taken == [address]


@pytest.mark.anyio
async def test_an_export_has_ended_when_its_last_byte_is_sent() -> None:
    exports, ended = AsyncMock(spec=ExportsClient), []

    async def pieces() -> AsyncIterator[str]:
        yield "one"

    async def read(message: Any) -> None:
        ended.append((message.get("more_body"), exports.end.await_count))

    async with begin_export(exports, ID) as running:
        response = ExportResponse(running, pieces(), "text/plain", {})
    await response(SCOPE, AsyncMock(), read)
    assert ended == [(None, 0), (True, 0), (False, 1)]
    exports.end.assert_awaited_once()


@pytest.mark.anyio
async def test_an_export_is_renewed_while_it_is_sent_and_ends_when_nobody_reads_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.exports.response.RENEW_SECONDS", 0)
    exports, renewed = AsyncMock(spec=ExportsClient), asyncio.Event()
    exports.begin.return_value = ID
    exports.renew.side_effect = lambda *_: renewed.set()

    async def read(message: Any) -> None:
        await renewed.wait()
        raise OSError  # as a connection that is closed

    async def pieces() -> AsyncIterator[str]:
        yield "one"

    async with begin_export(exports, ID) as running:
        response = ExportResponse(running, pieces(), "text/plain", {})
    with pytest.raises(ClientDisconnect):
        await response(SCOPE, AsyncMock(), read)
    exports.end.assert_awaited_once_with(ID, ID)
    count = exports.renew.await_count
    await asyncio.sleep(0.01)
    assert exports.renew.await_count == count


@pytest.mark.anyio
async def test_one_that_is_refused_reads_nothing_and_one_that_fails_has_ended() -> None:
    exports = AsyncMock(spec=ExportsClient)
    exports.begin.return_value = ID
    with pytest.raises(NotFound):
        async with begin_export(exports, ID):
            raise NotFound
    exports.end.assert_awaited_once_with(ID, ID)
    exports.begin.side_effect = LimitReached(what="exports", limit=1, retry_after=1)
    with pytest.raises(LimitReached):
        async with begin_export(exports, ID):
            raise AssertionError("something was read")
    exports.end.assert_awaited_once()


@pytest.mark.anyio
@pytest.mark.parametrize("ending", ["json", "md"])
async def test_each_page_is_a_turn_of_its_own_and_none_lasts_while_it_is_sent(ending: str) -> None:
    read, turns, running = Pages(3), [0], [0]

    @contextlib.asynccontextmanager
    async def take_turn() -> AsyncIterator[None]:
        turns[0] += 1
        running[0] += 1
        yield
        running[0] -= 1

    async def read_all(session: UUID, chat: UUID, *, after: int = 0) -> MessageRun:
        assert running == [1]
        return await read.read_all(session, chat, after=after)

    messages: Any = AsyncMock(read_all=read_all)
    chat = CHAT.model_copy(update={"head": UUID(int=48)})
    export = await Export.open(messages, ID, chat, [], take_turn)
    templates = Templates(Assets(), "Parley")
    async for _ in export.as_json() if ending == "json" else export.as_markdown(templates):
        assert running == [0]
    assert turns == [3 if ending == "json" else 5], "the first page is kept"


def test_a_branch_whose_end_was_deleted_meanwhile_is_empty() -> None:
    assert list(_climb({}, ID)) == []


@pytest.mark.parametrize(
    ("title", "plain", "name"),
    [
        ("What is the sea?", "What is the sea", "What%20is%20the%20sea"),
        ("Größe", "Groe", "Gr%C3%B6%C3%9Fe"),
        ("../a\\b:c*", "a b c", "a%20b%20c"),
        ('"; x="%41', "; x= 41", "%3B%20x%3D%2041"),
        ("海", "chat", "%E6%B5%B7"),
        ("...", "chat", "chat"),
    ],
)
def test_files_are_named_after_the_chat(
    browser: httpx.Client, chat: str, title: str, plain: str, name: str
) -> None:
    browser.post(f"{chat}/settings", data={"title": title})
    for ending in ("md", "json"):
        sent = browser.get(f"{chat}/export.{ending}").headers["content-disposition"]
        names = f"filename=\"{plain}.{ending}\"; filename*=UTF-8''{name}.{ending}"
        assert sent == f"attachment; {names}"


@pytest.mark.usefixtures("half_written")
def test_a_reply_that_is_still_growing_is_exported_as_far_as_it_is(
    browser: httpx.Client, chat: str
) -> None:
    last = browser.get(f"{chat}/export.json").json()["messages"][-1]
    assert (last["content"], last["reply"]["state"]) == ("one two", "running")
    expect(browser.get(f"{chat}/export.md"), 200, "*(running)*")


def test_more_chats_and_messages_than_a_page_holds_are_exported_whole(
    browser: httpx.Client, chat: str, db_api: DbApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.exports.export.PAGE", 2)
    chats = [chat, *(open_chat(browser) for _ in range(4))]
    db_api.sql(
        "INSERT INTO messages (chat_id, session_id, seq, role, content)"
        " SELECT id, session_id, number, 'user', 'message ' || number"
        " FROM chats, generate_series(2, 1001) AS number"
        f" WHERE id = '{chat.removeprefix('/chats/')}'"
    )
    export = browser.get("/export.json").json()
    assert export["format"] == "parley-chats"
    assert [f"/chats/{found['chat']['id']}" for found in export["chats"]] == chats[::-1]
    assert [m["seq"] for m in export["chats"][-1]["messages"]] == list(range(1, 1002))
    markdown = browser.get("/export.md").text
    assert markdown.count("# New chat") == 5
    assert markdown.index("message 2") < markdown.index("message 1001")
