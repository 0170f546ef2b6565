"""Files to be read, made here: honest ones and hostile ones."""

import io
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
A4 = (595.0, 842.0)
SCAN_PIXELS = (1240, 600)


def write_pdf(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1; the first one is the catalogue."""
    content, offsets = b"%PDF-1.7\n", []
    for number, each in enumerate(objects, 1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    content += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    content += b"trailer\n<</Size %d/Root 1 0 R%s>>\n" % (size, trailer)
    return content + b"startxref\n%d\n%%%%EOF\n" % start


def stream(content: bytes, more: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (more, len(content), content)


def draw_text(text: str) -> bytes:
    lines = text.encode("cp1252").replace(b"(", b"\\(").replace(b")", b"\\)").split(b"\n")
    shown = b" ".join(b"(%s) Tj T*" % line for line in lines)
    return b"BT /F1 12 Tf 14 TL 72 770 Td %s ET" % shown


def pdf_of(contents: Sequence[bytes], trailer: bytes = b"", images: Sequence[bytes] = ()) -> bytes:
    """A page for each content stream. An image is known to all of them as /I0, /I1 …"""
    count = len(contents)
    first = 4 + len(images)
    kids = b" ".join(b"%d 0 R" % (first + 2 * n) for n in range(count))
    names = b"".join(b"/I%d %d 0 R" % (n, 4 + n) for n in range(len(images)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, kids),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        *images,
    ]
    for number, content in enumerate(contents):
        resources = b"/Resources<</Font<</F1 3 0 R>>/XObject<<%s>>>>" % names
        box = b"/MediaBox[0 0 %g %g]" % A4
        own = first + 2 * number + 1
        objects.append(b"<</Type/Page/Parent 2 0 R%s%s/Contents %d 0 R>>" % (box, resources, own))
        objects.append(stream(content) if content[:2] != b"<<" else content)
    return write_pdf(objects, trailer)


def text_pdf(*pages: str) -> bytes:
    return pdf_of([draw_text(page) for page in pages])


def photograph(text: str, size: tuple[int, int] = SCAN_PIXELS) -> Image.Image:
    """The text, dark on a light ground."""
    picture = Image.new("RGB", size, "ivory")
    font = ImageFont.truetype(str(FONT), 40)
    ImageDraw.Draw(picture).text((60, 60), text, font=font, fill="black")
    return picture


def encode(picture: Image.Image, kind: str, **more: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **more)
    return file.getvalue()


def scanned_pdf(*pages: str) -> bytes:
    """Pages that are pictures; an empty string is a page of text."""
    images: list[bytes] = []
    contents: list[bytes] = []
    for text in pages:
        if not text:
            contents.append(draw_text("This page is plain text."))
            continue
        jpeg = encode(photograph(text), "JPEG")
        width, height = SCAN_PIXELS
        about = b"/Type/XObject/Subtype/Image/ColorSpace/DeviceRGB/BitsPerComponent 8"
        about += b"/Filter/DCTDecode/Width %d/Height %d" % (width, height)
        contents.append(b"q 595 0 0 288 0 500 cm /I%d Do Q" % len(images))
        images.append(stream(jpeg, about))
    return pdf_of(contents, images=images)


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises so much, and packs one black row after the other."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(width // 8 + 1)) for _ in range(min(height, 2000)))
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    packed = chunk(b"IDAT", rows + packer.flush())
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + packed + chunk(b"IEND", b"")


# --- hostile ones ----------------------------------------------------------------------------

LOOP = write_pdf(
    [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 3/Kids[2 0 R 2 0 R 3 0 R]/Parent 2 0 R>>",
        b"<</Type/Pages/Count 2/Kids[2 0 R]/Parent 2 0 R>>",
    ]
)
HUGE = (
    scanned_pdf("A page of ten metres.")
    .replace(b"[0 0 595 842]", b"[0 0 28346 28346]")
    .replace(b"595 0 0 288 0 500 cm", b"28346 0 0 13715 0 9 cm")
)
ENCRYPTED = pdf_of(
    [draw_text("Secret.")],
    b"/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>"
    % (b"5a" * 32, b"a5" * 32),
)


def make_bomb() -> bytes:
    """A page of 600 MB, in 600 kB, and one behind it."""
    packed = zlib.compress(b"q " * 300_000_000, 9)
    return pdf_of([stream(packed, b"/Filter/FlateDecode"), draw_text("The page after it.")])
