"""Many chats: by day, pinned, renamed, deleted and brought back, searched."""

import html
import re

import httpx
import pytest

from tests.chat_ui.conftest import DbApiServer
from tests.support.person import messages, open_chat, send, wait_until_final


def listed(page: str) -> list[str]:
    """The titles in the list, from top to bottom."""
    inside = page.split('class="chat-groups"')[1].split("</nav>")[0]
    titles = re.findall(r"<li><a [^>]*><span[^>]*>(.*?)</span></a></li>", inside, re.S)
    return [html.unescape(title) for title in titles]


def headings(page: str) -> list[str]:
    inside = page.split('class="chat-groups"')[1]
    return [re.sub(r"<[^>]+>", "", t).strip() for t in re.findall(r"<h2>(.*?)</h2>", inside, re.S)]


def talk(browser: httpx.Client, text: str) -> str:
    """A new chat in which something was said and answered."""
    chat = open_chat(browser)
    send(browser, chat, text)
    wait_until_final(browser, chat)
    return chat


def test_the_list_is_beside_every_chat_grouped_by_day(
    browser: httpx.Client, db_api: DbApiServer
) -> None:
    old, older = talk(browser, "older"), talk(browser, "old")
    talk(browser, "new")
    for chat, days in ((old, 40), (older, 1)):
        db_api.psql(
            f"UPDATE chats SET updated_at = updated_at - interval '{days} days'"
            f" WHERE id = '{chat.removeprefix('/chats/')}'"
        )
    page = browser.get(old).text
    assert listed(page) == ["new", "old", "older"]
    assert headings(page)[:2] == ["Today", "Yesterday"]
    assert re.fullmatch(r"\d+ \w+ \d{4}", headings(page)[2])
    assert page.count("aria-current=page") == 1


def test_a_pinned_chat_stands_on_top(browser: httpx.Client) -> None:
    first = talk(browser, "first")
    talk(browser, "second")
    assert browser.post(f"{first}/pin", data={"pinned": "1"}).status_code == 303
    page = browser.get("/").text
    assert listed(page) == ["first", "second"]
    assert headings(page)[0] == "Pinned"
    browser.post(f"{first}/pin", data={"pinned": ""})
    assert listed(browser.get("/").text) == ["second", "first"]


def test_a_deleted_chat_can_be_brought_back(browser: httpx.Client) -> None:
    chat = talk(browser, "precious")
    gone = browser.post(f"{chat}/delete")
    assert gone.status_code == 303
    home = browser.get(gone.headers["location"]).text
    assert "Undo" in home
    assert "“<bdi>precious</bdi>” was deleted" in home
    assert f'href="{chat}"' not in home
    assert browser.get(chat).status_code == 404
    restore = re.search(r'action="(/chats/[^"]+/restore)"', home)
    assert restore
    assert browser.post(restore[1]).headers["location"] == chat
    assert "precious" in messages(browser.get(chat).text)
    assert "Undo" not in browser.get(gone.headers["location"]).text


def test_a_chat_is_renamed(browser: httpx.Client) -> None:
    chat = talk(browser, "dull")
    page = browser.get(f"{chat}/settings").text
    assert 'value="dull"' in page
    form = {"title": "  Über <b>Füchse</b> ", "system_prompt": "Be kind."}
    assert browser.post(f"{chat}/settings", data=form).status_code == 303
    assert "Über &lt;b&gt;Füchse&lt;/b&gt;</h1>" in browser.get(chat).text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", "x" * 10_000, "this one has 10000"),
        ("title", "a\x07b", "control characters"),
        ("title", "\u200b", "something to see"),
        ("system_prompt", "x" * 9000, "this has 9000"),
        ("temperature", "hot", "a number from 0 to 2"),
        ("temperature", "2.5", "a number from 0 to 2"),
        ("temperature", "nan", "a number from 0 to 2"),
        ("reply_tokens", "0", "from 1 to 2048"),
        ("reply_tokens", "1.5", "from 1 to 2048"),
    ],
)
def test_a_setting_that_will_not_do_is_explained_and_kept(
    browser: httpx.Client, field: str, value: str, words: str
) -> None:
    chat = talk(browser, "Hi")
    form = {"title": "Hi", "system_prompt": "", field: value}
    response = browser.post(f"{chat}/settings", data=form)
    assert response.status_code == 422
    assert words in response.text
    assert html.escape(value, quote=False)[:50] in html.unescape(response.text)


def test_search_finds_words_by_their_beginning_and_leads_to_the_message(
    browser: httpx.Client,
) -> None:
    chat = talk(browser, "The lighthouse keeper's daughter")
    talk(browser, "Something else")
    page = browser.get("/search", params={"q": "LIGHT keep"}).text
    assert "<mark>lighthouse</mark>" in page
    link = re.search(rf'href="({chat}\?at=[0-9a-f-]+#m-[0-9a-f-]+)"', page)
    assert link
    assert "lighthouse" in browser.get(link[1]).text
    assert "Something else" not in page.split('class="hits"')[1].split("</ol>")[0]


@pytest.mark.parametrize(
    "query",
    [
        "'", '"', "a & b | !c", "(:*)", "<->", "\\", "%_", "🦊", "<script>", "x" * 5000,
        "\x00", "a\u2028b", "':* | 'a", "\ue000x\ue001", "漢字",
    ],
)  # fmt: skip
def test_whatever_is_looked_for_is_only_text(browser: httpx.Client, query: str) -> None:
    talk(browser, "a b c <script>alert(1)</script> \ue000 \ue001")
    response = browser.get("/search", params={"q": query})
    assert response.status_code == 200
    assert "<script>alert" not in response.text


def test_a_stranger_s_chats_are_not_found(browser: httpx.Client, url: str) -> None:
    talk(browser, "The secret lighthouse")
    with httpx.Client(base_url=url) as stranger:
        talk(stranger, "nothing")
        assert "Nothing was found" in stranger.get("/search", params={"q": "secret"}).text


def test_without_a_session_there_is_nothing_to_search(url: str) -> None:
    with httpx.Client(base_url=url) as nobody:
        assert nobody.get("/search", params={"q": "a"}).status_code == 404


def test_all_chats_are_taken_home_at_once(browser: httpx.Client) -> None:
    for text in ("one", "two"):
        talk(browser, text)
    export = browser.get("/export.json").json()
    assert export["format"] == "parley-chats"
    assert [chat["chat"]["title"] for chat in export["chats"]] == ["two", "one"]
    assert export["chats"][1]["messages"][1]["content"] == "one"
    markdown = browser.get("/export.md").text
    assert markdown.index("# two") < markdown.index("# one")
