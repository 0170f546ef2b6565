"""Recordings: offered where something transcribes them, shown until they are sent or deleted; what
was said fills the message box."""

from collections.abc import Iterator

import httpx
import pytest

from tests.chat_ui.documents import file, upload
from tests.chat_ui.support import (
    SCRIPT,
    DbApiServer,
    StartBriefly,
    expect,
    generate,
    new_browser,
    parse,
    textarea,
)

OGG = b"OggS\0 and so on"
MICROPHONE = "microphone=(self)"


@pytest.fixture
def browser(
    browser: httpx.Client, db_api: DbApiServer, serve_chat_ui: StartBriefly
) -> Iterator[httpx.Client]:
    """Where recordings are transcribed."""
    with (
        serve_chat_ui(db_api_url=db_api.url, whisper_model="m") as url,
        new_browser(url, browser.cookies) as hearing,
    ):
        yield hearing
    db_api.sql("DELETE FROM files")


def record(db_api: DbApiServer, chat: str, text: str = "", state: str = "complete") -> str:
    """A recording in which this was said; its id."""
    ended = "now()" if state in ("complete", "failed") else "NULL"
    lease = "'w', now() + interval '1 h'" if state == "running" else "NULL, NULL"
    error = "'too-long'" if state == "failed" else "NULL"
    document: str = db_api.sql(
        "WITH file AS (INSERT INTO files (session_id, size, received, stored_at)"
        f" SELECT session_id, 0, 0, now() FROM chats WHERE id = '{chat.split('/')[-1]}'"
        " RETURNING id, session_id), document AS ("
        " INSERT INTO documents (session_id, file_id, name, kind, draft_of, state, worker,"
        " lease_until, error, finished_at, pages, progress)"
        f" SELECT session_id, id, 'voice', 'sound', '{chat.split('/')[-1]}', '{state}', {lease},"
        f" {error}, {ended}, 7, {0 if state == 'queued' else 2} FROM file RETURNING id, session_id)"
        " INSERT INTO document_pages SELECT id, session_id, 1,"
        f" '{text}', 'text' FROM document RETURNING document_id::text"
    )
    return document


def listed(page: str) -> list[str]:
    """What is said of each recording."""
    box = parse(page).find("div", id="recordings")
    return [row.need("small").text.strip() for row in box.find_all("li")] if box else []


def test_nothing_is_offered_where_nothing_transcribes(
    browser: httpx.Client, url: str, chat: str
) -> None:
    hearing = browser.get(chat)
    assert MICROPHONE in hearing.headers["permissions-policy"]
    expect(hearing, 200, 'id="record-button"', "audio/*")
    form = browser.post(generate(chat), data={"attach": "1"})
    expect(form, 200, "audio/*", "A recording of up to 10 minutes", "not as WAV")
    begin = browser.post("/chats", data={"attach": "1", "prompt": "Hi"})
    assert "A recording" not in expect(begin, 200, "Attach files"), "that needs a chat"
    with new_browser(url, browser.cookies) as client:
        deaf = client.get(chat)
        form = client.post(generate(chat), data={"attach": "1"})
        assert "A recording" not in expect(form, 200, "Attach files")
    assert MICROPHONE not in deaf.headers["permissions-policy"]
    assert not any(word in deaf.text for word in ("record", "audio/*", "Recording"))
    for path in ("/", "/documents", "/settings"):
        other = browser.get(path)
        assert MICROPHONE not in other.headers["permissions-policy"]
        assert "audio/*" not in other.text


@pytest.mark.parametrize(
    ("state", "text", "said"),
    [
        ("queued", "", "Waiting to be transcribed"),
        ("running", "", "Transcribing: 2 of 7 parts"),
        ("failed", "", "Can't be transcribed: it is longer than 10 minutes"),
        ("complete", "", "No speech was found"),
        ("complete", "Hello", "Use as message"),
    ],
)
def test_the_page_says_how_far_a_recording_is(
    browser: httpx.Client, chat: str, db_api: DbApiServer, state: str, text: str, said: str
) -> None:
    record(db_api, chat, text, state)
    pages = browser.get(chat), browser.get(f"{chat}/recordings", headers=SCRIPT)
    for page in pages:
        assert listed(page.text) == [said]
        assert ("data-pending" in page.text) is (state in ("queued", "running"))
    assert browser.get(f"{chat}/recordings").headers["location"] == f"{chat}#end"


def test_what_was_said_fills_the_message_box_and_goes_when_it_is_sent(
    browser: httpx.Client, chat: str, db_api: DbApiServer
) -> None:
    recording = record(db_api, chat, "Say <b>hello</b>.")
    link = parse(browser.get(chat).text).need("div", id="recordings").need("a")
    address = link.attributes["href"]
    page = browser.get(address)
    assert textarea(page.text) == "Say <b>hello</b>."
    assert listed(page.text) == [], "it is in the box"
    form = parse(page.text).need("form", id="composer")
    fields = {
        field.attributes["name"]: field.attributes["value"] for field in form.find_all("input")
    }
    assert fields["recording"] == recording
    for prompt, left in (("x" * 40_000, ["Use as message"]), ("Say hello.", [])):
        answer = browser.post(generate(chat), data=fields | {"prompt": prompt})
        assert answer.status_code == (413 if left else 303)
        assert listed(browser.get(chat).text) == left
    fields["client_key"] = "another"
    fields.pop("seen")
    assert browser.post(generate(chat), data=fields | {"prompt": "Again."}).status_code == 303
    for text in ("One.", "Two."):
        other = record(db_api, chat, text)
        assert textarea(browser.get(address.replace(recording, other)).text) == text


@pytest.mark.parametrize("script", [False, True])
def test_a_recording_is_deleted_by_its_owner_only(
    browser: httpx.Client,
    stranger: httpx.Client,
    chat: str,
    db_api: DbApiServer,
    script: bool,
) -> None:
    path = f"{chat}/recordings/{record(db_api, chat, 'Hello')}/delete"
    assert stranger.post(path).status_code == 404
    assert stranger.get(f"{chat}/recordings", headers=SCRIPT).status_code == 404
    assert listed(browser.get(chat).text) == ["Use as message"]
    answer = browser.post(path, headers=SCRIPT if script else {})
    assert answer.status_code == (200 if script else 303)
    assert listed(browser.get(chat).text) == []
    assert browser.post(path).status_code == 404


def test_where_nothing_transcribes_a_recording_is_refused(browser: httpx.Client, chat: str) -> None:
    answer = upload(browser, f"{chat}/documents", file("voice.ogg", OGG))
    expect(answer, 415, "it is sound or video")
