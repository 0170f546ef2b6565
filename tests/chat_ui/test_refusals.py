"""What is not in the documents is refused without the model, and it is said why."""

from unittest.mock import AsyncMock, Mock

import httpx
import pytest
from app.answering.exact import BestSentence
from app.answering.refusals import NO_TEXT, NO_TEXT_IN_PICTURES, NOTHING_FOUND, NOTHING_IN_PICTURES
from app.replies.answer import Answerer
from app.toolbox import Toolbox

from tests.chat_ui.asking import FILLER, LEASE, Reader, ask, attach, quotes
from tests.chat_ui.support import ScriptedModel

TOOLS = Toolbox({}, Mock(), Mock())
REFUSAL = "No sentence in your documents clearly answers this."


def test_what_is_not_in_the_documents_is_refused_without_the_model(
    browser: httpx.Client, chat: str, lease: str, model: ScriptedModel
) -> None:
    reply = ask(browser, chat, "Is the ferry's lease insured against whales?")
    assert REFUSAL in reply.text
    assert "Nearest passages" in reply.text
    assert "words that your documents use" in reply.text
    assert ("[1] lease.txt, page 4", LEASE) in [(where, words) for where, words, _ in quotes(reply)]
    assert model.requests == []


PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("mode", ["documents", "exact"])
@pytest.mark.parametrize(
    ("begins", "text", "said"),
    [
        (PNG, "", NO_TEXT_IN_PICTURES),
        (PNG, "Platform 4", NOTHING_IN_PICTURES),
        (b"", "", NO_TEXT),
        (b"", "Platform 4", NOTHING_FOUND),
    ],
)
def test_a_refusal_says_whether_there_was_any_text_to_search(
    browser: httpx.Client, chat: str, reader: Reader, model: ScriptedModel, begins: bytes,
    text: str, said: str, mode: str,
) -> None:  # fmt: skip
    question = "Which cats feed the whales of the ferry?"
    attach(browser, chat, "photo", begins)
    reader.read(text)
    if text:  # else it would be given whole
        attach(browser, chat, "other", begins)
        reader.read(*[FILLER] * 4)
    assert said in ask(browser, chat, question, mode=mode).text
    assert model.requests == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("mode", "found"), [("documents", False), ("exact", False), ("exact", True)]
)
async def test_what_was_looked_for_is_not_looked_for_again(mode: str, found: bool) -> None:
    active = Mock(mode=mode, found=found, question="Why?", question_before="", passages=[])
    active.refusal = NO_TEXT
    queue = Mock(find_passages=AsyncMock(return_value=Mock(found=found)))
    embedder = Mock(embed=AsyncMock(return_value=None))
    answerer = Answerer(Mock(), queue, embedder, BestSentence(), None, Mock(), TOOLS)
    assert (await answerer.answer(active, Mock())).state == "complete"
    assert queue.find_passages.called is not found, "db-api tells again why there is nothing"
    active.say.assert_called_once_with(NOTHING_FOUND if found else NO_TEXT)
