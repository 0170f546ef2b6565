"""Reads Parley's pages the way an outsider does: from their HTML alone."""

import html
import re
from dataclasses import dataclass
from html.parser import HTMLParser

ARTICLE = re.compile(
    r'<article class="message (?P<role>\w+)" id="m-(?P<id>[0-9a-f-]{36})" data-seq="(?P<seq>\d+)"'
    r"(?P<rest>[^>]*)>(?P<inside>.*?)</article>",
    re.S,
)
BODY = re.compile(r'<div class="body"[^>]*>(.*?)</div>\s*<div class="foot">', re.S)
KEY = re.compile(r'name="client_key" value="([^"]+)"')
EARLIER = re.compile(r'href="/chats/[0-9a-f-]{36}\?before=([0-9a-f-]{36})"')
CHAT_LINK = re.compile(r'href="/chats/([0-9a-f-]{36})"')
TEXTAREA = re.compile(r"<textarea[^>]*>\n?(.*?)</textarea>", re.S)
LIVE_BODY = '<div class="body plain" dir="auto">'
LIVE_ARTICLE = '<article class="message '
LIVE_REPLY = re.compile(r"/replies/([0-9a-f-]{36})/stop")
WAITING = re.compile(r'<small class="waiting">.*?</small>', re.S)


@dataclass(frozen=True)
class ShownMessage:
    """One message on a page: `body` is its HTML."""

    id: str
    seq: int
    role: str
    body: str
    unfinished: bool
    is_reply: bool  # not a message of the person's, and not the opening one

    @property
    def text(self) -> str:
        """A user message is shown as it is stored, only escaped."""
        return html.unescape(self.body)


def read_messages(page: str) -> list[ShownMessage]:
    """The messages of a page or a fragment, in its order."""
    found = []
    for match in ARTICLE.finditer(page):
        body = BODY.search(match["inside"])
        unfinished = "data-unfinished" in match["rest"]
        text = body[1] if body else ""
        is_reply = "data-status" in match["inside"]
        seq, role = int(match["seq"]), match["role"]
        found.append(ShownMessage(match["id"], seq, role, text, unfinished, is_reply))
    return found


def read_key(page: str) -> str | None:
    """The hidden key of the form on the page."""
    found = KEY.search(page)
    return html.unescape(found[1]) if found else None


def read_earlier(page: str) -> str | None:
    """Where the page before this one ends."""
    found = EARLIER.search(page)
    return found[1] if found else None


def read_chats(home: str) -> set[str]:
    """The chats that the home page lists."""
    return set(CHAT_LINK.findall(home))


def read_textarea(page: str) -> str | None:
    """What stands in the box."""
    found = TEXTAREA.search(page)
    return html.unescape(found[1]) if found else None


def read_growing(page: str) -> list[tuple[str, str, bool]]:
    """Of the growing page so far: (reply id, its plain text, whether it has ended)."""
    found = []
    for part in page.split(LIVE_ARTICLE)[1:]:
        reply, body = LIVE_REPLY.search(part), part.partition(LIVE_BODY)
        if reply and body[1]:
            found.append((reply[1], *_plain(body[2])))
    return found


def _plain(body: str) -> tuple[str, bool]:
    body = WAITING.sub("", body)
    text, tag, _ = body.partition("<")  # the text itself is escaped, so this is its end
    ended = bool(tag) and "</div>" in body
    text = re.sub(r"&[^;\s]{0,6}\Z", "", text)  # half an entity, at a cut
    return html.unescape(text).strip(), ended


class _Letters(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.letters: list[str] = []

    def handle_data(self, data: str) -> None:
        self.letters += filter(str.isalpha, data)


def letters_of(markup: str) -> str:
    """The letters of some HTML, without its tags: the part of rendered Markdown that stays the
    same while its marks come and go."""
    parser = _Letters()
    parser.feed(markup)
    parser.close()
    return "".join(parser.letters)
