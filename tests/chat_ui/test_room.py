"""How much of a message the model has room for."""

import pytest
from app.clients.types import Limits
from app.views.room import Room

from tests.support.tokens import COUNTED, Counted

LANGUAGES = [counted for counted in COUNTED if counted.name in ("English", "German", "Chinese")]


@pytest.mark.parametrize("counted", LANGUAGES, ids=[counted.name for counted in LANGUAGES])
def test_a_system_prompt_takes_at_least_the_room_of_its_tokens(counted: Counted) -> None:
    limits = Limits.model_construct(message_bytes=32768, context_tokens=4096)
    left = [Room.beside(prompt, 512, limits).tokens for prompt in ("", counted.text)]
    assert counted.tokens <= left[0] - left[1] <= 2 * counted.tokens
