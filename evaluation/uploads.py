"""The documents of the set as files: the same bytes each time, with the same libraries."""

import random
import textwrap
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from tests.doc_worker.files import A4, encode, pdf_of, stream, text_pdf

from evaluation.question_set import MARKS, PAGE, Document

COLUMNS = 80
ENDINGS = {"pdf": "pdf", "scan": "pdf", "markdown": "md"}

# A scanned page: A4 at 200 dpi.
SIZE = (1654, 2339)
FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSerif.ttf"
LETTERS, LINE, MARGIN = 30, 46, 150  # pixels
PAPER, INK, NOISE = 238, 40, 14  # grey, and how far it scatters
MOST_TILT = 0.7  # degrees


def make_upload(document: Document) -> tuple[str, bytes]:
    """Its file's name and content."""
    if document.form == "markdown":
        content = PAGE.join(document.pages).encode()
    elif document.form == "scan":
        pictures = [scan(page, f"{document.name} {n}") for n, page in enumerate(document.pages)]
        content = picture_pdf(pictures)
    else:
        content = text_pdf(*map(lay_out, document.pages))
    return f"{document.name}.{ENDINGS[document.form]}", content


def lay_out(page: str) -> str:
    """Without the marks of Markdown, in lines that fit."""
    lines = MARKS.sub("", page).splitlines()
    return "\n".join(textwrap.fill(line, COLUMNS, break_on_hyphens=False) for line in lines)


def scan(page: str, seed: str) -> Image.Image:
    """As from a scanner: a little crooked, soft and grainy."""
    chance = random.Random(seed)
    picture = Image.new("L", SIZE, PAPER)
    font = ImageFont.truetype(FONT, LETTERS)
    write = ImageDraw.Draw(picture)
    for number, line in enumerate(lay_out(page).splitlines()):
        write.text((MARGIN, MARGIN + number * LINE), line, font=font, fill=INK)
    tilt = chance.uniform(-MOST_TILT, MOST_TILT)
    picture = picture.rotate(tilt, Image.Resampling.BICUBIC, fillcolor=PAPER)
    soft = np.asarray(picture.filter(ImageFilter.GaussianBlur(0.7)), dtype=float)
    grain = np.random.default_rng(chance.getrandbits(32)).normal(0, NOISE, soft.shape)
    return Image.fromarray(np.clip(soft + grain, 0, 255).astype("uint8"))


def picture_pdf(pictures: list[Image.Image]) -> bytes:
    """A page for each, filled by it."""
    about = b"/Type/XObject/Subtype/Image/ColorSpace/DeviceGray/BitsPerComponent 8"
    about += b"/Filter/DCTDecode/Width %d/Height %d" % SIZE
    images = [stream(encode(picture, "JPEG", quality=60), about) for picture in pictures]
    contents = [b"q %g 0 0 %g 0 0 cm /I%d Do Q" % (*A4, n) for n in range(len(pictures))]
    return pdf_of(contents, images=images)
