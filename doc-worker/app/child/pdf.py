"""PDF files, by PDFium: the text of a page, or a picture of it for Tesseract."""

import re
from itertools import islice

import pypdfium2  # type: ignore[import-untyped]  # it has no types
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]  # nor here
from PIL import Image

from app.child.clean import clean
from app.child.ocr import LARGEST, recognise
from app.child.refused import Refused
from app.messages import Picture, Request, Source

DPI = 200
POINTS = 72  # an inch
FEW_LETTERS = 10  # a page with fewer has no text that is worth anything: a number, a stamp
UNKNOWN = re.compile("[\ufffd\ue000-\uf8ff]")
DRAWN = (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_SHADING)


class PdfFile:
    """A PDF that could be opened."""

    picture: Picture | None = None

    def __init__(self, content: bytes, request: Request) -> None:
        self._ocr = request.ocr
        try:
            self._pdf = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as error:
            locked = error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY)
            raise Refused("encrypted" if locked else "damaged") from None
        self.pages = len(self._pdf)
        if self.pages > request.page_limit:
            raise Refused("too-many-pages")

    def read(self, number: int) -> tuple[str, Source]:
        page = self._pdf[number - 1]
        try:
            text = clean(read_text(page))
            if is_usable(text) or not is_drawn(page):
                return text, "text" if text.strip() else "empty"
            if self._ocr is None:
                return text, "needs-ocr"
            seen = clean(recognise(draw(page), self._ocr, DPI))
        finally:
            page.close()
        if count_letters(seen) > count_letters(text):
            return seen, "ocr"
        return text, "text" if text.strip() else "empty"


def read_text(page: pypdfium2.PdfPage) -> str:
    text_page = page.get_textpage()
    try:
        return str(text_page.get_text_range(errors="replace"))
    finally:
        text_page.close()


def count_letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def is_usable(text: str) -> bool:
    """Whether there are letters, and not mostly signs that only the file's own font can show."""
    enough = max(FEW_LETTERS, 4 * len(UNKNOWN.findall(text)))
    return next(islice(filter(str.isalnum, text), enough - 1, None), None) is not None


def is_drawn(page: pypdfium2.PdfPage) -> bool:
    """Whether there is anything on it beside text."""
    return next(iter(page.get_objects(filter=DRAWN)), None) is not None


def draw(page: pypdfium2.PdfPage) -> Image.Image:
    """In grey, at 200 dpi or, where the page is huge, at what fits."""
    width, height = page.get_size()
    fits = (LARGEST / max(1.0, width * height)) ** 0.5
    picture: Image.Image = page.render(scale=min(DPI / POINTS, fits), grayscale=True).to_pil()
    return picture
