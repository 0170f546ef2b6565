"""How chat-ui asks the language model, and what it makes of its answers."""

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from app.clients.base import DbApi
from app.clients.completion import (
    Delta,
    ModelAway,
    ModelBroke,
    ModelDied,
    ModelRefused,
    Started,
)
from app.clients.language_model import LanguageModel, hash_prompt
from app.clients.prompt_types import PassagePart, PicturePart, PromptMessage, PromptPart, TextPart
from app.clients.service import Service, connect
from app.errors import Unavailable
from starlette.responses import (
    RedirectResponse,
    Response,
    StreamingResponse,
)

from tests.chat_ui.other_service import Other, other, service, url
from tests.chat_ui.support import free_port

__all__ = ["other", "service", "url"]

pytestmark = pytest.mark.anyio


def say(*texts: str) -> list[PromptMessage]:
    return [PromptMessage(role="user", parts=[TextPart(text=text) for text in texts])]


async def test_a_letter_may_come_in_two_pieces_and_a_stream_may_end_early(
    other: Other, service: Service
) -> None:
    event = 'data: {"model": "m", "choices": [{"delta": {"content": "漢字"}}]}\n\n'.encode()
    cut = event.index("漢".encode()) + 1

    async def pieces() -> AsyncIterator[bytes]:
        for piece in (event[:cut], event[cut:], b": a comment\n\n"):
            yield piece
            await asyncio.sleep(0.05)

    other.answer = StreamingResponse(pieces())
    stream = LanguageModel(service).stream(say("Hi"), "", 9, 0)
    assert [await anext(stream), await anext(stream)] == [Started("m"), Delta("漢字")]
    with pytest.raises(ModelDied, match="ended early"):
        await anext(stream)


async def test_who_is_not_there_is_said_to_be_away() -> None:
    async with connect(f"http://127.0.0.1:{free_port()}", "") as service:
        model = LanguageModel(service)
        for asked in (model.describe(say("Hi")), anext(model.stream(say("Hi"), "", 9, 0))):
            with pytest.raises(ModelAway):
                await asked
        assert await model.find_name() is None
        with pytest.raises(Unavailable):
            await DbApi(service).send("GET", "/chats")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Response("loading", 503), ModelAway),
        (Response("no such key", 401), ModelAway),
        (Response('{"error": {"type": "exceed_context_size_error"}}', 400), ModelRefused),
        (Response('{"error": {"type": "invalid_request_error"}}', 400), ModelRefused),
        (Response("oops", 500), ModelBroke),
        (RedirectResponse("/elsewhere"), ModelBroke),
    ],
)
async def test_a_model_that_refuses_is_heard_out_once(
    other: Other, service: Service, answer: Response, error: type[Exception]
) -> None:
    other.answer, model = answer, LanguageModel(service)
    with pytest.raises(error):
        await anext(model.stream(say("Hi"), "", 9, 0))
    assert len(other.heard) == 1, "a redirection leads nowhere"
    with pytest.raises(error):
        await model.describe(say("Hi"))


async def test_an_error_may_come_in_the_middle_of_a_stream(other: Other, service: Service) -> None:
    other.answer = Response('data: {"error": {"message": "out of memory"}}\n\ndata: [DONE]\n\n')
    model = LanguageModel(service)
    with pytest.raises(ModelBroke, match="out of memory"):
        _ = [event async for event in model.stream(say("Hi"), "", 9, 0)]
    assert await model.find_name() is None, "an error has no model's name"


async def test_a_models_name_is_asked_for_now_and_then_until_it_is_known(
    other: Other, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = LanguageModel(service)
    for wrong in ("no JSON", '{"data": []}', '{"data": [7]}', "[]"):
        other.answer = Response(wrong)
        model = LanguageModel(service)
        assert await model.find_name() is None
    other.answer = Response('{"data": [{"id": "m1"}]}')
    assert await model.find_name() is None, "asked just now"
    monkeypatch.setattr("app.clients.language_model.ASK_AGAIN_SECONDS", 0)
    model = LanguageModel(service)
    assert await model.find_name() == "m1"
    event = 'data: {"model": "m2", "choices": []}\n\n'
    other.answer = Response(f"{event}{event}data: [DONE]\n\n")
    assert [event async for event in model.stream(say("Hi"), "", 9, 0)] == [Started("m2")]
    other.answer = Response('{"data": [{"id": "m3"}]}')
    assert await model.find_name() == "m2", "who writes tells, too"


async def test_a_message_s_parts_are_one_text_each_passage_headed_by_where_it_is_from(
    other: Other, service: Service
) -> None:
    other.answer = Response("data: [DONE]\n\n")
    passage = PassagePart(document="a.txt", page=2, text="Words.")
    parts: list[PromptPart] = [
        TextPart(text="one"),
        passage,
        TextPart(text="two"),
    ]
    for prompt in (say("one"), [PromptMessage(role="user", parts=parts)]):
        assert not [event async for event in LanguageModel(service).stream(prompt, "", 9, 0)]
    assert b'[{"role": "user", "content": "one"}]' in other.bodies[0]
    joined = rb'"one\n\nFrom \"a.txt\", page 2:\nWords.\n\ntwo"'
    assert b'[{"role": "user", "content": ' + joined + b"}]" in other.bodies[1]


async def test_a_salt_comes_before_all_of_a_prompt_pictures_as_well(
    other: Other, service: Service
) -> None:
    other.answer = Response("data: [DONE]\n\n")
    picture = PicturePart(document="a.jpg", document_id=UUID(int=7))
    message = PromptMessage(role="user", parts=[picture, TextPart(text="What?")], salt="xK3q")
    for pictures in ({}, {UUID(int=7): b"JPEG"}):
        stream = LanguageModel(service).stream([message], "", 9, 0, pictures)
        assert not [event async for event in stream]
    assert b'"content": "xK3q Picture \\"a.jpg\\"\\n\\nWhat?"' in other.bodies[0]
    first, second, _ = json.loads(other.bodies[1])["messages"][0]["content"]
    assert (first, second["type"]) == ({"type": "text", "text": "xK3q "}, "image_url")
    assert hash_prompt([message]) != hash_prompt([message.model_copy(update={"salt": ""})])
