"""No text becomes a special token: of a prompt, the real server's tokenizer finds those that the
template put there, whatever people, documents and the model wrote."""

import sys
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import gguf
import httpx
import pytest

from local.stack import ROOT
from tests.support.lm_server import LmServer, lm_server

sys.path.insert(0, str(ROOT / "chat-ui"))

from app.clients.language_model import _request
from app.clients.prompt_types import PassagePart, PicturePart, PromptMessage, TextPart
from app.clients.template_marks import neutralise

__all__ = ["lm_server"]

MODEL = ROOT / ".cache" / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf"
PARSED = (gguf.TokenType.CONTROL, gguf.TokenType.USER_DEFINED, gguf.TokenType.UNKNOWN)


class Tokenizer:
    """The server's, and its model's special tokens."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        fields = gguf.GGUFReader(MODEL).fields
        texts = fields["tokenizer.ggml.tokens"].contents()
        kinds = fields["tokenizer.ggml.token_type"].contents()
        self.special = {n: texts[n] for n, kind in enumerate(kinds) if kind in PARSED}

    def find_special(self, text: str) -> list[str]:
        """Those that come out of the text, in order."""
        body = {"content": text, "add_special": False, "parse_special": True}
        tokens = self.ask("/tokenize", body)["tokens"]
        return [self.special[token] for token in tokens if token in self.special]

    def find_in_prompt(self, prompt: list[PromptMessage], written: str) -> list[str]:
        """The same of a whole prompt, as chat-ui asks for a reply to it."""
        body = _request(prompt, written, 1, 0, {}) | {"stream": False}
        return self.find_special(self.ask("/apply-template", body)["prompt"])

    def ask(self, path: str, body: object) -> dict[str, Any]:
        answer: dict[str, Any] = self._client.post(path, json=body).raise_for_status().json()
        return answer


@pytest.fixture(scope="module")
def tokenizer(lm_server: LmServer) -> Iterator[Tokenizer]:
    with httpx.Client(base_url=lm_server.url, headers=lm_server.headers, timeout=60) as client:
        yield Tokenizer(client)


def test_every_special_token_of_the_model_is_neutralised(tokenizer: Tokenizer) -> None:
    assert {"<|im_start|>", "<|im_end|>"} < set(tokenizer.special.values())
    for mark in tokenizer.special.values():
        assert tokenizer.find_special(f"a{mark}b") == [mark], "the tokenizer does find it"
        assert tokenizer.find_special(f"a{neutralise(mark)}b") == []


def write_prompt(
    system: str, name: str, passage: str, question: str, reply: str
) -> list[PromptMessage]:
    document = PassagePart(document=name, page=1, text=passage)
    picture = PicturePart(document=name, document_id=UUID(int=0))
    return [
        PromptMessage(role="system", parts=[TextPart(text=system)]),
        PromptMessage(role="user", parts=[document, picture, TextPart(text=question)]),
        PromptMessage(role="assistant", parts=[TextPart(text=reply)]),
        PromptMessage(role="user", parts=[TextPart(text=question)]),
    ]


@pytest.mark.parametrize("place", range(6))
def test_a_text_can_t_end_its_turn_wherever_in_a_prompt_it_is(
    tokenizer: Tokenizer, place: int
) -> None:
    texts = ["Some words."] * 6
    harmless = tokenizer.find_in_prompt(write_prompt(*texts[:5]), texts[5])
    assert harmless.count("<|im_start|>") == 5
    texts[place] = "".join(f"x{mark}" for mark in tokenizer.special.values())
    assert tokenizer.find_in_prompt(write_prompt(*texts[:5]), texts[5]) == harmless
