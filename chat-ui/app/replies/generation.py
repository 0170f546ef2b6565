"""Lets the language model write one claimed reply to its end, whatever lm-api goes through."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from app.clients.language_model import (
    Delta,
    LanguageModel,
    ModelAway,
    ModelBroke,
    ModelRefused,
    Reading,
    Started,
    Usage,
)
from app.replies.writing import Outcome, Writing

log = logging.getLogger(__name__)

# Attempts in a row that bring no text before the reply is given up.
FRUITLESS_ATTEMPTS = 3
AWAY_SECONDS = 0.5
BROKEN_SECONDS = 1.0


async def generate(
    model: LanguageModel, writing: Writing, reply_tokens: int, announce: Callable[[], None]
) -> Outcome:
    """Writes into `writing` until the model is done or refuses.

    `announce` is called when there is something that should be shown at once: the first words,
    and every step of reading the prompt. An lm-api that is away is waited for; a stream that
    breaks is continued from the text so far.
    """
    fruitless = 0
    while True:
        length = len(writing.text)
        try:
            usage = await _attempt(model, writing, reply_tokens, announce)
            return Outcome("complete", usage=usage)
        except ModelAway:
            writing.wait()
            announce()
            await asyncio.sleep(AWAY_SECONDS)
        except ModelRefused as refusal:
            return Outcome("failed", error=_describe(refusal))
        except ModelBroke as broke:
            log.warning("reply %s: lm-api broke off: %s", writing.id, broke)
            fruitless = 0 if len(writing.text) > length else fruitless + 1
            if fruitless == FRUITLESS_ATTEMPTS:
                return Outcome("failed", error="model-broke")
            await asyncio.sleep(BROKEN_SECONDS)


async def _attempt(
    model: LanguageModel, writing: Writing, reply_tokens: int, announce: Callable[[], None]
) -> Usage | None:
    usage = None
    # Written tokens aren't counted across attempts; four characters are about one token.
    left = max(1, reply_tokens - len(writing.text) // 4)
    events = model.stream(writing.claim.prompt, writing.text, left)
    async with contextlib.aclosing(events) as stream:
        async for event in stream:
            match event:
                case Started(model_name):
                    writing.model = model_name
                case Delta(text):
                    if writing.write(text):
                        announce()
                case Reading(read, total):
                    writing.read(read, total)
                    announce()
                case Usage():
                    usage = event
    return usage


def _describe(refusal: ModelRefused) -> str:
    """A kind with its figures, as one string that can be stored: `kind size limit`."""
    if refusal.size is None or refusal.limit is None:
        return refusal.kind
    return f"{refusal.kind} {refusal.size} {refusal.limit}"
