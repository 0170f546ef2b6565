"""An upgrade from any earlier revision keeps every row, and replies that were running continue."""

from typing import Any

from tests.db_api.api import Api, Person, written
from tests.db_api.conftest import connect
from tests.db_api.upgrade.conftest import Rows, Upgraded, read_rows
from tests.db_api.upgrade.exports import forget_waits, read_exports, read_golden, sort_markdown
from tests.db_api.upgrade.rows import IDS
from tests.support.postgres import Postgres

RENAMED = {
    "number": "queue_number",
    "rejoined": "requeued",
    "prefilled": "continued",
    "length_at_claim": "progress_at_claim",
}
SETTINGS = {"temperature": None, "reply_tokens": None, "turns": None, "tools": None}
# What columns hold in rows that are older than they are.
ADDED: dict[str, dict[str, Any]] = {
    "sessions": {"name": None, "system_prompt": None} | SETTINGS,
    "chats": {
        "pinned": False,
        "deleted_at": None,
        "client_key": None,
        "mode": None,
        "expires_at": None,
        "sampling": None,
        "request_sha256": None,
    }
    | SETTINGS,
    "messages": {},
    "replies": {
        "finished_steps": [],
        "alone_until": None,
        "mode": "free",
        "found": None,
        "unread_pages": None,
        "saw": None,
        "prompt_start": None,
        "prompt_sha256": None,
        "listened_until": None,
        "token_id": None,
        "tokens_reserved": 0,
        "tokens_counted": 0,
        "network": None,
        "cache_key": None,
        "cached": False,
        "calls": [],
    },
}
# An error was any text. Size and limit are known of one; of what Parley itself never wrote, all of
# it is kept as the detail.
KNOWN: dict[str | None, tuple[str | None, int | None, int | None, str | None]] = {
    None: (None, None, None, None),
    "model-broke": ("model-broke", None, None, None),
    "model-refused": ("model-refused", None, None, None),
    "prompt-too-long": ("prompt-too-long", None, None, None),
    "prompt-too-long 5000 4096": ("prompt-too-long", 5000, 4096, None),
    "reply-limit": ("reply-limit", None, None, None),
}

# In this order, each with the text that was written of it, and how often that was tried in vain.
CLAIMS = (
    ("reply given up", "Four", 2),  # the first, and alone
    ("reply interrupted", "One 語𝒳\n\ntwo ", 0),
    ("reply without progress", "Stuck", 1),
    ("continued", "Hello you, dear 𝒳", 0),
    ("reply behind", "", 0),
    ("Bob's, waited", "", 0),
    ("handed back", "Begun, then ", 0),
    ("Bob's, was served", "", 0),
    ("second", "", 0),
)
# By the first claim: state, kind of error, and content.
CLOSED = {
    "reply told to stop": ("stopped", None, "Enough"),
    "running, deleted": ("stopped", None, "Not y"),
}


def read_error(text: str | None) -> dict[str, Any]:
    """The columns that an error's text has become."""
    values = KNOWN.get(text, ("unknown", None, None, text))
    return dict(zip(("error", "error_size", "error_limit", "error_detail"), values, strict=True))


def expect_rows(before: Rows) -> Rows:
    """The rows as they have to be now."""
    expected = {
        table: {
            key: ADDED[table] | {RENAMED.get(name, name): value for name, value in row.items()}
            for key, row in rows.items()
        }
        for table, rows in before.items()
    }
    for chat in expected["chats"].values():
        seqs = (m["seq"] for m in before["messages"].values() if m["chat_id"] == chat["id"])
        chat.setdefault("last_seq", max(seqs, default=0))
    for reply in expected["replies"].values():
        reply |= {
            "continued": reply.get("continued", 0) > 0,
            "progress": len(reply["text"]),
            **read_error(reply["error"]),
        }
    return expected


def test_every_row_is_kept(upgraded: Upgraded) -> None:
    assert upgraded.after == expect_rows(upgraded.before)
    assert all(upgraded.before.values())


def test_exports_are_what_they_were(
    upgraded: Upgraded, db_api: Api, chat_ui: str, postgres: Postgres
) -> None:
    secrets = postgres.directory / "secrets"
    both = read_exports(chat_ui, secrets, "Zoë"), read_golden(upgraded.revision)
    exports, golden = map(forget_waits, both)
    assert sort_markdown(exports) == sort_markdown(golden)
    (hit, *_) = Person(db_api.http, IDS["Zoë"]).search("odd title")
    assert hit["chat_id"] == IDS["ended"], "it is found by its words, too"


def test_unfinished_replies_go_on(upgraded: Upgraded, db_api: Api, postgres: Postgres) -> None:
    """The worker that holds one writes on. All others are claimed in turn with their text, once
    those that nobody is to write any more are closed."""
    replies = upgraded.before["replies"]
    live, worker = IDS["reply live"], "worker of reply live"
    held: str = replies[live]["text"]
    stored = db_api.store(live, " so", len(held), worker=worker)
    assert (stored["held"], stored["length"]) == (True, len(held) + 3)
    db_api.finish(live, " on", offset=len(held) + 3, worker=worker)
    claimed, ends = list[Any](), {live: ("complete", None, f"{held} so on")}
    while claim := db_api.claim():
        reply, text = claim["reply"]["id"], written(claim)
        claimed.append((reply, text, claim["attempts"]))
        db_api.finish(reply, "𝒳.", offset=len(text))
        ends[reply] = ("complete", None, f"{text}𝒳.")
    assert claimed == [(IDS[name], *rest) for name, *rest in CLAIMS if IDS[name] in replies]
    ends |= {IDS[name]: end for name, end in CLOSED.items() if IDS[name] in replies}
    with connect(postgres, upgraded.settings) as connection:
        rows = read_rows(connection)
    contents, after = rows["messages"], rows["replies"]
    found = {
        key: (after[key]["state"], after[key]["error"], contents[key]["content"]) for key in ends
    }
    assert found == ends
    assert {row["state"] for row in after.values()} == {"complete", "stopped", "failed"}
