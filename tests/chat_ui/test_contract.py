"""chat-ui's side of the contract, held to what the real db-api says of itself."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from app.clients import document_types, prompt_types, queue_types, types, updates
from app.clients.base import PROBLEMS
from app.clients.chats import MOST_DELETED
from app.clients.limits import LimitsClient
from app.clients.messages import FOLLOW_SECONDS
from app.clients.updates import KnownReply
from app.errors import FIELDS, LIMITS
from app.routes.search import FURTHEST, LONGEST_QUERY
from app.settings import Settings
from pydantic import BaseModel, ValidationError

from tests.chat_ui.support import Clients, DbApiServer

pytestmark = pytest.mark.anyio

OURS = {
    name: kind
    for module in (types, document_types, prompt_types, updates, queue_types)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind.__module__.startswith("app.")
}
del OURS["Received"]
del OURS["ToolsPart"]  # chat-ui adds it to a prompt
# Of every route, though no person's input or runner's report can bring them about.
NOT_OURS = {"urn:parley:service-token"}


@pytest.fixture(scope="module")
def document(db_api: DbApiServer) -> Any:
    return httpx.get(f"{db_api.url}/openapi.json", timeout=60, verify=False).json()


def literals(schema: Any) -> set[str]:
    """Every word that a field's schema allows, however deep."""
    if isinstance(schema, dict):
        own = {str(word) for word in [*schema.get("enum", ()), schema.get("const")] if word}
        return own.union(*(literals(part) for part in schema.values()))
    return set().union(*map(literals, schema)) if isinstance(schema, list) else set()


@pytest.mark.parametrize("name", sorted(OURS.keys() - {"KnownReply"}))
def test_each_type_of_ours_is_a_schema_of_db_api(document: Any, name: str) -> None:
    theirs = document["components"]["schemas"][name]["properties"]
    for field, schema in OURS[name].model_json_schema()["properties"].items():
        assert field in theirs
        assert literals(schema) == literals(theirs[field]), field


def test_each_problem_db_api_can_have_is_one_that_chat_ui_knows(document: Any) -> None:
    told = {
        example["value"]["type"]
        for operations in document["paths"].values()
        for operation in operations.values()
        for response in operation["responses"].values()
        for content in response.get("content", {}).values()
        for example in content.get("examples", {}).values()
        if "type" in example["value"]
    }
    assert told - NOT_OURS <= set(PROBLEMS)
    assert "urn:parley:queue-full" in told
    named = document["components"]["schemas"]["Problem"]["properties"]["what"]["enum"]
    assert set(named) == set(LIMITS)


def test_what_both_say_of_input_agrees(document: Any) -> None:
    schemas = document["components"]["schemas"].values()
    assert set(FIELDS) <= {field for schema in schemas for field in schema.get("properties", ())}
    most = {
        (path, parameter["name"]): parameter["schema"].get(limit)
        for path, operations in document["paths"].items()
        for parameter in operations.get("get", {}).get("parameters", ())
        for limit in ("maximum", "maxLength")
        if limit in parameter["schema"]
    }
    assert most["/search", "q"] >= LONGEST_QUERY
    assert most["/search", "offset"] >= FURTHEST
    assert most["/chats/deleted", "limit"] == MOST_DELETED
    assert most["/chats/{chat_id}/follow", "wait"] >= FOLLOW_SECONDS


async def test_the_defaults_of_new_chats_are_within_the_limits(clients: Clients) -> None:
    limits = await LimitsClient(clients.api).get()
    assert Settings(temperature=limits.temperature).reply_tokens <= limits.reply_tokens
    with pytest.raises(ValidationError):
        Settings(temperature=limits.temperature + 0.1)


async def test_what_a_follower_knows_is_understood(clients: Clients, db_api: DbApiServer) -> None:
    """`KnownReply` goes as JSON in a query, so OpenAPI has no schema of it."""
    session, chat = clients.session, await clients.open_chat()
    reply = (await clients.messages.send(session, chat, "Hi", "k", None)).reply.id
    db_api.sql(f"UPDATE replies SET text = 'one two' WHERE message_id = '{reply}'")
    known = [KnownReply(id=reply, state="queued", queue_position=1, step=0, offset=4)]
    others = [KnownReply(id=uuid4(), state="running", phase="writing")] * 150
    update = await clients.messages.follow(session, chat, since=9, known=known + others, wait=0)
    assert [(s.number, s.offset, s.text) for s in update.replies[0].steps] == [(0, 4, "two")]
    await clients.chats.remove(session, chat)
