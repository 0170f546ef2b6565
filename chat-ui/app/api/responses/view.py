"""A response as OpenAI's clients read it: as an object, and as events. Both follow from what is
stored, so that a stream continues after any crash with the text it had."""

from collections.abc import AsyncGenerator, Iterator
from typing import Any

from app.api.calls import Said, read_said
from app.api.completions import count, find_failure, find_reason, format_data, keep_alive
from app.api.echo import has_tools, read_echo
from app.api.errors import describe
from app.api.watch import Moment, Watch
from app.clients.queue_types import Completion
from app.clients.types import Reply
from app.errors import ParleyError

# Events have the numbers of what they tell. Text that ends after n characters is event 4 + n.
CREATED, QUEUED, IN_PROGRESS, ITEM_ADDED, PART_ADDED = range(5)
TEXT_DONE, PART_DONE, ITEM_DONE, ENDED = range(PART_ADDED + 1, PART_ADDED + 5)
Event = tuple[int, str, dict[str, Any]]
"""Its number, type and fields."""
UNFINISHED = {"queued": "queued", "running": "in_progress"}
MODEL_TOP_P = 0.95  # llama.cpp's own
# Nothing of it can be asked for, but clients expect all of it.
FIXED: dict[str, Any] = {
    "frequency_penalty": 0,
    "max_tool_calls": None,
    "presence_penalty": 0,
    "prompt_cache_key": None,
    "reasoning": None,
    "safety_identifier": None,
    "service_tier": "default",
    "top_logprobs": 0,
    "truncation": "disabled",
}


class ResponseView:
    """One response. `temperature` is the runner's own."""

    def __init__(self, completion: Completion, temperature: float) -> None:
        self._completion, self._temperature = completion, temperature
        self.id = f"resp_{completion.reply.id.hex}"

    def write(self, moment: Moment, status: str | None = None) -> dict[str, Any]:
        """As it is now; with a status, as it was then: without anything written."""
        asked, options, reply = self._completion, self._completion.response, moment.reply
        ended = status is None and reply.final
        status = status or find_status(reply)
        said = self._read(moment)
        is_written = ended and (said.call or said.text != "" or status == "completed")
        return {
            **FIXED,
            **read_echo(options),
            "id": self.id,
            "object": "response",
            "created_at": int(asked.reply.created_at.timestamp()),
            "completed_at": _find_end(reply) if status == "completed" else None,
            "status": status,
            "background": options.background,
            "error": _write_error(reply) if status == "failed" else None,
            "incomplete_details": (
                {"reason": "max_output_tokens"} if status == "incomplete" else None
            ),
            "instructions": options.instructions,
            "max_output_tokens": asked.reply_tokens,
            "metadata": options.metadata,
            "model": options.model,
            "output": [self._write_item(said, moment.reply)] if is_written else [],
            "previous_response_id": options.previous,
            "store": options.stored,
            "temperature": (self._temperature if asked.temperature is None else asked.temperature),
            "top_p": MODEL_TOP_P if asked.sampling.top_p is None else asked.sampling.top_p,
            "usage": _write_usage(reply) if ended else None,
        }

    async def stream(self, watch: Watch, after: int) -> AsyncGenerator[bytes]:
        """The same as server-sent events; an error is the last of them."""
        last = after
        try:
            async for event in self.tell(watch, after):
                if not isinstance(event, dict):
                    yield keep_alive(event)
                else:
                    last = event["sequence_number"]
                    yield _format(event)
        except ParleyError as error:
            told = describe(error)["error"]
            fields = {name: told[name] for name in ("code", "message", "param")}
            yield _format({"type": "error", "sequence_number": last + 1, **fields})

    async def tell(self, watch: Watch, after: int) -> AsyncGenerator[dict[str, Any] | Reply]:
        """The events after this number, up to the end; the reply where there was none for long.
        Raises what `Watch.follow` does."""
        last = after
        async for moment in watch.follow():
            begun = last
            for number, kind, fields in self._tell(moment, max(0, last - PART_ADDED)):
                if number > last:
                    yield {"type": kind, "sequence_number": number, **fields}
                    last = number
            if last == begun:
                yield moment.reply
            watch.delivered = moment.reply.final

    def _tell(self, moment: Moment, known: int) -> Iterator[Event]:
        """All events up to this moment, of its text only what comes after `known` characters."""
        said, reply = self._read(moment), moment.reply
        text = said.call.arguments if said.call else said.text
        yield CREATED, "response.created", {"response": self.write(moment, "queued")}
        queued = {"response": self.write(moment, "queued")}
        position = reply.queue_position
        yield QUEUED, "response.queued", queued | ({"queue_position": position} if position else {})
        if reply.state != "queued":
            now = {"response": self.write(moment, "in_progress")}
            yield IN_PROGRESS, "response.in_progress", now
        status = find_status(reply)
        if text or said.call or status == "completed":
            at, item = {"output_index": 0}, self._write_item(said, reply)
            nothing: dict[str, Any] = {"arguments": ""} if said.call else {"content": []}
            added = {**item, "status": "in_progress", **nothing}
            yield ITEM_ADDED, "response.output_item.added", {**at, "item": added}
            tell = self._tell_call if said.call else self._tell_text
            yield from tell({**at, "item_id": item["id"]}, text, known, is_whole=reply.final)
            if reply.final:
                yield ITEM_DONE + len(text), "response.output_item.done", {**at, "item": item}
        if reply.final:
            yield ENDED + len(text), f"response.{status}", {"response": self.write(moment)}

    def _tell_text(
        self, at: dict[str, Any], text: str, known: int, *, is_whole: bool
    ) -> Iterator[Event]:
        part = {**at, "content_index": 0}
        yield PART_ADDED, "response.content_part.added", {**part, "part": _write_part("")}
        if len(text) > known:
            delta = {**part, "delta": text[known:], "logprobs": []}
            yield PART_ADDED + len(text), "response.output_text.delta", delta
        if is_whole:
            done = {**part, "text": text, "logprobs": []}
            yield TEXT_DONE + len(text), "response.output_text.done", done
            whole = {**part, "part": _write_part(text)}
            yield PART_DONE + len(text), "response.content_part.done", whole

    def _tell_call(
        self, at: dict[str, Any], text: str, known: int, *, is_whole: bool
    ) -> Iterator[Event]:
        if len(text) > known:
            delta = {**at, "delta": text[known:]}
            yield PART_ADDED + len(text), "response.function_call_arguments.delta", delta
        if is_whole:
            done = {**at, "arguments": text}
            yield TEXT_DONE + len(text), "response.function_call_arguments.done", done

    def _read(self, moment: Moment) -> Said:
        asked = self._completion
        return read_said(moment.text, asked.reply.id, has_tools=has_tools(asked.response))

    def _write_item(self, said: Said, reply: Reply) -> dict[str, Any]:
        id, status = self._completion.reply.id.hex, find_status(reply)
        if reply.final and status != "completed":
            status = "incomplete"
        if call := said.call:
            item = {"call_id": call.id, "name": call.name, "arguments": call.arguments}
            return {"type": "function_call", "id": f"fc_{id}", "status": status, **item}
        return {
            "type": "message",
            "id": f"msg_{id}",
            "role": "assistant",
            "status": status,
            "content": [_write_part(said.text)],
        }


def find_status(reply: Reply) -> str:
    """The reply's state in OpenAI's words."""
    if reply.state == "complete":
        return "incomplete" if find_reason(reply) == "length" else "completed"
    return {**UNFINISHED, "stopped": "cancelled"}.get(reply.state, "failed")


def _write_part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _write_error(reply: Reply) -> dict[str, str]:
    _, code, message = find_failure(reply)
    return {"code": code, "message": message}


def _write_usage(reply: Reply) -> dict[str, Any]:
    told = count(reply)
    return {
        "input_tokens": told["prompt_tokens"],
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": told["completion_tokens"],
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": told["total_tokens"],
    }


def _find_end(reply: Reply) -> int | None:
    if reply.started_at is None or reply.total_ms is None:
        return None
    return int(reply.started_at.timestamp() + reply.total_ms / 1000)


def _format(event: dict[str, Any]) -> bytes:
    return f"event: {event['type']}\n".encode() + format_data(event)
