"""A child that reads a file, as the worker sees it: lines that come, or don't."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Annotated, Self

from pydantic import Field, TypeAdapter, ValidationError

from app.messages import LINE_LIMIT, Message, Request, write

COMMAND = [sys.executable, "-m", "app.child"]
PIPE = 1 << 20  # bytes: what a child can say while the pages before are stored
FOLDER = Path(__file__).parents[1]
ANSWER: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="type")])


class Child:
    """The process, from its start to its end; with whatever it started, it is gone after that."""

    def __init__(self, request: Request, content: bytes) -> None:
        self._process = subprocess.Popen(
            COMMAND,
            cwd=FOLDER,
            env={},  # nothing that is told there is for it
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what a parser complains of may be what people wrote
            process_group=0,
            pipesize=PIPE,
        )
        assert self._process.stdin  # noqa: S101 - a pipe, as asked for
        assert self._process.stdout  # noqa: S101 - as well
        self._input: IO[bytes] = self._process.stdin
        self._output: IO[bytes] = self._process.stdout
        self._rest = b""
        # A child that reads slowly must not hold up the heartbeat.
        threading.Thread(target=self._feed, args=(write(request), content), daemon=True).start()
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(self._output, selectors.EVENT_READ)

    def _feed(self, *parts: bytes) -> None:
        # If it dies meanwhile, that is noticed by its output.
        with contextlib.suppress(OSError), self._input:
            for part in parts:
                self._input.write(part)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """It stands still meanwhile, with whatever it started."""
        self._send(signal.SIGSTOP)
        try:
            yield
        finally:
            self._send(signal.SIGCONT)

    def receive(self, seconds: float) -> Message | None:
        """The next message, or None if there is none within the time. A child that dies, or that
        says what it can't have been asked for, has ended without saying so: EOFError."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._rest:
            if not self._waiting.select(max(0.0, deadline - time.monotonic())):
                return None
            new = os.read(self._output.fileno(), 1 << 20)
            self._rest += new
            if not new or len(self._rest) > LINE_LIMIT:
                raise EOFError
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            return ANSWER.validate_json(line)
        except ValidationError:
            raise EOFError from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._send(signal.SIGKILL)
        self._process.wait()
        self._waiting.close()
        self._output.close()

    def _send(self, what: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, what)
