"""One copy of chat-ui, played by a small server that remembers what it was asked."""

import contextlib
import socket
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

EXPORT, PIECE = 100_000_000, 100_000  # bytes
PATIENCE = 60  # seconds after which a stream that nobody reads ends


@dataclass
class Request:
    """What came through the gateway."""

    method: str
    headers: dict[str, str]


class Upstream(ThreadingHTTPServer):
    """Runs in a thread from the start. `stop()` goes away as a dead process does: every connection
    breaks off."""

    request_queue_size = 200  # connections that come at once

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.seen: list[Request] = []
        self.received = 0  # bytes of forms, as they come
        self.sent = 0  # bytes of an export, as they are taken
        self.next_word = threading.Semaphore(0)  # a stream waits for it after each word
        self._connections: list[socket.socket] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        connection, address = super().get_request()
        self._connections.append(connection)
        return connection, address

    def stop(self) -> None:
        self.shutdown()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()
        self._thread.join()


class Handler(BaseHTTPRequestHandler):
    """Answers by path."""

    protocol_version = "HTTP/1.1"
    server: Upstream

    def log_message(self, format: str, *args: object) -> None:
        """Silent: nginx's own log is the one under test."""

    def do_GET(self) -> None:
        """A page, a style sheet, or a stream; 503 where the path says so."""
        self.server.seen.append(Request("GET", dict(self.headers)))
        if "Upgrade" in self.headers:
            self.echo()
        elif self.path.endswith(("/events", "/live")):
            self.stream()
        elif self.path.startswith("/static/"):
            seconds = 1 if "brief" in self.path else 31536000
            self.answer("text/css", b"body { color: red }\n" * 200, f"public, max-age={seconds}")
        elif self.path == "/export.json":
            self.export()
        elif self.path == "/busy":
            self.answer("text/html", b"<p>our own words</p>", status=503)
        else:
            self.answer("text/html; charset=utf-8", b"<p>hello</p>\n" * 200)

    def do_POST(self) -> None:
        """Reads the form; waits, or breaks the connection without an answer, where the path says
        so."""
        left = int(self.headers["Content-Length"])
        while left and (piece := self.rfile.read1(left)):
            left -= len(piece)
            self.server.received += len(piece)
        self.server.seen.append(Request("POST", dict(self.headers)))
        if self.path.endswith("/waits"):
            self.server.next_word.acquire(timeout=PATIENCE)
        if self.path.endswith("/breaks"):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.answer("text/html", b"stored")

    def answer(self, kind: str, body: bytes, cache: str = "no-store", status: int = 200) -> None:
        length = str(len(body))
        self.begin(status, {"Content-Type": kind, "Content-Length": length, "Cache-Control": cache})
        self.wfile.write(body)

    def stream(self) -> None:
        """Four words without a length, each after the one before has been seen."""
        self.close_connection = True
        kind = "text/html" if self.path.endswith("/live") else "text/event-stream"
        self.begin(200, {"Content-Type": kind})
        with contextlib.suppress(ConnectionError):  # nobody reads it any more
            for word in range(4):
                self.wfile.write(f"data: word {word}\n\n".encode())
                self.server.next_word.acquire(timeout=PATIENCE)

    def echo(self) -> None:
        """Gives back what comes, as it comes, over a connection that is HTTP no more."""
        self.close_connection = True
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "upgrade")
        self.end_headers()
        while piece := self.connection.recv(65_536):
            self.connection.sendall(piece)

    def export(self) -> None:
        """As many bytes as fill any buffer, in pieces."""
        self.begin(200, {"Content-Type": "application/json", "Content-Length": str(EXPORT)})
        with contextlib.suppress(ConnectionError):
            for _ in range(EXPORT // PIECE):
                self.wfile.write(b"x" * PIECE)
                self.server.sent += PIECE

    def begin(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("Server-Timing", "chat-ui;dur=1.0")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
