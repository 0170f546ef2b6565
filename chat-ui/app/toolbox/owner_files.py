"""An owner's tools: files of Python in TOOLS_DIR, each with `def run(text: str) -> str`.

They are read at the start, and nothing of them runs in this process. A call is a process of its
own, which gets the text and no secret or session, and ends with its time: a tool that hangs,
crashes or takes all memory gives a result that says so."""

import ast
import asyncio
import contextlib
import logging
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from app.toolbox.parley import Parley
from app.toolbox.tool import Tool, ToolFailed

log = logging.getLogger(__name__)

MOST_SECONDS = 5.0
MOST_BYTES = 64_000  # of a result
MOST_PROCESSES = 2  # at once, in one copy of chat-ui
CHILD = Path(__file__).with_name("child.py")
NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")

FAILED = "The tool failed. Its owner finds the reason in the log."
TOO_SLOW = f"The tool took longer than {MOST_SECONDS:.0f} seconds, so it was stopped."
TOO_LARGE = "The tool's result is too large."
NO_TEXT = "The tool gave no text."


def find_owner_tools(folder: Path) -> Iterator[Tool]:
    """Those in this folder, by name. A file that is no tool is named in the log, and left out."""
    slots = asyncio.Semaphore(MOST_PROCESSES)
    for file in sorted(folder.glob("*.py")):
        try:
            summary = _read_summary(file)
        except (OSError, ValueError, SyntaxError, LookupError) as error:
            log.warning("%s is no tool: %s", file, error)
            continue
        yield Tool(file.stem.replace("_", "-"), summary, _Process(file, slots))


def _read_summary(file: Path) -> str:
    """What its function's docstring says first; the file is read, and not run."""
    if not NAME.fullmatch(file.stem):
        raise ValueError("its name is not small letters, digits and _")
    for part in ast.parse(file.read_text("utf-8")).body:
        if isinstance(part, ast.FunctionDef) and part.name == "run":
            if summary := (ast.get_docstring(part) or "").split("\n")[0].strip():
                return summary
            raise LookupError("its function run has no docstring")
    raise LookupError("it has no function run")


class _Process:
    """Runs a file's function, for one text."""

    def __init__(self, file: Path, slots: asyncio.Semaphore) -> None:
        self._file, self._slots = file, slots

    async def __call__(self, text: str, parley: Parley) -> str:
        async with self._slots:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", CHILD, self._file),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={"LANG": "C.UTF-8", "TZ": "UTC"},
                cwd=self._file.parent,
                start_new_session=True,  # what it starts ends with it
            )
            try:
                async with asyncio.timeout(MOST_SECONDS):
                    return await self._talk(process, text)
            except TimeoutError:
                raise ToolFailed(TOO_SLOW) from None
            finally:
                await _end(process)

    async def _talk(self, process: asyncio.subprocess.Process, text: str) -> str:
        assert process.stdin  # noqa: S101 - it has all three
        assert process.stdout  # noqa: S101 - as above
        assert process.stderr  # noqa: S101 - as above
        with contextlib.suppress(OSError):  # it has ended without reading
            process.stdin.write(text.encode())
            await process.stdin.drain()
        process.stdin.close()
        said, wrong = await asyncio.gather(_read(process.stdout), _read(process.stderr))
        if len(said) > MOST_BYTES:
            raise ToolFailed(TOO_LARGE)
        if await process.wait() != 0:
            log.warning("tool %s failed: %s", self._file.name, wrong.decode(errors="replace"))
            raise ToolFailed(FAILED)
        if not said.strip():
            raise ToolFailed(NO_TEXT)
        return said.decode(errors="replace")


async def _read(stream: asyncio.StreamReader) -> bytes:
    """At most a byte more than is allowed; the rest is thrown away, so that it can end."""
    kept = b""
    while piece := await stream.read(MOST_BYTES):
        kept = (kept + piece)[: MOST_BYTES + 1]
    return kept


async def _end(process: asyncio.subprocess.Process) -> None:
    """With all that it started, and its pipes."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
    streams = [stream for stream in (process.stdout, process.stderr) if stream]
    with contextlib.suppress(TimeoutError):  # somebody may have left the group with them
        async with asyncio.timeout(1):
            await asyncio.gather(*map(_read, streams))
    await asyncio.sleep(0)
