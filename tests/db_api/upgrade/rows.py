"""Rows as earlier versions of Parley left them, described once for all revisions.

Ids and times are fixed, so that an export of these rows is the same on every day. A row that a
revision could not have had yet says since when it can exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid5

from psycopg2.extensions import AsIs

REVISIONS = tuple(f"{number:04}" for number in range(1, 11))

NAMES = UUID("5f0c8f0e-7b0e-4c3c-9d59-1a2b3c4d5e6f")
BEGINNING = datetime(2025, 3, 1, 9, 30, 0, 123456, UTC)
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
FAR_AWAY = datetime(2199, 1, 1, tzinfo=UTC)
LIVE = AsIs("clock_timestamp() + interval '9 seconds'")

ODD = '  two\nlines, a\ttab, <b>&amp;</b> "q" \\ *stars* 語 𝒳 e\u0301 \u202eback\u202c \x01 '

# What the column could hold, and what is known of it today: kind, size, limit, detail.
ERRORS: dict[str | None, tuple[str | None, int | None, int | None, str | None]] = {
    None: (None, None, None, None),
    "model-broke": ("model-broke", None, None, None),
    "model-refused": ("model-refused", None, None, None),
    "prompt-too-long": ("prompt-too-long", None, None, None),
    "prompt-too-long 5000 4096": ("prompt-too-long", 5000, 4096, None),
    "reply-limit": ("reply-limit", None, None, None),
} | {
    # Parley itself never wrote these, but the column took any text.
    text: ("unknown", None, None, text)
    for text in (
        "the model fell over: “5000 4096”\nand again",
        "prompt-too-long many 4096",
        "prompt-too-long 05000 4096",
        "prompt-too-long 99999999999 4096",
        "prompt-too-long-ago",
        "model-broke 1 2",
        "",
    )
}

COUNTS = {
    "model": "qwen2.5-0.5b-instruct-q8_0",
    "prompt_tokens": 31,
    "prompt_tokens_read": 31,
    "completion_tokens": 8,
    "first_token_ms": 140,
    "total_ms": 4200,
}


@dataclass
class Row:
    """One row; `since` is the first revision that could hold it."""

    table: str
    values: dict[str, Any]
    since: str = "0001"


def make_id(name: str) -> str:
    """The id of whatever has this name."""
    return str(uuid5(NAMES, name))


class Chat:
    """A chat that is written message by message; its head is the last one."""

    def __init__(self, history: "History", row: Row) -> None:
        self.history, self.row = history, row
        self.owner = {"chat_id": row.values["id"], "session_id": row.values["session_id"]}
        self.seq = count(1)

    def say(self, name: str, role: str, content: str, **values: Any) -> datetime:
        """Adds a message below the last one, if no `parent_id` is given; when it was written."""
        written = self.history.tick()
        usual = {"parent_id": self.row.values["head"], "created_at": written}
        message = {"id": make_id(name), "seq": next(self.seq), "role": role, "content": content}
        self.history.add("messages", self.row.since, self.owner | usual | message | values)
        self.row.values |= {"head": message["id"], "last_seq": message["seq"]}
        return written

    def ask(self, name: str, content: str, **values: Any) -> None:
        """Adds a message of the person."""
        self.say(name, "user", content, **({"client_key": f"key of {name}"} | values))

    def answer(
        self, name: str, content: str, state: str, again: str | None = None, **reply: Any
    ) -> None:
        """Adds a message of the assistant with its reply; `again` names the message answered, if
        that has an answer already. What an unfinished one says is in its reply's `text`."""
        key = {"parent_id": make_id(again), "client_key": f"key of {name}"} if again else {}
        asked = self.say(name, "assistant", content, **key)
        usual = {
            "message_id": make_id(name),
            "number": next(self.history.numbers),
            "state": state,
            "created_at": asked,
        }
        if state != "queued":
            usual |= {"worker": f"worker of {name}", "started_at": asked + timedelta(seconds=1)}
        if state in ("complete", "stopped", "failed"):
            usual |= {"finished_at": asked + timedelta(seconds=9)}
        if state == "complete":
            usual |= COUNTS
        self.history.add("replies", self.row.since, self.owner | usual | reply)


class History:
    """All rows, in an order in which they can be inserted."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.chats: dict[str, str] = {}  # names by id
        self.numbers = count(1)
        self._minutes = count()
        self._add_sessions()
        self._add_final_replies()
        self._add_running_replies()
        self._add_queued_replies()
        self._add_settings_and_deleted_chats()
        self._add_versions()

    def tick(self) -> datetime:
        """A minute later than the last time."""
        return BEGINNING + timedelta(minutes=next(self._minutes))

    def add(self, table: str, since: str, values: dict[str, Any]) -> Row:
        self.rows.append(Row(table, values, since))
        return self.rows[-1]

    def session(self, known: str, **values: Any) -> None:
        usual = {"created_at": LONG_AGO, "last_seen_at": BEGINNING, "expires_at": FAR_AWAY}
        self.add("sessions", "0001", {"id": make_id(known), "name": known} | usual | values)

    def chat(self, name: str, session: str = "Zoë", since: str = "0001", **values: Any) -> Chat:
        usual: dict[str, Any] = {
            "id": make_id(name),
            "session_id": make_id(session),
            "username": session,
            "system_prompt": "You are helpful.",
            "title": name,
            "created_at": self.tick(),
            "updated_at": self.tick(),
            "head": None,
            "last_seq": 0,
        }
        self.chats[make_id(name)] = name
        return Chat(self, self.add("chats", since, usual | values))

    def _add_sessions(self) -> None:
        self.session("Zoë")
        self.session("Bob", name=None)
        self.session("revoked", revoked_at=LONG_AGO)
        self.session("expired", expires_at=LONG_AGO)
        for name in ("revoked", "expired"):
            chat = self.chat(f"of a session that is {name}", session=name)
            chat.ask(f"{name} asks", "Hello?")
            chat.answer(f"{name} hears", "Hello.", "complete")

    def _add_final_replies(self) -> None:
        self.chat("empty", title=None, username="tab\tand \u202eturned", system_prompt="")
        chat = self.chat("ended", system_prompt="Two\nlines.", title="“Odd” & <title>")
        chat.say("opening", "assistant", "Good day.")
        chat.ask("odd", ODD)
        chat.answer("oddly complete", ODD[::-1], "complete")
        chat.ask("long", "w ö r d " * 50)
        chat.answer("stopped", "Half a senten", "stopped", stop_requested=True)
        chat.ask("again", "Again")
        chat.answer("stopped early", "", "stopped", stop_requested=True, worker=None)
        chat.row.values["context_start"] = make_id("long")
        chat = self.chat("errors")
        for number, error in enumerate(ERRORS):
            chat.ask(f"question {number}", f"Question {number}")
            content = "" if error and error.startswith("prompt") else f"Answer {number}"
            state = "complete" if error in (None, "reply-limit") else "failed"
            chat.answer(f"answer {number}", content, state, error=error)

    def _add_running_replies(self) -> None:
        begun: dict[str, Any] = {"phase": "writing", "prompt_tokens": 20, "prompt_tokens_read": 20}
        counts = {"completion_tokens": 3, "first_token_ms": 90, "total_ms": 700}
        replies: Mapping[str, dict[str, Any]] = {
            "live": {"text": "Half 𝒳 and", "lease_until": LIVE, "length_at_claim": 2} | counts,
            "interrupted": {"text": "One 語𝒳\n\ntwo ", "length_at_claim": 4, "attempts": 2}
            | counts,
            "without progress": {"text": "Stuck", "length_at_claim": 5},
            "given up": {"text": "Four", "length_at_claim": 4, "attempts": 2},
            "told to stop": {"text": "Enough", "stop_requested": True},
        }
        for name, reply in replies.items():
            chat = self.chat(name)
            chat.ask(f"asks {name}", "Tell me")
            chat.answer(f"reply {name}", "", "running", **{"lease_until": LONG_AGO} | begun | reply)
            if name == "live":
                chat.ask("asks behind", "And then?")
                chat.answer("reply behind", "", "queued")

    def _add_queued_replies(self) -> None:
        chat = self.chat("queued")
        chat.ask("asks first", "First")
        chat.answer("handed back", "", "queued", text="Begun, then ", length_at_claim=5)
        chat.ask("asks second", "Second")
        chat.answer("second", "", "queued")
        for name, rejoined in (("waited", None), ("was served", 900)):
            chat = self.chat(f"Bob {name}", session="Bob")
            chat.ask(f"Bob asks, {name}", ODD)
            chat.answer(f"Bob's, {name}", "", "queued", rejoined=rejoined)

    def _add_settings_and_deleted_chats(self) -> None:
        values: dict[str, Any] = {"pinned": True, "temperature": 0.25, "reply_tokens": 4096}
        chat = self.chat("settings", since="0005", system_prompt="Rhyme.\n\n> Always.", **values)
        chat.ask("asks with settings", "Hi")
        chat.answer("with settings", "Hi, my, why?", "complete")
        for name, deleted_at in (("deleted", FAR_AWAY), ("deleted long ago", LONG_AGO)):
            chat = self.chat(name, since="0005", deleted_at=deleted_at)
            chat.ask(f"asks, {name}", "Forget this")
            chat.answer(f"said, {name}", "Forgotten", "complete")
            chat.ask(f"asks again, {name}", "And this")
            running: dict[str, Any] = {"lease_until": LONG_AGO, "stop_requested": True}
            chat.answer(f"running, {name}", "", "running", text="Not y", **running)

    def _add_versions(self) -> None:
        chat = self.chat("versions", since="0006")
        chat.ask("first", "Hello")
        chat.answer("first try", "Hello you", "complete", error="reply-limit")
        chat.answer("regenerated", "Good day", "complete", again="first")
        chat.answer("cut", "Hello you, dear", "stopped", again="first", prefilled=9)
        chat.ask("first, edited", "Hallo", parent_id=None)
        chat.answer("to the edited one", "Guten Tag", "complete")
        lease: dict[str, Any] = {"lease_until": LONG_AGO, "phase": "writing", "length_at_claim": 15}
        text = "Hello you, dear 𝒳"
        chat.answer("continued", "", "running", again="first", text=text, prefilled=15, **lease)
        chat.row.values["last_seq"] = 12  # some were deleted


def insert_rows(cursor: Any, revision: str) -> None:
    """Inserts them by SQL, each with the columns that its table has at this revision."""
    cursor.execute(
        "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns"
        " WHERE table_schema = 'public' GROUP BY table_name"
    )
    columns = dict(cursor.fetchall())
    pointers = ("head", "context_start")  # to messages, which come later
    rows = [row for row in History().rows if row.since <= revision]
    for row in rows:
        values = {name: value for name, value in row.values.items() if name in columns[row.table]}
        first = {name: value for name, value in values.items() if name not in pointers}
        places = ", ".join(f"%({name})s" for name in first)
        cursor.execute(
            f"INSERT INTO {row.table} ({', '.join(first)}) OVERRIDING SYSTEM VALUE"
            f" VALUES ({places})",
            first,
        )
    for row in rows:
        for name in set(pointers) & row.values.keys():
            cursor.execute(f"UPDATE chats SET {name} = %({name})s WHERE id = %(id)s", row.values)
    cursor.execute("SELECT setval('replies_number_seq', 1000)")
