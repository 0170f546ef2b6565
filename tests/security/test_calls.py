"""Every input of every operation gets a value, or the matrix says that it can't place it."""

from typing import Any

import pytest

from security.calls import Unplaced, choose_ids, find_ids, make_call
from security.people import resemble
from tests.support.operations import Operation, read_operations

ID = {"type": "string", "format": "uuid"}
FORM = "application/x-www-form-urlencoded"


def read(path: str, media: str = "", parameters: Any = (), **fields: Any) -> Operation:
    """The operation of a document that has only this one."""
    schema = {"type": "object", "properties": fields, "required": list(fields)[:1]}
    body = {"requestBody": {"content": {media: {"schema": {"$ref": "#/components/schemas/B"}}}}}
    described = {"parameters": list(parameters)} | (body if media else {})
    document = {"paths": {path: {"post": described}}, "components": {"schemas": {"B": schema}}}
    (operation,) = read_operations(document)
    return operation


def test_ids_are_found_wherever_they_are_and_get_those_of_one_person() -> None:
    parameters = [{"name": "chat_id", "in": "path", "schema": ID, "required": True}]
    pictures = {"anyOf": [{"type": "array", "items": ID}, {"type": "null"}]}
    operation = read("/chats/{chat_id}", "application/json", parameters, pictures=pictures)
    assert find_ids(operation) == {"chat_id": "chat", "pictures": "document"}
    ids = choose_ids(operation, {"chat": "c", "document": "d", "message": "m"})
    call = make_call(operation, ids, whole=True)
    assert (call.path, call.body) == ("/chats/c", {"json": {"pictures": ["d"]}})


def test_the_fields_of_a_form_are_known_by_their_names() -> None:
    operation = read("/x", FORM, prompt={"type": "string"}, replaces={"type": "string"})
    assert make_call(operation, {"replaces": "m"}, whole=False).body["data"].keys() == {"prompt"}
    assert make_call(operation, {"replaces": "m"}, whole=True).body["data"]["replaces"] == "m"


@pytest.mark.parametrize("field", [{"owner_id": ID}, {"motto": {"type": "string"}}])
def test_what_nobody_has_described_can_not_be_placed(field: dict[str, Any]) -> None:
    with pytest.raises(Unplaced):
        find_ids(read("/x", "application/json", **field))


def test_an_id_of_nothing_resembles_one_of_something() -> None:
    known = "019ab0c4-5f6e-7aaa-8bbb-0123456789ab"
    assert resemble(known) != known
    assert resemble(known)[:19] == known[:19]
    assert len(resemble(known)) == len(known)
