"""How much of a message the model has room for."""

import pytest
from app.clients.types import Limits
from app.views.room import Room, letters_over

from tests.support.tokens import COUNTED, Counted

LANGUAGES = [counted for counted in COUNTED if counted.name in ("English", "German", "Chinese")]


@pytest.mark.parametrize("counted", LANGUAGES, ids=[counted.name for counted in LANGUAGES])
def test_a_system_prompt_takes_at_least_the_room_of_its_tokens(counted: Counted) -> None:
    limits = Limits.model_construct(message_bytes=32768, context_tokens=4096)
    left = [Room.beside(prompt, 512, limits).tokens for prompt in ("", counted.text)]
    assert counted.tokens <= left[0] - left[1] <= 2 * counted.tokens


@pytest.mark.parametrize(
    ("reply_tokens", "message_bytes", "context_tokens", "room", "letters"),
    [
        (512, 32768, 4096, (3534, 4046), 14_000),
        (4000, 32768, 4096, (1998, 4046), 7_900),  # a reply takes half of the context at most
        (512, 999, 4096, (3534, 4046), 990),
        (512, 32768, 40, (0, 0), 0),
    ],
)
def test_room_is_left_for_a_whole_reply_and_told_in_round_letters(
    reply_tokens: int, message_bytes: int, context_tokens: int, room: tuple[int, int], letters: int
) -> None:
    limits = Limits.model_construct(message_bytes=message_bytes, context_tokens=context_tokens)
    found = Room.beside("", reply_tokens, limits)
    assert (found.tokens, found.most, found.letters) == (*room, letters)


@pytest.mark.parametrize(
    ("text", "context_tokens", "letters"),
    [("é" * 16_385, 9000, 10), ("x" * 32_801, 9000, 40), ("x" * 32_801, 4096, 17_000)],
)
def test_what_is_too_long_is_told_in_letters_rounded_up(
    text: str, context_tokens: int, letters: int
) -> None:
    limits = Limits.model_construct(message_bytes=32768, context_tokens=context_tokens)
    assert letters_over(text, limits) == letters
