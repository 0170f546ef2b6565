"""Exact words of a document are shown as they are, in lines that fit."""

from datetime import UTC, datetime
from uuid import UUID

from app.clients.types import Message, Mode, Quote, Reply
from app.views.messages import view_message
from markupsafe import Markup

from tests.chat_ui.layouts import BAKERY, LEASE, MUSEUM

WORDS = "8. Keys are\nhanded <over> *now*."


def view(text: str, end: int | None, mode: Mode = "exact") -> tuple[str, str]:
    """A reply of these words and its quote, which is of them or only near, as they are shown."""
    quote = Quote(
        start=end and 0, end=end, document_id=UUID(int=3), document="d", page=1,
        quote_start=0, quote_end=len(text), text=text,
    )  # fmt: skip
    reply = Reply(id=UUID(int=1), state="complete", mode=mode, found=True, quotes=[quote])
    message = Message(
        id=UUID(int=1), chat_id=UUID(int=2), parent_id=None, seq=1, role="assistant", content=text,
        created_at=datetime.now(UTC), reply=reply,
    )  # fmt: skip
    (source,) = view_message(message).sources.all
    return view_message(message).show(lambda source: Markup("<i>1</i>")), source.words


def test_exact_words_are_shown_as_they_are_but_in_lines_that_fit() -> None:
    words = "8. Keys are handed &lt;over&gt; *now*."
    shown = (f'<p dir="auto">{words} <i>1</i></p>', "8. Keys are handed <over> *now*.")
    assert view(WORDS, len(WORDS)) == shown
    table = MUSEUM[MUSEUM.index("February") :]
    html, quoted = view(table, len(table))
    assert "10,655<br>March" in html
    assert quoted == table
    assert view(LEASE, None)[1].startswith(
        "Lease Agreement\n1. Parties\nThis lease is made between"
    )
    assert view(LEASE, len(LEASE))[1].startswith("Lease Agreement 1. Parties This lease")
    assert view(BAKERY, None)[1] == BAKERY.replace("\n\n", "\n")


def test_what_a_model_writes_is_markdown() -> None:
    assert "<em>now</em>" in view(WORDS, len(WORDS), "documents")[0]
