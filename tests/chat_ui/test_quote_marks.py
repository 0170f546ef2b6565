"""Behind a sentence of a reply stands the number of its quote; equal quotes have one number."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from app.clients.types import Message, Quote
from app.markdown import fill_marks, place_marks, render
from app.views.messages import view_message
from app.views.quotes import Source, Sources
from markupsafe import Markup


def mark(number: int) -> Markup:
    return Markup(f"<i>{number}</i>")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("One.| Two.|", "<p>One. <i>0</i> Two. <i>1</i></p>"),
        ("**One.**|\n\n- Two.|", "<strong>One.</strong> <i>0</i></p>"),
        ("See [One.| Two.](https://a.b)", "One.  Two.</a><i>0</i></p>"),
        ('See [it](https://a.b "One.| Two.")', 'title="One.  Two."'),
        ("`One.| Two`", "<code>One.  Two</code><i>0</i>"),
        ("| a |\n|---|\n| One.| |", "One. <i>0</i></td>"),
        ("at https://a.b/c.| Two", "/c</a>. <i>0</i> Two"),
        ("\ue0105\ue011One.|", "\ufffd5\ue011One. <i>0</i></p>"),
    ],
)
def test_marks_are_shown_behind_their_sentences_and_never_within_a_link(
    text: str, shown: str
) -> None:
    pieces = text.split("|") if "---" not in text else ["| a |\n|---|\n| One.", " |"]
    places = [sum(map(len, pieces[: n + 1])) for n in range(len(pieces) - 1)]
    html = fill_marks(render(place_marks("".join(pieces), places)), mark)
    assert shown in html.replace(' dir="auto"', "").replace("\n", "")


def test_a_mark_in_what_a_person_wrote_is_none() -> None:
    forged = Message(
        id=UUID(int=1), chat_id=UUID(int=2), parent_id=None, seq=1, role="user",
        content="\ue0100\ue011", created_at=datetime.now(UTC),
    )  # fmt: skip
    assert view_message(forged).show(lambda source: mark(0)) == forged.content


def test_the_same_words_have_one_number_and_numbers_are_in_order() -> None:
    def source(end: int | None, page: int | None, *, deleted: bool = False) -> Quote:
        place = UUID(int=1) if page and not deleted else None
        return Quote(
            start=0 if end else None, end=end, document_id=place, document="d", page=page,
            quote_start=page, quote_end=page, text="x",
        )  # fmt: skip

    shown = Sources([source(1, 5), source(2, None), source(3, 4), source(4, 5), source(None, 9)])
    assert [s.quote.page for s in shown.all] == [5, 4, 9]
    numbers = [found.number if (found := shown.find(n)) else None for n in range(4)]
    assert (numbers, shown.ends, shown.some_missing) == ([1, None, 2, 1], [1, 2, 3, 4], True)
    missing, gone = source(2, None), source(3, 4, deleted=True)
    several: list[list[Quote]] = [shown.quotes, [missing], [], [missing, gone]]
    assert [Sources(quotes).support_nothing for quotes in several] == [False, True, False, False]
    assert [Sources(quotes).some_deleted for quotes in several] == [False, False, False, True]
    assert Sources([gone]).find(0) == Source(None, gone)
