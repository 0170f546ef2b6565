"""Many chats: by day, pinned, renamed, deleted and restored, searched."""

import re

import httpx

from tests.chat_ui.conftest import DbApiServer, expect
from tests.support.pages import form_action, links, parse, text_of
from tests.support.person import ask, messages, open_chat

QUERIES = [
    "'", '"', "a & b | !c", "(:*)", "<->", "\\", "%_", "🦊", "<script>", "x" * 5000,
    "\x00", "a\u2028b", "':* | 'a", "\ue000x\ue001", "漢字",
]  # fmt: skip


def listed(browser: httpx.Client, path: str = "/") -> tuple[list[str], list[str]]:
    """The headings and the titles in the list of chats, from top to bottom."""
    groups = parse(browser.get(path).text).find(class_="chat-groups")
    assert groups
    titles = [link.text for chats in groups.find_all("ol") for link in chats.find_all("a")]
    return [heading.text.strip() for heading in groups.find_all("h2")], titles


def talk(browser: httpx.Client, text: str) -> str:
    """A new chat in which something was said and answered."""
    chat = open_chat(browser)
    ask(browser, chat, text)
    return chat


def find(browser: httpx.Client, query: str, offset: int = 0) -> str:
    return expect(browser.get("/search", params={"q": query, "offset": offset}), 200)


def test_the_list_is_beside_every_chat_grouped_by_day(
    browser: httpx.Client, db_api: DbApiServer
) -> None:
    old, older = talk(browser, "older"), talk(browser, "old")
    talk(browser, "new")
    for chat, days in ((old, 40), (older, 1)):
        db_api.sql(
            f"UPDATE chats SET updated_at = updated_at - interval '{days} days'"
            f" WHERE id = '{chat.removeprefix('/chats/')}'"
        )
    headings, titles = listed(browser, old)
    assert titles == ["new", "old", "older"]
    assert headings[:2] == ["Today", "Yesterday"]
    assert re.fullmatch(r"\d+ \w+ \d{4}", headings[2])
    assert browser.get(old).text.count("aria-current=page") == 1


def test_a_pinned_chat_stands_on_top(browser: httpx.Client) -> None:
    first = talk(browser, "first")
    talk(browser, "second")
    expect(browser.post(f"{first}/pin", data={"pinned": "1"}), 303)
    assert listed(browser) == (["Pinned", "Today"], ["first", "second"])
    browser.post(f"{first}/pin", data={"pinned": ""})
    assert listed(browser) == (["Today"], ["second", "first"])


def test_a_deleted_chat_can_be_restored(browser: httpx.Client) -> None:
    chat = talk(browser, "precious")
    gone = browser.post(f"{chat}/delete").headers["location"]
    home = browser.get(gone).text
    assert "“precious” was deleted. Undo" in " ".join(text_of(home).split())
    assert chat not in links(home)
    expect(browser.get(chat), 404)
    assert browser.post(form_action(home, "/restore")).headers["location"] == chat
    assert "precious" in messages(browser.get(chat).text)
    assert "Undo" not in browser.get(gone).text


def test_a_chat_is_renamed(browser: httpx.Client) -> None:
    settings = f"{talk(browser, 'dull')}/settings"
    assert 'value="dull"' in browser.get(settings).text
    form = {"title": "  Über <b>Füchse</b> ", "system_prompt": "Be kind."}
    chat = browser.post(settings, data=form).headers["location"]
    assert "Über &lt;b&gt;Füchse&lt;/b&gt;</h1>" in browser.get(chat).text


def test_search_finds_words_by_their_beginning_and_leads_to_the_message(
    browser: httpx.Client, stranger: httpx.Client
) -> None:
    chat = talk(browser, "The lighthouse keeper's daughter")
    talk(browser, "Something else")
    page = find(browser, "LIGHT keep")
    assert "<mark>lighthouse</mark>" in page
    hits = parse(page).find(class_="hits")
    assert hits
    assert "Something else" not in hits.text
    link = next(link for link in links(hits) if re.fullmatch(rf"{chat}\?at=(.{{36}})#m-\1", link))
    assert "lighthouse" in browser.get(link).text
    assert "Nothing was found" in find(stranger, "LIGHT keep")


def test_whatever_is_looked_for_is_only_text(browser: httpx.Client) -> None:
    talk(browser, "a b c <script>alert(1)</script> \ue000 \ue001")
    for query in QUERIES:
        assert "<script>alert" not in find(browser, query)


def test_a_search_says_when_there_is_nothing_or_nothing_more(
    browser: httpx.Client, chat: str, newcomer: httpx.Client, db_api: DbApiServer
) -> None:
    assert "Every word you give" in find(browser, " ")
    assert "Try fewer words" in find(browser, "nowhere")
    assert "There is no more" in find(browser, "nowhere", 1)
    expect(newcomer.get("/search", params={"q": "a"}), 404)
    db_api.sql(
        "INSERT INTO messages (chat_id, session_id, seq, role, content)"
        " SELECT id, session_id, number, 'user', 'needle' FROM chats,"
        f" generate_series(2, 1100) AS number WHERE id = '{chat.removeprefix('/chats/')}'"
    )
    for offset, more in ((960, True), (990, False)):
        assert any("offset=" in link for link in links(find(browser, "needle", offset))) == more
