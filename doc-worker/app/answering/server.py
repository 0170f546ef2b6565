"""The service `answer`: which words of some passages answer a question, one request at a time.

POST /answer  {"question": …, "passages": […]}
GET /health
"""

import hmac
import json
import logging
import signal
import sys
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from app.answering.model import Model
from app.settings import Settings, read_secret, read_settings

log = logging.getLogger("answer")

BODY_LIMIT = 16_384  # bytes: far more than the passages of one question
SEND_S = 5.0  # that a caller may take for its request: others wait
WAITING = 32  # requests


class Asked(BaseModel):
    """A question, and the passages that it may be answered from."""

    question: Annotated[str, Field(min_length=1)]
    passages: Annotated[list[str], Field(min_length=1)]


class Server(TCPServer):
    """Answers to whoever has the key. Without threads: requests wait for each other."""

    allow_reuse_address = True
    request_queue_size = WAITING

    def __init__(self, address: tuple[str, int], model: Model, key: str) -> None:
        super().__init__(address, Handler)
        self.model, self.key = model, key

    def handle_error(self, request: object, client_address: object) -> None:
        """One that broke off, or that the model failed at. What was asked is not logged."""
        log.warning("a request was not answered: %s", type(sys.exc_info()[1]).__name__)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    timeout = SEND_S

    def do_GET(self) -> None:
        if self.path != "/health":
            return self._refuse(HTTPStatus.NOT_FOUND, "there is only /health")
        self._answer(HTTPStatus.OK, {"status": "ok"})

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            return self._refuse(HTTPStatus.LENGTH_REQUIRED, "say how long the question is")
        if int(length) > BODY_LIMIT:
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {BODY_LIMIT} bytes")
        body = self.rfile.read(int(length))  # also of who is refused, who may still be sending
        sent, wanted = self.headers.get("Authorization", ""), f"Bearer {self.server.key}"
        if not hmac.compare_digest(sent.encode(), wanted.encode()):
            return self._refuse(HTTPStatus.UNAUTHORIZED, "the key is missing or wrong")
        if self.path != "/answer":
            return self._refuse(HTTPStatus.NOT_FOUND, "there is only /answer")
        try:
            asked = Asked.model_validate_json(body)
        except ValidationError as error:
            wrong = ", ".join(".".join(map(str, e["loc"])) or "body" for e in error.errors())
            return self._refuse(HTTPStatus.UNPROCESSABLE_ENTITY, f"wrong: {wrong}")
        model = self.server.model
        found = asdict(model.find(asked.question, asked.passages))
        self._answer(HTTPStatus.OK, found | {"model": model.name})

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        self._answer(status, {"error": reason})

    def _answer(self, status: HTTPStatus, said: dict[str, Any]) -> None:
        body = json.dumps(said, allow_nan=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not logged."""


def load_model(settings: Settings) -> Model:
    """Raises SystemExit with a line that says what is wrong with it."""
    folder = settings.lm_models_dir / settings.answer_model
    try:
        return Model(folder)
    except ValueError as error:
        raise SystemExit(f"answer: can't use the model in {folder}: {error}") from None


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    settings = read_settings()
    key = read_secret(settings.answer_key_file)
    with Server((settings.host, settings.port), load_model(settings), key) as server:
        log.info("questions are answered with %s", server.model.name)
        server.serve_forever()


if __name__ == "__main__":
    main()
