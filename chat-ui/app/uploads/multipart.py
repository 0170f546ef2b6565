"""Reads the files of a multipart form piece by piece, as they come, and its other fields. Each
piece is a turn: whoever sends many files at once holds nobody up."""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from app.errors import FormTooLarge, InvalidInput, UploadFailed
from app.turns import take_another

FIELDS_LIMIT = 1_000_000  # bytes of all fields that are no files


@dataclass(frozen=True)
class Begin:
    """A file begins."""

    name: str


class End:
    """It ends."""


class FormFiles:
    """The files of one request; what was read of its other fields is in `fields`. Raises
    InvalidInput if it is no such form, FormTooLarge if those fields are, and UploadFailed if it
    ends in the middle of a file."""

    def __init__(self, request: Request) -> None:
        kind, options = parse_options_header(request.headers.get("content-type"))
        if kind != b"multipart/form-data" or b"boundary" not in options:
            raise InvalidInput
        self._request, self._chunks = request, request.stream()
        self._events = deque[Begin | bytes | End]()
        self._header = self._field = b""
        self._options: dict[bytes, bytes] = {}
        self.fields: dict[str, str] = {}
        self._text = bytearray()
        self._room = FIELDS_LIMIT
        self._is_file = False  # what the parser is in
        self._in_file = False  # what the reader is in
        try:
            self._parser = MultipartParser(
                options[b"boundary"],
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": self._read_field,
                    "on_header_value": self._read_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._end_headers,
                    "on_part_data": self._read_data,
                    "on_part_end": self._end_part,
                },
            )
        except FormParserError as error:
            raise InvalidInput from error

    async def __aiter__(self) -> AsyncIterator[tuple[str, AsyncIterator[bytes]]]:
        """Each file's name and its pieces. What is not read of them is skipped."""
        while (event := await self._next()) is not None:
            if isinstance(event, Begin):
                self._in_file = True
                yield event.name, self._pieces()
                async for _ in self._pieces():
                    pass

    async def _pieces(self) -> AsyncIterator[bytes]:
        while self._in_file:
            event = await self._next()
            if event is None:
                raise UploadFailed
            self._in_file = not isinstance(event, End)
            if isinstance(event, bytes):
                yield event

    async def _next(self) -> Begin | bytes | End | None:
        """What comes next; None at the end of the form."""
        while not self._events:
            chunk = await anext(self._chunks, b"")
            if not chunk:
                return None
            async with take_another(self._request):
                self._parse(chunk)
        return self._events.popleft()

    def _parse(self, chunk: bytes) -> None:
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise InvalidInput from error

    # --- what the parser finds ---

    def _begin_part(self) -> None:
        self._options = {}
        self._text.clear()

    def _read_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _read_value(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _end_header(self) -> None:
        if self._field.lower() == b"content-disposition":
            _, self._options = parse_options_header(self._header)
        self._field = self._header = b""

    def _end_headers(self) -> None:
        # A form without a chosen file has one without a name.
        given = self._options.get(b"filename", b"").decode(errors="replace")
        self._is_file = bool(given)
        if given:
            self._events.append(Begin(given.replace("%22", '"')))  # as browsers write it

    def _read_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self._events.append(data[start:end])
            return
        self._room -= end - start
        if self._room < 0:
            raise FormTooLarge(limit=FIELDS_LIMIT)
        self._text += data[start:end]

    def _end_part(self) -> None:
        if self._is_file:
            self._events.append(End())
        elif b"filename" not in self._options:
            name = self._options.get(b"name", b"").decode(errors="replace")
            self.fields[name] = self._text.decode(errors="replace")
