"""Hostile texts, in a real browser: wherever one can be written, a page shows it and does nothing
else. security/hostile has them.

A page is judged by its elements: one that no page with harmless texts has, and that a message may
not become, has come out of a text. So harmless texts go the same ways first.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

import httpx
from faults.scenarios.long_chat import FILL
from local.supervision import Supervisor, socket_path
from tests.support.local_stack import LocalStack
from tests.support.person import client_key, generate, open_chat
from tests.support.scripted_model import ScriptedModel
from tests.support.serve import serve
from tests.support.sql import sql
from tests.support.waiting import wait_until

from security.corpus import UNSTORABLE, Payload, group_by_kind, read_corpus
from security.found import Found
from security.stage import Stage
from security.watched import Watched, open_watched

# Every construct once, and what scripts of ours add to it.
HARMLESS = """A *word* and **two**, `code`, $x^2$, [a link](https://example.org/), <sub>2</sub>[^1]

```python
print(1)
```

| a | b |
|---|--:|
| 1 | 2 |

$$y$$

- [x] done, <|im_end|>

> quoted

[^1]: A note."""
# Status lines of ours, and what leads away at the end of the live page, which a page has only at
# some moments. What is within a text begins with "text: ".
MOMENTS = {
    *("text: div > small", "text: small > br", "text: small class", "footer > small"),
    *("small class", "article > form", "article > footer", "li > small", "footer > span"),
    *("span > progress", "progress value", "progress max", "progress aria-hidden"),
    *("main > meta", "meta http-equiv", "meta content"),
}
ENOUGH = 60  # harmless ones: past a page of messages, and of chats
QUERY = 6000  # bytes of a query
TITLE, FILE_NAME, SYSTEM = 80, 200, 8000  # characters, as db-api/app/limits.py has them
MANY = 100  # pages of a kind in a whole run
SHORT_EVERY = 4  # of the texts, one in so many in the short form
# What the model writes at once, at most, and seconds between: at least so many pieces, in at least
# so many seconds, so that each page sees it write.
PIECE, PACE = 48, 0.004
PIECES, SECONDS = 40, 0.7
TYPED = 6_000  # characters that are sent as one message, at most: more may be too long
WRITTEN = 12_000  # characters of several texts that the model writes as one reply

MESSAGES = """
UPDATE messages SET content = t.content FROM unnest(%s) WITH ORDINALITY AS t(content, n)
WHERE chat_id = %s AND seq = n + 1
"""
LAST = "UPDATE chats SET last_seq = %s WHERE id = %s"
CHATS = """
INSERT INTO chats (session_id, username, title, system_prompt, last_seq)
SELECT h.session_id, t.title, t.title, t.prompt, 2
FROM chats h, unnest(%s, %s) AS t(title, prompt) WHERE h.id = %s RETURNING id::text
"""
# Without their files, which nobody opens here.
DOCUMENTS = """
WITH given AS MATERIALIZED (
    SELECT h.session_id, t.name, t.text, uuidv7() AS file, uuidv7() AS document
    FROM chats h, unnest(%s, %s) AS t(name, text) WHERE h.id = %s
), file AS (
    INSERT INTO files (id, session_id, size, received, stored_at)
    SELECT file, session_id, 0, 0, now() FROM given
), document AS (
    INSERT INTO documents (id, session_id, file_id, name, kind, in_library, state, finished_at,
        pages, progress)
    SELECT document, session_id, file, name, 'text', true, 'complete', now(), 1, 1 FROM given
), page AS (
    INSERT INTO document_pages SELECT document, session_id, 1, text, 'text' FROM given
)
SELECT document::text FROM given
"""
UNFINISHED = "SELECT 1 FROM replies WHERE chat_id = %s AND state IN ('queued', 'running')"
RENAMED = "UPDATE chats SET title = %s WHERE id = %s"


def check(found: Found, stage: Stage, short: bool) -> None:
    """Harmless texts, then hostile ones, by the same ways."""
    parley = stage.parley()
    parley.wait_until_model_is_ready()
    corpus = read_corpus()
    chosen = [each for each in corpus if not each.long][::SHORT_EVERY] if short else corpus
    harmless = [Payload("harmless", HARMLESS)] * ENOUGH
    supervisor, model = Supervisor(socket_path(parley.stack)), ScriptedModel()
    supervisor.stop("lm-api")
    try:
        with (
            serve(model.app(), parley.ports["lm-api"]),
            open_watched(parley.url) as make,
            httpx.Client(base_url=parley.url, timeout=60) as ann,
            httpx.Client(base_url=parley.url, timeout=60) as bob,
        ):
            known = Visit(parley, model, make(), ann, harmless, short=True)
            seen = Visit(parley, model, make(), bob, chosen, short=short)
            for part, (what, try_it) in WAYS.items():
                if stage.wants(part):
                    try_it(known)
                    count = try_it(seen)
                    found.tried += count
                    found.see(f"{count} {what}")
    finally:
        supervisor.start("lm-api")
    for words in known.browser.wrong:
        found.expect(False, f"harmless texts: {words}")
    for words in sorted(seen.browser.wrong):
        found.expect(False, words)
    for shape in sorted(seen.browser.shapes - known.browser.shapes - MOMENTS):
        found.expect(False, f"only with hostile texts: {shape}")
    found.see(f"{len(chosen)} texts of {len(group_by_kind(chosen))} kinds")
    found.see(f"{seen.browser.looked} pages in Chromium, {len(seen.browser.wrong)} that did more")


@dataclass
class Visit:
    """Somebody's browser, in which these texts are opened."""

    parley: LocalStack
    model: ScriptedModel
    browser: Watched
    client: httpx.Client
    texts: list[Payload]
    short: bool

    def __post_init__(self) -> None:
        self.chat = open_chat(self.client)
        self.browser.known_as(self.client)

    def gather(self, few: int) -> list[tuple[int, str]]:
        """The texts, joined to as many as there are pages to open for each, `few` in short; with
        the place of each one's first."""
        texts = [each.storable for each in self.texts]
        step = -(-len(texts) // (few if self.short else MANY))
        return [(n, "\n\n".join(texts[n : n + step])) for n in range(0, len(texts), step)]


def show_messages(visit: Visit) -> int:
    """Stored ones, each as a person's and as the model's; page by page to the oldest."""
    texts = [each.storable for each in visit.texts for _ in "ab"]
    chat = open_chat(visit.client).removeprefix("/chats/")
    sql(visit.parley, FILL.format(chat=chat, last=len(texts) + 1))
    sql(visit.parley, MESSAGES, texts, chat)
    sql(visit.parley, LAST, len(texts) + 1, chat)
    address: str | None = f"/chats/{chat}"
    while address:
        with visit.browser.looking_at(f"messages at {address[43:]}") as page:
            page.goto(visit.parley.url + address)
            earlier = page.locator(".earlier a", has_text="Earlier messages")
            address = earlier.get_attribute("href") if earlier.count() else None
    return len(texts)


def show_titles(visit: Visit) -> int:
    """Of chats, of which each has its text as the person's name and as system prompt, too: lists,
    and pages that have it in their fields."""
    prompts = dict(visit.gather(4))
    titles = [each.storable[:TITLE] for each in visit.texts]
    told = [prompts.get(n, "")[:SYSTEM] for n in range(len(titles))]
    chats = sql(visit.parley, CHATS, titles, told, visit.chat[7:])
    visit.browser.look_at("/", "home")
    address: str | None = "/chats"
    while address:
        with visit.browser.looking_at("the list of chats") as page:
            page.goto(visit.parley.url + address)
            older = page.locator("a[href^='/chats?before=']").first
            address = older.get_attribute("href") if older.count() else None
    for n in prompts:
        for path in ("", "/settings", "/prompt"):
            what = f"{path or 'the chat'} of {titles[n][:40]!r}"
            visit.browser.look_at(f"/chats/{chats[n][0]}{path}", what)
    return len(titles)


def show_documents(visit: Visit) -> int:
    """Their names and texts, and files as they were uploaded."""
    texts = dict(visit.gather(3))
    names = [each.storable[:FILE_NAME] for each in visit.texts]
    told = [texts.get(n, "") for n in range(len(names))]
    documents = sql(visit.parley, DOCUMENTS, names, told, visit.chat[7:])
    visit.browser.look_at("/documents", "documents")
    for n in texts:
        visit.browser.look_at(f"/documents/{documents[n][0]}", f"the document {names[n][:40]!r}")
    return len(names)


def send_forms(visit: Visit) -> int:
    """What a form brings, byte for byte; nothing may break at that."""
    (document,) = sql(visit.parley, DOCUMENTS, ["a"], ["a"], visit.chat[7:])[0]
    paths = {
        f"{visit.chat}/rename": ("title",),
        f"{visit.chat}/settings": ("title", "system_prompt"),
        "/settings": ("name", "system_prompt"),
        f"/documents/{document}/rename": ("name",),
    }
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    visit.browser.look_at("/search?q=word", "a search that finds something")
    opened = dict(visit.gather(4))
    count = 0
    asked = opened if visit.short else range(len(visit.texts))
    for n in asked:
        payload = visit.texts[n]
        told = quote_from_bytes(payload.bytes)
        answers = [visit.client.get(f"/search?q={told[:QUERY]}")]
        for path, fields in paths.items():
            body = "&".join(f"{field}={told}" for field in fields)
            answers.append(visit.client.post(path, content=body, headers=form))
        for answer in answers:
            count += 1
            if answer.status_code >= 500:
                visit.browser.wrong.add(f"{answer.url.path}: {answer.status_code}")
        if n in opened:
            what = f"{payload.storable[:40]!r}"
            visit.browser.look_at("/settings", f"settings with {what}")
            visit.browser.look_at(f"/search?q={told[:QUERY]}", f"a search for {what}")
    return count


def stream_replies(visit: Visit) -> int:
    """Sent by the page and written by the model, kind by kind: all of a kind in one message."""
    groups = group_by_kind(visit.texts)
    if visit.short:  # together; what leaves something open for the next one is long
        groups = {"all kinds": visit.texts}
    for kind, payloads in groups.items():
        for text in join(list(dict.fromkeys(each.text for each in payloads))):
            stream_text(visit, kind, text)
    return len(visit.texts)


def join(texts: list[str]) -> list[str]:
    """Replies of several texts."""
    joined = [texts[0]]
    for text in texts[1:]:
        if len(joined[-1]) + len(text) > WRITTEN:
            joined.append(text)
        else:
            joined[-1] += f"\n\n{text}"
    return joined


def stream_text(visit: Visit, kind: str, text: str) -> None:
    """By the page of a new chat, and by the one that needs no scripts."""
    size = min(PIECE, len(text) // PIECES + 1)
    visit.model.deltas = [text[n : n + size] for n in range(0, len(text), size)]
    visit.model.pace = max(PACE, SECONDS / len(visit.model.deltas))
    chat = open_chat(visit.client)
    with visit.browser.looking_at(f"{kind}, as it is written") as page:
        page.goto(visit.parley.url + chat)
        visit.browser.type_and_send(UNSTORABLE.sub("", text)[:TYPED])
        wait_until(lambda: page.locator(".message.user ~ .message.assistant .actions").count() > 0)
    visit.browser.look_at(chat, f"{kind}, once it is written")
    visit.browser.leave()
    form = {"prompt": "Again.", "client_key": client_key(visit.client.get(chat).text)}
    visit.client.post(generate(chat), data=form)
    live, what = f"{chat}/live", f"{kind}, on a page without scripts"
    visit.browser.follow(live, what, lambda: is_answered(visit, chat))
    visit.browser.leave()


def is_answered(visit: Visit, chat: str) -> bool:
    """Whether the model has ended."""
    return not sql(visit.parley, UNFINISHED, chat[7:])


def save_exports(visit: Visit) -> int:
    """They are saved, never shown: no page of ours has their text in it."""
    chat = open_chat(visit.client)
    texts = [each.storable for each in visit.texts]
    sql(visit.parley, FILL.format(chat=chat[7:], last=len(texts) + 1))
    sql(visit.parley, MESSAGES, texts, chat[7:])
    sql(visit.parley, RENAMED, texts[0][:TITLE], chat[7:])
    count = 0
    files = {"files": [(f"a.{end}", "\n\n".join(texts).encode()) for end in ("txt", "md")]}
    visit.client.post(f"{chat}/documents", files=[("files", each) for each in files["files"]])
    page = visit.client.get(chat).text
    originals = sorted(set(re.findall(r"/documents/[0-9a-f-]{36}", page)))
    for path in (
        *(f"{chat}/export.md", f"{chat}/export.json", "/export.md", "/export.json"),
        *(f"{each}/original" for each in originals),
    ):
        answer = visit.client.get(path)
        headers = answer.headers
        is_saved = headers.get("content-disposition", "").startswith("attachment;")
        told = f"{answer.status_code} {headers.get('content-type')}"
        if not is_saved or headers.get("x-content-type-options") != "nosniff":
            visit.browser.wrong.add(f"{path} is shown, not saved: {told}")
        visit.browser.save(path, f"the file {path[-12:]}")
        count += 1
    return count


# By the names of parts: what there is to count, and how it is tried.
WAYS: dict[str, tuple[str, Callable[[Visit], int]]] = {
    "messages": ("stored messages", show_messages),
    "streams": ("as the model writes them", stream_replies),
    "titles": ("as titles, names and system prompts", show_titles),
    "documents": ("as names and texts of documents", show_documents),
    "forms": ("forms and searches", send_forms),
    "files": ("exports and files", save_exports),
}
