"""Which kind of document a file is: by its content, not by its name. Only Markdown, which is text
like any other, is known by its name."""

import codecs
import re
from typing import Literal, get_args

from app.errors import FileKindRefused

Kind = Literal["pdf", "text", "markdown", "jpeg", "png", "sound"]
# What is refused by its name; a file of any other kind is `unknown`.
Refused = Literal["empty", "html", "postscript", "office", "rtf", "picture", "unknown"]

# A PDF may have something else before it: readers look for it in the first kilobyte. A text may
# speak of one there, but doesn't end like one.
HEAD = 1024
TAIL = 2048
PDF_END = re.compile(rb"startxref\s+\d+\s+%%EOF")
BEGINNINGS: tuple[tuple[bytes, Kind | Refused], ...] = (
    (rb"\xff\xd8\xff", "jpeg"),
    (rb"\x89PNG\r\n\x1a\n", "png"),
    (rb"(\xef\xbb\xbf)?%!PS", "postscript"),
    (rb"(\xef\xbb\xbf)?\s*(<!--.*?-->\s*)?<(!doctype\s+html|html|head|body)\b", "html"),
    (rb"PK\x03\x04|\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office"),
    (rb"\{\\rtf", "rtf"),
    (
        rb"GIF8[79]a|RIFF....WEBP|BM.{4}\0{4}|II\*\0|MM\0\*|.{4}ftyp(heic|heix|mif1|avif)",
        "picture",
    ),
    (rb"RIFF....WAVE|ID3[\2-\4]|\xff[\xfb\xf3\xf2]|OggS\0|fLaC\0|\x1aE\xdf\xa3|.{4}ftyp", "sound"),
    (rb"(\xef\xbb\xbf)?\s*%PDF-", "pdf"),
)
BYTE_ORDER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# No text has many of them: what is packed has one in ten bytes. A few are damage.
CONTROLS = bytes(byte for byte in (*range(32), 127) if byte not in b"\t\n\v\f\r\x1b")
TOLERATED = 0.02


class KindFinder:
    """Is given a file's blocks in their order."""

    def __init__(self) -> None:
        self.head = self.tail = b""
        self.size = 0
        self.controls = 0

    def take(self, block: bytes) -> None:
        self.head = self.head or block[:HEAD]
        self.tail = (self.tail + block[-TAIL:])[-TAIL:]
        self.size += len(block)
        self.controls += len(block) - len(block.translate(None, CONTROLS))

    def find(self, name: str, *, hears: bool = False) -> Kind:
        """The kind of the whole file, or FileKindRefused. Sound is taken where it is heard."""
        found = self._look()
        if found == "sound" and not hears:
            raise FileKindRefused(found=found)
        if found == "text" and name.lower().endswith((".md", ".markdown")):
            return "markdown"
        kinds: tuple[Kind, ...] = get_args(Kind)
        for kind in kinds:
            if found == kind:
                return kind
        raise FileKindRefused(found=found)

    def _look(self) -> Kind | Refused:
        if not self.size:
            return "empty"
        for beginning, kind in BEGINNINGS:
            if re.match(beginning, self.head, re.DOTALL | re.IGNORECASE):
                return kind
        if b"%PDF-" in self.head and PDF_END.search(self.tail):
            return "pdf"
        is_text = self.controls <= self.size * TOLERATED or self.head.startswith(BYTE_ORDER_MARKS)
        return "text" if is_text else "unknown"
