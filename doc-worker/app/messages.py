"""What the worker and its child tell each other: JSON, one message a line.

The worker sends a `Request`, then the file's bytes. The child may be in the hands of the file that
it reads, so what it answers is checked like anything that comes from outside.
"""

from dataclasses import asdict, dataclass, field
from json import dumps
from typing import Literal

Kind = Literal["pdf", "text", "markdown", "jpeg", "png", "sound"]
Source = Literal["text", "ocr", "needs-ocr", "unreadable", "empty"]
Error = Literal[
    "encrypted", "damaged", "too-many-pages", "too-large", "too-long", "empty", "crashed"
]

LINE_LIMIT = 4_000_000  # bytes: the largest picture, and more than the longest page
PAGE_CHARACTERS = 200_000  # what a page may have; a printed one has 3,000


@dataclass(frozen=True)
class Ocr:
    """A Tesseract, and its languages in its own writing: `eng+deu`."""

    program: str
    languages: str


@dataclass(frozen=True)
class Request:
    """How a file is to be read. `whisper`: the model that transcribes sound, a file. `hurried`: the
    first page at ordinary priority."""

    kind: Kind
    page_limit: int
    ocr: Ocr | None = None
    whisper: str | None = None
    done: list[int] = field(default_factory=list)  # pages that are stored already
    nice: int = 0
    hurried: bool = False


@dataclass(frozen=True)
class Confined:
    """`lacks`: what this system can't keep from the child."""

    lacks: list[str]
    type: Literal["confined"] = "confined"


@dataclass(frozen=True)
class Opened:
    pages: int
    type: Literal["opened"] = "opened"


@dataclass(frozen=True)
class Picture:
    """What is shown of a picture: upright, without its metadata."""

    jpeg: str  # in base64
    type: Literal["picture"] = "picture"


@dataclass(frozen=True)
class Begun:
    page: int
    type: Literal["begun"] = "begun"


@dataclass(frozen=True)
class Page:
    page: int
    text: str
    source: Source
    type: Literal["page"] = "page"


@dataclass(frozen=True)
class Failed:
    error: Error
    type: Literal["failed"] = "failed"


@dataclass(frozen=True)
class Ended:
    type: Literal["ended"] = "ended"


Message = Confined | Opened | Picture | Begun | Page | Failed | Ended


def write(message: Message | Request) -> bytes:
    """The message as a line."""
    return dumps(asdict(message), ensure_ascii=False).encode() + b"\n"
