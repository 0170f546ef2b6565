"""All tools by their names. Whatever one of them does, its answer comes in time and is short."""

import asyncio
import importlib
import inspect
import logging
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from app import tools
from app.clients.chats import ChatsClient
from app.clients.documents import DocumentsClient
from app.clients.queue_types import Claim
from app.errors import ParleyError
from app.toolbox.owner_files import find_owner_tools
from app.toolbox.parley import Parley
from app.toolbox.tool import Result, Tool, ToolFailed

log = logging.getLogger(__name__)

MOST_SECONDS = 10.0
MOST_INPUT = 2000  # characters
MOST_RESULT = 8000

TOO_LONG = f"That is too long: a tool takes at most {MOST_INPUT:,} characters."
TOOK_TOO_LONG = "The tool took too long, so it was stopped."
FAILED = "The tool failed. Its owner finds the reason in the log."
AWAY = "The search failed. Please try again in a minute."


def find_tools(folder: Path | None = None) -> Mapping[str, Tool]:
    """Parley's own, and those in the owner's `folder`; one of Parley's can't be replaced."""
    names = sorted(module.name for module in pkgutil.iter_modules(tools.__path__))
    own = [_load(name) for name in names]
    others = find_owner_tools(folder) if folder else []
    return {tool.name: tool for tool in [*others, *own]}


def _load(name: str) -> Tool:
    run = importlib.import_module(f"{tools.__name__}.{name}").run
    summary = (inspect.getdoc(run) or "").split("\n")[0]
    parameter = next(iter(inspect.signature(run).parameters.values()))
    needs_text = parameter.default is parameter.empty
    return Tool(name.replace("_", "-"), summary, _adapt(run), parameter.name, needs_text)


def _adapt(run: Callable[..., Any]) -> Callable[[str, Parley], Any]:
    """One that reads nothing of Parley has one parameter, and is done at once."""
    if inspect.iscoroutinefunction(run):
        return run

    async def call(text: str, parley: Parley) -> str:
        return str(run(text))

    return call


class Toolbox:
    """Calls tools for replies."""

    def __init__(
        self, tools: Mapping[str, Tool], chats: ChatsClient, documents: DocumentsClient
    ) -> None:
        self._tools, self._chats, self._documents = tools, chats, documents

    @property
    def all(self) -> list[Tool]:
        """By name, so that prompts begin alike."""
        return [self._tools[name] for name in sorted(self._tools)]

    def get(self, name: str) -> Tool | None:
        """The tool of this name, if there is one."""
        return self._tools.get(name)

    def find(self, message: str) -> Tool | None:
        """The tool that this message calls; None if it calls none."""
        words = message.split(maxsplit=1)
        is_call = bool(words) and words[0].startswith("/")
        return self._tools.get(words[0][1:].lower()) if is_call else None

    async def call(self, tool: Tool, message: str, claim: Claim) -> str:
        """What it answers to the message, as Markdown: its result, or why there is none."""
        text = message.strip().removeprefix("/")[len(tool.name) :]
        return (await self.run(tool, text, claim)).text

    async def run(self, tool: Tool, text: str, claim: Claim) -> Result:
        """What it makes of the text, for this claim's chat and session."""
        if len(text) > MOST_INPUT:
            return Result(TOO_LONG, failed=True)
        parley = Parley(self._chats, self._documents, claim.session_id, claim.chat_id)
        try:
            async with asyncio.timeout(MOST_SECONDS):
                result = await tool.run(text.strip(), parley)
        except TimeoutError:
            return Result(TOOK_TOO_LONG, failed=True)
        except ToolFailed as failure:
            return Result(str(failure), failed=True)
        except ParleyError as error:
            log.warning("tool %s: %s", tool.name, error)
            return Result(AWAY, failed=True)
        except Exception:
            log.exception("tool %s failed", tool.name)
            return Result(FAILED, failed=True)
        result = result.replace("\0", "")
        return Result(result if len(result) <= MOST_RESULT else f"{result[:MOST_RESULT]}…")
