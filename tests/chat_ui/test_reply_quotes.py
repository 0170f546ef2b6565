"""Which quotes a reply gets when it has been written."""

import pytest
from app.answering.exact import Span
from app.answering.refusals import NOTHING_FOUND
from app.clients.prompt_types import PromptMessage, TextPart
from app.replies.answer import find_quotes

from tests.chat_ui.passages import LEASE, passage
from tests.chat_ui.test_active_reply import begin

PETS, SMALL = "Pets are not allowed.", "the"


@pytest.mark.parametrize(
    ("said", "found", "chosen", "quotes"),
    [
        (PETS, True, None, [(len(PETS), "Pets are not")]),
        (PETS, False, None, [(None, "The tenant pays")]),
        (NOTHING_FOUND, True, None, [(None, "The tenant pays")]),
        (SMALL, True, SMALL, [(3, "It is returned")]),
        (PETS, True, SMALL, [(len(PETS), "Pets are not")]),
        ("", True, None, []),
    ],
)
@pytest.mark.anyio
async def test_the_quotes_of_a_reply_are_those_of_what_it_says(
    said: str, found: bool, chosen: str | None, quotes: list[tuple[int | None, str]]
) -> None:
    active, lease = begin(said), passage(LEASE)
    active.claim.prompt.append(PromptMessage(role="user", parts=[TextPart(text="Pets?")]))
    active.found, active.passages = found, [lease]
    if chosen:
        start = LEASE.index(chosen)
        active.span = Span(lease, start, start + len(chosen))
    made = await find_quotes(active)
    assert [quote.end for quote in made] == [end for end, _ in quotes]
    begun = zip(made, quotes, strict=True)
    assert all(LEASE[quote.quote_start :].startswith(words) for quote, (_, words) in begun)
    active.passages = []
    assert await find_quotes(active) == [], "its documents were deleted meanwhile"
