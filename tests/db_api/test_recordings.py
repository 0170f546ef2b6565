"""Recordings: drafts of messages, transcribed by doc-worker, of which only the text is kept; in no
list of documents, and gone with their chat."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import pytest
from app.db.transactions import Database
from app.deleting.purge import purge
from app.reading import repository as reading
from app.reading.schemas import ReadingEnd
from app.settings import Settings

from tests.db_api.api import NOWHERE, Person, body, problem
from tests.db_api.conftest import ServeCopy, Sql
from tests.db_api.row_security.conftest import Acting, acting
from tests.db_api.worker import Worker
from tests.support.waiting import wait_until

__all__ = ["acting"]

SOUND = b"OggS\0" + b"sound " * 200_000
COUNT_BYTES = (
    "SELECT (SELECT count(*) FROM file_blocks),"
    " (SELECT coalesce(sum(size + received), 0) FROM files)"
)


@pytest.fixture
def ada(serve_copy: ServeCopy) -> Iterator[Person]:
    """At a db-api that takes recordings."""
    with serve_copy(whisper_model="a-model") as copy:
        yield copy.person("Ada")


@pytest.fixture
def worker(ada: Person, settings: Settings) -> Iterator[Worker]:
    headers = {"Authorization": f"Bearer {settings.doc_worker_token}"}
    with httpx.Client(base_url=ada.http.base_url, headers=headers, timeout=60) as client:
        yield Worker(client)


def recordings(person: Person, chat: str) -> Any:
    return body(person.get(f"/chats/{chat}/recordings"))["items"]


def transcribe(worker: Worker, *parts: str, error: str | None = None) -> str:
    """Says these words for the recording that is claimed; its id."""
    recording = str(worker.claim(sound=True)["id"])
    for number, text in enumerate(parts, 1):
        worker.store(recording, number, text=text, passages=[])
    worker.finish(recording, error)
    return recording


def test_a_recording_becomes_a_draft_and_its_bytes_are_deleted(
    ada: Person, chat: str, worker: Worker, sql: Sql
) -> None:
    document = ada.upload(SOUND, "voice.ogg", chat)
    assert (document["kind"], document["chats"]) == ("sound", [])
    (waiting,) = recordings(ada, chat)
    assert (waiting["state"], waiting["text"]) == ("queued", "")
    assert transcribe(worker, "Good morning.", "", "How are you?") == document["id"]
    (heard,) = recordings(ada, chat)
    assert (heard["state"], heard["text"]) == ("complete", "Good morning. How are you?")
    assert sql(COUNT_BYTES) == [(0, 0)]
    assert worker.claim(sound=True, model="m") is None, "it is not searched"
    ada.upload(SOUND, "voice.ogg", chat)
    transcribe(worker, "Goodbye.")
    assert [r["text"] for r in recordings(ada, chat)] == [heard["text"], "Goodbye."]
    assert recordings(ada, ada.chat()) == [], "that of one chat is not another's"


def test_what_could_not_be_transcribed_says_why_and_leaves_no_bytes_either(
    ada: Person, chat: str, worker: Worker, sql: Sql
) -> None:
    ada.upload(SOUND, "voice.ogg", chat)
    transcribe(worker, error="too-long")
    assert [r["error"] for r in recordings(ada, chat)] == ["too-long"]
    assert sql(COUNT_BYTES) == [(0, 0)]
    assert ada.upload(SOUND, "voice.ogg", chat)["repeated"] is False, "it may be tried again"


def test_a_recording_is_no_document(ada: Person, chat: str, worker: Worker) -> None:
    document = ada.upload(SOUND, "voice.ogg", chat)["id"]
    transcribe(worker, "Hello.")
    assert ada.documents() == body(ada.get("/documents", chat=chat))["items"] == []
    assert ada.read(chat, "/page")["documents"] == []
    problem(ada.get(f"/documents/{document}"), 404, "document-not-found")
    problem(ada.delete(f"/documents/{document}"), 404, "document-not-found")


def test_sound_is_taken_only_for_a_chat_and_where_it_is_heard(
    ada: Person, chat: str, serve_copy: ServeCopy, sql: Sql
) -> None:
    assert problem(ada.post_file(SOUND, "voice.ogg"), 415, "file-kind-refused")["found"] == "sound"
    with serve_copy() as deaf:
        refused = ada.at(deaf).post_file(SOUND, "voice.ogg", chat)
        problem(refused, 415, "file-kind-refused")
    assert sql(COUNT_BYTES) == [(0, 0)]


def test_only_a_worker_that_hears_gets_recordings_and_it_gets_them_first(
    ada: Person, chat: str, worker: Worker
) -> None:
    document = ada.upload(b"Some text.", "notes.txt")["id"]
    recording = ada.upload(SOUND, "voice.ogg", chat)["id"]
    assert worker.claim()["id"] == document
    worker.finish(document)
    assert worker.claim() is None
    assert worker.claim(model="m")["embedding"], "nor are vectors kept waiting"
    worker.ask("POST", "/release")
    ada.upload(b"Some other text.", "notes.txt")
    assert worker.claim(sound=True)["id"] == recording


def test_one_s_recordings_don_t_keep_another_s_documents_waiting(
    ada: Person, bob: Person, chat: str, worker: Worker
) -> None:
    for number in range(2):
        ada.upload(SOUND + b"%d" % number, "voice.ogg", chat)
    document = bob.upload(b"Some text.", "notes.txt")["id"]
    transcribe(worker, "Hello.")
    assert worker.claim(sound=True)["id"] == document


def test_a_recording_may_be_deleted_while_it_is_finished(
    ada: Person, chat: str, worker: Worker, database: Database, sql: Sql,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Whoever deletes it locks its file first, and then the document: so has who finishes it."""
    ada.upload(SOUND, "voice.ogg", chat)
    recording = worker.claim(sound=True)["id"]
    ending = ReadingEnd(read_with="ears", error=None)
    hold = reading.hold
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with ThreadPoolExecutor(1) as pool:

        def hold_while_it_is_deleted(*of: Any) -> Any:
            held = hold(*of)
            deletions.append(pool.submit(ada.delete, f"/chats/{chat}/recordings/{recording}"))
            wait_until(lambda: sql(waits) != [(0,)])
            return held

        deletions: list[Future[httpx.Response]] = []
        monkeypatch.setattr(reading, "hold", hold_while_it_is_deleted)
        with database.reader() as connection:
            reading.finish(connection, worker.name, UUID(recording), ending)
        assert deletions[0].result().status_code == 204
    assert recordings(ada, chat) == []


def test_a_recording_is_its_owner_s_and_can_be_deleted(
    ada: Person, bob: Person, chat: str, worker: Worker, sql: Sql
) -> None:
    ada.upload(SOUND, "voice.ogg", chat)
    recording = transcribe(worker, "Hello.")
    path = f"/chats/{chat}/recordings"
    problem(bob.get(path), 404, "chat-not-found")
    assert recordings(ada, ada.chat()) == []
    problem(bob.delete(f"{path}/{recording}"), 404, "chat-not-found")
    for nowhere in (f"/chats/{ada.chat()}/recordings/{recording}", f"{path}/{NOWHERE}"):
        problem(ada.delete(nowhere), 404, "recording-not-found")
    assert ada.delete(f"{path}/{recording}").status_code == 204
    assert recordings(ada, chat) == []
    assert sql("SELECT count(*) FROM files") == sql("SELECT count(*) FROM document_pages") == [(0,)]


def test_a_recording_goes_with_its_chat_and_not_before(
    ada: Person, chat: str, database: Database, sql: Sql
) -> None:
    ada.upload(SOUND, "voice.ogg", chat)
    purge(database)
    assert len(recordings(ada, chat)) == 1
    ada.delete(f"/chats/{chat}")
    sql("UPDATE chats SET deleted_at = now() - interval '2 days'")
    purge(database)
    purge(database)
    assert sql(COUNT_BYTES) == [(0, 0)]
    assert sql("SELECT count(*) FROM documents") == [(0,)]


def test_the_reader_empties_recordings_that_it_reads_and_no_other_file(
    acting: Acting, ada: Person, chat: str, worker: Worker
) -> None:
    for content, kind, changed in ((SOUND, "sound", [2, 1]), (b"Some text.", "text", [0, 0])):
        ada.upload(content, "a file", chat)
        job = worker.claim(sound=True)
        assert job["kind"] == kind
        with acting("reader") as act:
            statements = "DELETE FROM file_blocks", "UPDATE files SET size = 0, received = 0"
            assert [act(statement) for statement in statements] == changed
        worker.finish(job["id"])
