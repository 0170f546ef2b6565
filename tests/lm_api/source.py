"""A small web server to fetch models from, which can be told to misbehave."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Source:
    """What it serves, how it behaves, and what it was asked for (path, Range)."""

    content: bytes
    status: int = 200
    knows_ranges: bool = True
    tells_length: bool = True
    break_off_after: list[int] = field(default_factory=list)  # bytes; one per answer, in order
    pause: float = 0.0  # seconds between blocks of 10 kB
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""

    def ranges(self) -> list[str | None]:
        return [asked_range for _, asked_range in self.asked]


class Handler(BaseHTTPRequestHandler):
    """Answers GET as the server's Source says."""

    server: SourceServer

    def do_GET(self) -> None:
        source, asked = self.server.source, self.headers["Range"]
        source.asked.append((self.path, asked))
        partial = bool(asked) and source.knows_ranges
        start = int(re.findall(r"\d+", asked)[0]) if partial else 0
        size = len(source.content)
        if source.status != 200:
            self.begin(source.status, {"Content-Length": "0"})
        elif start >= size:
            self.begin(416, {"Content-Range": f"bytes */{size}", "Content-Length": "0"})
        else:
            told = {"Content-Range": f"bytes {start}-{size - 1}/{size}"} if partial else {}
            length = {"Content-Length": str(size - start)} if source.tells_length else {}
            self.begin(206 if partial else 200, told | length)
            self.send_body(source, start)

    def begin(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def send_body(self, source: Source, start: int) -> None:
        end = len(source.content)
        if source.break_off_after:
            end = min(end, start + source.break_off_after.pop(0))
        with contextlib.suppress(OSError):  # the fetcher went away, which some tests make it do
            for at in range(start, end, 10_000):
                self.wfile.write(source.content[at : min(at + 10_000, end)])
                time.sleep(source.pause)

    def log_message(self, format: str, *args: object) -> None:
        """Silent: pytest's output is for the tests."""


class SourceServer(ThreadingHTTPServer):
    """Serves one Source on a free port of 127.0.0.1 from a thread of its own."""

    daemon_threads = True

    def __init__(self, source: Source) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.source = source
        source.url = f"http://127.0.0.1:{self.server_port}"
        self.thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    def __enter__(self) -> SourceServer:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()
