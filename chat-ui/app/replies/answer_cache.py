"""An earlier answer instead of the model's, where it could not be another one: at temperature 0,
from the same model, with the same settings, to exactly the same prompt. Off unless
ANSWER_CACHE_SECONDS says how old it may be. The cache is db-api's: the session's own replies."""

import json
import logging
from hashlib import sha256

from app.clients.language_model import LanguageModel, hash_prompt
from app.clients.queue import QueueClient
from app.errors import ParleyError
from app.replies.active_reply import ActiveReply, Outcome
from app.replies.generation import CUT

log = logging.getLogger(__name__)


class AnswerCache:
    """`seconds`: how old an answer may be; 0: there is no cache."""

    def __init__(self, queue: QueueClient, model: LanguageModel, seconds: float) -> None:
        self._queue, self._model, self._seconds = queue, model, seconds

    async def answer(self, active: ActiveReply) -> Outcome | None:
        """Writes an earlier answer, if there is one; else notes under which key this one can be
        found. What was written in part, has a picture, or may call tools is the model's alone."""
        is_certain = active.sampling.temperature == 0 and not (active.pictures or active.tools)
        if not self._seconds or not is_certain or active.text.whole:
            return None
        model = await self._model.ask_name()
        if model is None:
            return None
        key = _hash(active, model)
        if not active.sampling.options.fresh:
            try:
                if cached := await self._queue.find_cached(active.id, key, self._seconds):
                    active.take_cached(cached)
                    return CUT if cached.is_cut else Outcome("complete")
            except ParleyError as error:
                log.warning("reply %s: can't look for an earlier answer: %s", active.id, error)
        active.cache_key = key
        return None


def _hash(active: ActiveReply, model: str) -> str:
    sampling = active.sampling
    options = sampling.options.model_dump(mode="json", exclude={"fresh"})
    told = [model, sampling.reply_tokens, options, hash_prompt(active.prompt)]
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
