"""Photographs and other pictures: what is shown of them, and the text in them."""

import base64
import io
import warnings

from PIL import Image, ImageOps

from app.child.clean import clean
from app.child.ocr import recognise
from app.child.refused import Refused
from app.messages import Picture, Request, Source

PIXELS = 40_000_000
SHOWN_SIDE = 2048  # pixels
SHOWN_BYTES = 1_000_000


class PictureFile:
    """A JPEG or PNG: one page."""

    pages = 1

    def __init__(self, content: bytes, request: Request) -> None:
        self._ocr = request.ocr
        self._picture = load(content, request.kind.upper())
        self.picture = Picture(base64.b64encode(make_shown(self._picture)).decode())

    def read(self, number: int) -> tuple[str, Source]:
        if self._ocr is None:
            return "", "needs-ocr"
        text = clean(recognise(self._picture, self._ocr))
        return text, "ocr" if text.strip() else "empty"


def load(content: bytes, kind: str) -> Image.Image:
    """Upright, in grey or RGB, on white where it is transparent."""
    Image.MAX_IMAGE_PIXELS = PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        picture: Image.Image = Image.open(io.BytesIO(content), formats=[kind])
        picture.load()
        ImageOps.exif_transpose(picture, in_place=True)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        raise Refused("too-large") from None
    except Exception:  # whatever a decoder makes of garbage
        raise Refused("damaged") from None
    if picture.has_transparency_data:
        coloured = picture.convert("RGBA")
        picture = Image.new("RGB", coloured.size, "white")
        picture.paste(coloured, mask=coloured)
    if picture.mode.startswith("I"):  # 16 bits of grey
        picture = picture.convert("I").point(lambda value: value / 256)
    return picture.convert("L" if picture.mode in ("1", "L", "I") else "RGB")


def make_shown(picture: Image.Image) -> bytes:
    """As a JPEG that fits into one block, without the metadata: only its pixels are kept."""
    shown = picture.copy()
    shown.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    shown.info.clear()
    for quality in (85, 60, 30):
        file = io.BytesIO()
        shown.save(file, "JPEG", quality=quality)
        if file.tell() <= SHOWN_BYTES:
            break
    return file.getvalue()
