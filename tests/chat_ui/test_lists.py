"""Home and the list of chats: names, sessions, days, pins, deletion and search."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import httpx
import pytest
from app.clients.types import Hit, ListedChat, Role, SearchPage
from app.main import CALLS_AT_ONCE
from app.routes.search import FURTHEST
from app.views.lists import NO_CHATS, ChatGroup, ChatList, view_chats, view_search

from tests.chat_ui.support import (
    OPENING,
    DbApiServer,
    ask,
    expect,
    links,
    messages,
    open_chat,
    parse,
    send,
)
from tests.support.waiting import wait_until

MANY = CALLS_AT_ONCE + 5
BEGIN_ALL = "UPDATE chats SET last_seq = 3"  # as if somebody had written in them
END_SESSIONS = "UPDATE sessions SET revoked_at = now()"
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


def opened(browser: httpx.Client, path: str = "/") -> list[str]:
    """Where the chats in the list lead, from top to bottom."""
    groups = parse(browser.get(path).text).find(class_="chat-groups")
    assert groups
    return [link[: -len("#end")] for link in links(groups) if link.endswith("#end")]


def talk(browser: httpx.Client, text: str) -> str:
    """A new chat in which something was said and answered."""
    chat = open_chat(browser)
    ask(browser, chat, text)
    return chat


def find(browser: httpx.Client, query: str, offset: int = 0, **more: str) -> str:
    return expect(browser.get("/search", params={"q": query, "offset": offset, **more}), 200)


def test_searches_that_wait_hold_up_no_page(
    browser: httpx.Client, chat: str, db_api: DbApiServer
) -> None:
    stuck = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with ThreadPoolExecutor(MANY) as pool, db_api.hold("LOCK TABLE chat_documents"):
        searches = [pool.submit(browser.get, "/search?q=word") for _ in range(MANY)]
        wait_until(lambda: db_api.sql(stuck) > 0)  # what the runner asks waits there, too
        time.sleep(0.5)  # all others wait for their turn
        expect(browser.post("/settings", data={"name": "Ann"}), 303)
        assert not any(search.done() for search in searches)


def test_a_name_opens_a_chat_and_leads_back_to_the_newest_unless_a_new_one_is_asked_for(
    browser: httpx.Client,
) -> None:
    first, second, bobs = (open_chat(browser, name) for name in ("Ann", "Ann", "Bob <b>"))
    assert first != second
    assert messages(browser.get(second).text) == [OPENING]
    assert open_chat(browser, "Ann", new=False) == second
    beside = browser.post("/chats", data={"new": "1"}).headers["location"]
    assert open_chat(browser, "Ann", new=False) == beside, "it has the name the session goes by"
    for chat in (first, second, bobs):
        send(browser, chat, "Hi")
    assert opened(browser) == [bobs, second, first], "and nobody has written in the fourth"
    assert open_chat(browser, "Ann", new=False) == second
    expect(browser.get(beside), 200)


def test_without_a_living_session_a_name_is_asked_for(
    newcomer: httpx.Client, db_api: DbApiServer
) -> None:
    expect(newcomer.get("/"), 200, 'name="username"')
    assert not newcomer.cookies, "nothing is stored yet"
    for _ in range(2):
        expect(newcomer.post("/chats", data={"new": "1"}), 422, "Please enter a name")
        open_chat(newcomer)
        db_api.sql(END_SESSIONS)


def test_more_than_thirty_chats_are_paged(browser: httpx.Client, db_api: DbApiServer) -> None:
    chats = [open_chat(browser) for _ in range(31)]
    db_api.sql(BEGIN_ALL)
    assert opened(browser) == opened(browser, "/chats") == chats[:0:-1]
    older = next(link for link in links(browser.get("/").text) if "before=" in link)
    assert opened(browser, older) == [chats[0]]
    assert "/chats" in links(browser.get(older).text), "the way back"
    expect(browser.get("/chats", params={"before": "x"}), 422)


def test_a_session_that_ended_is_told_so_and_gives_way_to_a_new_one(
    browser: httpx.Client, chat: str, db_api: DbApiServer
) -> None:
    db_api.sql(END_SESSIONS)
    expect(browser.get(chat), 401)
    again = open_chat(browser)
    db_api.sql(END_SESSIONS)
    assert again not in expect(browser.get("/"), 200, "Your session has ended")
    another = open_chat(browser)
    db_api.sql(END_SESSIONS)
    assert open_chat(browser) != another, "the name given begins a session"


def test_the_cookie_can_not_be_forged_nor_reached_by_scripts_and_other_sites(
    chat: str, browser: httpx.Client, newcomer: httpx.Client
) -> None:
    newcomer.cookies["parley"] = browser.cookies["parley"][:-2] + "xx"
    expect(newcomer.get(chat), 404)
    given = newcomer.post("/chats", data={"username": "Ann"}).headers["set-cookie"].lower()
    assert {"httponly", "samesite=lax", f"max-age={90 * 24 * 3600}"} <= set(given.split("; "))


def test_the_list_is_beside_every_chat_grouped_by_day(
    browser: httpx.Client, db_api: DbApiServer
) -> None:
    old, older = talk(browser, "older"), talk(browser, "old")
    talk(browser, "new\nand a second line")
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
    for pinned, expected in (("1", ["Pinned", "Today", "Yesterday"]), ("", ["Today", "Yesterday"])):
        expect(browser.post(f"{old}/pin", data={"pinned": pinned}), 303)
        headings, titles = listed(browser)
        assert headings[: len(expected)] == expected
        assert titles[0 if pinned else -1] == "older"


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
    assert "No results for" in find(stranger, "LIGHT keep")


def test_a_chat_with_many_hits_lists_some_and_leads_to_all(browser: httpx.Client) -> None:
    def hits(page: str) -> list[str]:
        found = parse(page).find(class_="hits")
        assert found
        return links(found)

    chat = talk(browser, "One lighthouse")
    for number in ("Two", "Three"):
        ask(browser, chat, f"{number} lighthouses")
    *listed, more = hits(find(browser, "lighthouse"))
    assert len(listed) == 3, "its title and two messages"
    of_chat = expect(browser.get(more), 200, "Search all chats")
    assert hits(of_chat)[:3] == listed
    assert len(hits(of_chat)) == 4


def test_whatever_is_looked_for_is_only_text(browser: httpx.Client) -> None:
    talk(browser, "a b c <script>alert(1)</script> \ue000 \ue001")
    assert not [query for query in QUERIES if "<script>alert" in find(browser, query)]


def test_the_list_knows_where_the_chat_ends_that_is_open() -> None:
    chats = [ListedChat.model_construct(id=uuid4(), head=uuid4()) for _ in range(2)]
    groups = [ChatGroup("today", date(2026, 1, 1), chats)]
    assert [ChatList(groups, None, chat.id).head for chat in chats] == [c.head for c in chats]
    assert ChatList(groups, None).head is None


def test_a_search_says_when_there_is_nothing_or_nothing_more(
    browser: httpx.Client, chat: str, newcomer: httpx.Client, db_api: DbApiServer
) -> None:
    assert "Matches the beginnings" in find(browser, " ")
    assert "Try fewer words" in find(browser, "nowhere")
    assert "No more results" in find(browser, "nowhere", 1)
    expect(newcomer.get("/search", params={"q": "a"}), 404)
    for offset in (-1, FURTHEST + 1):
        expect(browser.get("/search", params={"q": "a", "offset": offset}), 422)
    own = chat.removeprefix("/chats/")
    db_api.sql(
        "INSERT INTO messages (chat_id, session_id, seq, role, content)"
        " SELECT id, session_id, number, 'user', 'needle' FROM chats,"
        f" generate_series(2, 1100) AS number WHERE id = '{own}'"
    )
    db_api.sql(BEGIN_ALL)
    for offset, more in ((960, True), (990, False)):
        found = find(browser, "needle", offset, chat=own)
        assert any("offset=" in link for link in links(found)) == more


ADDRESS = f"/chats/{UUID(int=1)}?at={UUID(int=2)}#m-{UUID(int=2)}"
MARKED = ADDRESS.replace("chats", "<chats>").replace("at=", "<at>=")


@pytest.mark.parametrize(
    ("snippet", "shown"),
    [
        (f"- [A <long> story…]({ADDRESS}) of salt&#42;", "- A <long> story… of salt*"),
        (f"- [At sea]({MARKED}) and <at> home", "- At sea and <at> home"),
        (f"…a <long> story]({ADDRESS[:60]}…", "…a <long> story…"),
        (f"…{MARKED[20:]}) of salt …more <at> sea", "… of salt …more <at> sea"),
        ("…was. - [Second…", "…was. - Second…"),
        (f"[Sea](<https>://sea.example) ![a](#b) [x]({ADDRESS[:9]}…", "Sea a x…"),
        (
            "a[0](x) &amp; …Donaudampfschifffahrten) [y]",
            "a[0](x) &amp; …Donaudampfschifffahrten) [y]",
        ),
    ],
)
def test_of_links_in_a_reply_that_is_found_the_words_are_shown(snippet: str, shown: str) -> None:
    chat, message, now = UUID(int=1), UUID(int=2), datetime.now(UTC)
    text = snippet.replace("<", "\ue000").replace(">", "\ue001")
    roles: list[tuple[Role, str]] = [("assistant", shown), ("user", snippet)]
    for role, expected in roles:
        hit = Hit(
            chat_id=chat, title=None, message_id=message, role=role, snippet=text, created_at=now
        )
        found = SearchPage(items=[hit], more=False)
        (view,) = view_search(view_chats(NO_CHATS), "at", found, 0).hits or []
        html = expected.replace("&", "&amp;")
        assert view.snippet == re.sub(r"<(.*?)>", r"<mark>\1</mark>", html)
