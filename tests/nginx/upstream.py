"""One copy of chat-ui, played by a small server that remembers what it was asked."""

import contextlib
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Recorder(BaseHTTPRequestHandler):
    """Answers by path, and keeps every request's line, headers and body for the test to read."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, str, dict[str, str], bytes]]

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: nginx's own log is the one under test."""

    def do_GET(self) -> None:
        """Answer a page, a style sheet, or a slow stream; fail where the path says so."""
        self.keep(b"")
        if self.path.endswith(("/events", "/live")):
            self.stream()
        elif self.path.startswith("/static/"):
            self.answer("text/css", b"body { color: red }\n" * 200, "public, max-age=31536000")
        elif self.path == "/busy":
            self.answer("text/html", b"<p>our own words</p>", "no-store", status=503)
        else:
            self.answer("text/html; charset=utf-8", b"<p>hello</p>\n" * 200, "no-store")

    def do_POST(self) -> None:
        """Read the form; break the line without an answer where the path says so."""
        self.keep(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/breaks"):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.answer("text/html", b"stored", "no-store")

    def keep(self, body: bytes) -> None:
        """Remember this request."""
        self.seen.append((self.command, self.path, dict(self.headers), body))

    def answer(self, kind: str, body: bytes, cache: str, status: int = 200) -> None:
        """Send one whole response."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", cache)
        self.end_headers()
        self.wfile.write(body)

    def stream(self) -> None:
        """Four words, a fifth of a second apart, without a length."""
        self.close_connection = True
        self.send_response(200)
        live = self.path.endswith("/live")
        self.send_header("Content-Type", "text/html" if live else "text/event-stream")
        self.end_headers()
        for word in range(4):
            self.wfile.write(f"data: word {word}\n\n".encode())
            time.sleep(0.2)


class Server(ThreadingHTTPServer):
    """Remembers its connections, so that it can go away as a dead process does."""

    def __init__(self, port: int, seen: list[tuple[str, str, dict[str, str], bytes]]) -> None:
        """Listen on 127.0.0.1."""
        self.lines: list[socket.socket] = []
        super().__init__(("127.0.0.1", port), type("Handler", (Recorder,), {"seen": seen}))

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Accept and remember a connection."""
        line, address = super().get_request()
        self.lines.append(line)
        return line, address


class Upstream:
    """One copy of chat-ui, played by a thread; can go away and come back on the same port."""

    def __init__(self, port: int) -> None:
        """Start listening on 127.0.0.1."""
        self.port = port
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.start()

    def start(self) -> None:
        """Listen (again)."""
        self.server = Server(self.port, self.seen)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Stop listening, and break every connection off."""
        self.server.shutdown()
        for line in self.server.lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self.server.server_close()
        self.thread.join()
