"""Files come block by block, each a transaction; limits hold before a byte and between uploads;
what is not finished leaves nothing."""

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import pytest
from app.db.transactions import Database
from app.deleting.purge import drop_passing

from tests.db_api.api import BLOCK, NOWHERE, Person, body, problem, reasons
from tests.db_api.conftest import ServeCopy, Sql
from tests.support.waiting import wait_until

LARGE = bytes(range(256)) * 8192 + b"%PDF- no more"  # two blocks and some bytes
PDF = b"%PDF-1.7\n" + LARGE


def count(sql: Sql) -> tuple[Any, ...]:
    return sql("SELECT (SELECT count(*) FROM files), (SELECT count(*) FROM file_blocks)")[0]


def test_a_file_is_what_was_sent(ada: Person, chat: str) -> None:
    document = ada.upload(PDF, "Contract.pdf", chat)
    assert (document["size"], document["kind"], document["state"]) == (len(PDF), "pdf", "queued")
    blocks = [ada.get(f"/documents/{document['id']}/blocks/{number}") for number in range(3)]
    assert b"".join(block.content for block in blocks) == PDF
    assert {block.headers["content-type"] for block in blocks} == {"application/octet-stream"}
    for number, shown in ((3, False), (0, True)):
        answer = ada.get(f"/documents/{document['id']}/blocks/{number}", shown=shown)
        problem(answer, 404, "block-not-found")


def test_a_block_sent_again_adds_nothing_and_another_in_its_place_is_refused(ada: Person) -> None:
    file = ada.begin_upload()
    for _ in range(2):
        assert body(ada.put_block(file, 0, PDF[:BLOCK]))["received"] == BLOCK
    for number, content in ((0, PDF[1 : BLOCK + 1]), (2, b"x")):
        found = problem(ada.put_block(file, number, content), 409, "block-out-of-order")
        assert found["expected"] == 1
    for _ in range(2):
        assert body(ada.put_block(file, 1, b"the end"))["received"] == BLOCK + 7
    problem(ada.put_block(file, 2, b"more"), 409, "block-out-of-order")
    whole = PDF[:BLOCK] + b"the end"
    answers = [ada.post_complete(file, whole) for _ in range(2)]
    first, again = body(answers[0], 201), body(answers[1], 200)
    assert again == first | {"repeated": True}, "an answer that was lost is asked for again"
    problem(ada.put_block(file, 2, b"more"), 404, "file-not-found")


@pytest.mark.parametrize("content", [b"", b"x" * (BLOCK + 1)])
def test_a_block_has_one_byte_to_one_mebibyte(ada: Person, content: bytes) -> None:
    answer = ada.put_block(ada.begin_upload(), 0, content)
    if content:
        assert problem(answer, 413, "body-too-large")["limit"] == BLOCK
    else:
        problem(answer, 422, "invalid-input")


@pytest.mark.parametrize("number", [-1, 2**31])
def test_no_block_and_no_page_has_such_a_number(ada: Person, number: int) -> None:
    for answer in (
        ada.put_block(NOWHERE, number, b"x"),
        ada.get(f"/documents/{NOWHERE}/blocks/{number}"),
        ada.get(f"/documents/{NOWHERE}/pages/{number}"),
    ):
        assert reasons(answer) == [("number", "out-of-range")]


@pytest.mark.parametrize("size", [-1, 2**53 + 1])
def test_no_file_has_such_a_size(ada: Person, size: int) -> None:
    assert reasons(ada.post("/files", {"size": size})) == [("size", "out-of-range")]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("name", "x" * 4097, "too-long"),
        ("sha256", "f" * 63, "invalid"),
        ("sha256", "g" * 64, "invalid"),
    ],
)
def test_what_an_upload_is_to_become_is_told_in_full(
    ada: Person, field: str, value: str, reason: str
) -> None:
    new = {"name": "x", "size": 1, "sha256": "f" * 64} | {field: value}
    assert reasons(ada.post(f"/files/{NOWHERE}/complete", new)) == [(field, reason)]


@pytest.mark.parametrize("sent", [PDF[:BLOCK], PDF[:BLOCK] + LARGE[:BLOCK]])
def test_what_does_not_match_its_size_and_hash_is_deleted(
    ada: Person, sql: Sql, sent: bytes
) -> None:
    file = ada.begin_upload()
    for number, start in enumerate(range(0, len(sent), BLOCK)):
        body(ada.put_block(file, number, sent[start : start + BLOCK]))
    problem(ada.post_complete(file, PDF[: 2 * BLOCK]), 409, "file-incomplete")
    assert (ada.documents(), count(sql)) == ([], (0, 0))


@pytest.mark.parametrize(("size", "content"), [(2, b"x"), (1, b"y")])
def test_size_and_hash_have_to_be_those_of_what_was_sent(
    ada: Person, size: int, content: bytes
) -> None:
    file = ada.begin_upload()
    body(ada.put_block(file, 0, b"x"))
    new = {"name": "x.txt", "size": size, "sha256": sha256(content).hexdigest()}
    problem(ada.post(f"/files/{file}/complete", new), 409, "file-incomplete")


def test_sizes_are_refused_before_the_body_and_while_it_comes(
    ada: Person, bob: Person, serve_copy: ServeCopy, sql: Sql
) -> None:
    with serve_copy(document_limit=80, documents_quota=100, documents_total=150) as api:
        ada, bob = ada.at(api), bob.at(api)
        found = problem(ada.post("/files", {"size": 81}), 413, "file-too-large")
        assert (found["size"], found["limit"]) == (81, 80)
        unstated = ada.begin_upload()
        problem(ada.put_block(unstated, 0, b"x" * 81), 413, "file-too-large")
        ada.begin_upload(40)
        body(ada.put_block(unstated, 0, b"x" * 60))
        found = problem(ada.post("/files", {"size": 1}), 413, "quota-reached")
        assert (found["size"], found["limit"]) == (101, 100), "what uploads have counts, too"
        assert problem(bob.post("/files", {"size": 51}), 507, "storage-full")["limit"] == 150
        assert count(sql) == (2, 1)
        body(bob.post("/files", {"size": 50}), 201)


def test_more_than_was_stated_needs_room_of_its_own(ada: Person, serve_copy: ServeCopy) -> None:
    with serve_copy(documents_quota=100) as api:
        ada = ada.at(api)
        file, _ = ada.begin_upload(40), ada.begin_upload(50)
        problem(ada.put_block(file, 0, b"x" * 51), 413, "quota-reached")
        body(ada.put_block(file, 0, b"x" * 50))


@pytest.mark.parametrize("stated", [True, False])
def test_uploads_at_once_do_not_pass_the_quota_together(
    ada: Person, serve_copy: ServeCopy, sql: Sql, stated: bool
) -> None:
    def upload(person: Person) -> int:
        if stated:
            return person.post("/files", {"size": 30}).status_code
        return person.put_block(person.begin_upload(), 0, b"x" * 30).status_code

    with serve_copy(documents_quota=100) as api, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(upload, [ada.at(api)] * 16))
    assert sorted(answers)[3:] == [413] * 13
    assert sql("SELECT sum(greatest(size, received))::integer FROM files") == [(90,)]


def test_a_cancelled_upload_is_gone_and_a_finished_one_stays(
    ada: Person, bob: Person, sql: Sql
) -> None:
    file = ada.begin_upload()
    body(ada.put_block(file, 0, b"x"))
    problem(bob.delete(f"/files/{file}"), 404, "file-not-found")
    assert count(sql) == (1, 1)
    assert ada.delete(f"/files/{file}").status_code == 204
    assert count(sql) == (0, 0)
    file = ada.begin_upload()
    body(ada.put_block(file, 0, b"x"))
    body(ada.post_complete(file, b"x"), 201)
    problem(ada.delete(f"/files/{file}"), 404, "file-not-found")
    assert len(ada.documents()) == 1


@pytest.mark.parametrize("how", ["purged", "next upload"])
def test_an_upload_that_was_given_up_leaves_nothing_after_ten_minutes(
    ada: Person, database: Database, sql: Sql, how: str
) -> None:
    ada.upload(b"finished")
    old, new = (ada.begin_upload() for _ in range(2))
    for file in (old, new):
        body(ada.put_block(file, 0, b"x"))
    sql("UPDATE files SET touched_at = now() - interval '9 min 1 s' WHERE id <> %s", new)
    if how == "purged":
        drop_passing(database)
    else:
        ada.begin_upload()
    assert sql("SELECT file_id::text FROM file_blocks WHERE bytes = 'x'") == [(new,)]
    assert len(ada.documents()) == 1, "a finished one is no upload any more"
    problem(ada.put_block(old, 0, b"x"), 404, "file-not-found")


def test_every_copy_looks_for_given_up_uploads_by_the_minute(
    ada: Person, serve_copy: ServeCopy, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.deleting.purge.MINUTE_S", 0.05)
    with serve_copy():
        for _ in range(2):
            ada.begin_upload()
            sql("UPDATE files SET touched_at = now() - interval '1 hour'")
            wait_until(lambda: count(sql) == (0, 0))


def test_another_person_s_upload_is_not_found(ada: Person, bob: Person, chat: str) -> None:
    file = ada.begin_upload()
    for answer in (bob.put_block(file, 0, b"x"), bob.post_complete(file, b"")):
        assert problem(answer, 404, "file-not-found")
    problem(bob.put_block(NOWHERE, 0, b"x"), 404, "file-not-found")
    body(ada.put_block(file, 0, b"x"))
    problem(ada.post_complete(file, b"x", chat=bob.chat()), 404, "chat-not-found")
    assert bob.documents() == []
