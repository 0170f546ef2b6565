"""A file becomes pages of text in a process of its own, whatever the file is."""

import base64
import io
import os
from collections.abc import Iterator
from typing import Any

import pytest
from app.child.ocr import LARGEST, resize
from app.messages import Failed, Message, Ocr, Opened, Page, Picture, Request
from app.process import Child
from app.tesseract import find_tesseract
from PIL import Image

from tests.doc_worker import files

TESSERACT = find_tesseract("eng+deu")
needs_tesseract = pytest.mark.skipif(TESSERACT is None, reason="there is no Tesseract here")


def read(content: bytes, kind: Any, *, ocr: Ocr | None = None, **more: Any) -> list[Message]:
    """All that a child says."""
    request = Request(kind=kind, ocr=ocr, **{"page_limit": 1000} | more)
    return list(messages(Child(request, content)))


def messages(child: Child) -> Iterator[Message]:
    with child:
        while (message := child.receive(120)) and message.type != "ended":
            yield message


def pages(said: list[Message]) -> list[Page]:
    return [message for message in said if isinstance(message, Page)]


def texts(said: list[Message]) -> list[str]:
    return [page.text for page in pages(said)]


def jpeg(said: list[Message]) -> bytes:
    """What is shown of a picture."""
    (shown,) = [message.jpeg for message in said if isinstance(message, Picture)]
    return base64.b64decode(shown)


def error(said: list[Message]) -> str | None:
    return next((message.error for message in said if isinstance(message, Failed)), None)


def test_a_pdf_s_pages_come_one_by_one_and_those_that_are_done_are_left_out() -> None:
    content = files.text_pdf(
        "The first page of it.", "The second page (of three).", "The last one."
    )
    said = read(content, "pdf", done=[2])
    assert Opened(3) in said
    assert pages(said) == [
        Page(1, "The first page of it.", "text"),
        Page(3, "The last one.", "text"),
    ]


def test_an_empty_page_is_empty_and_a_number_alone_is_a_text() -> None:
    said = read(files.text_pdf("", "17"), "pdf")
    assert pages(said) == [Page(1, "", "empty"), Page(2, "17", "text")]


@needs_tesseract
def test_a_scan_is_read_by_tesseract_and_its_other_pages_are_not() -> None:
    content = files.scanned_pdf("The invoice number is 4711.", "")
    said = read(content, "pdf", ocr=TESSERACT)
    assert pages(said) == [
        Page(1, "The invoice number is 4711.", "ocr"),
        Page(2, "This page is plain text.", "text"),
    ]


@pytest.mark.parametrize("ocr", [None, Ocr("/usr/bin/just-removed", "eng")])
def test_without_a_tesseract_a_scan_waits_for_one(ocr: Ocr | None) -> None:
    said = read(files.scanned_pdf("Hello there", ""), "pdf", ocr=ocr)
    assert [page.source for page in pages(said)] == ["needs-ocr", "text"]
    said = read(files.encode(files.photograph("Hello"), "PNG"), "png", ocr=ocr)
    assert pages(said) == [Page(1, "", "needs-ocr")]


def test_a_page_of_text_with_a_drawing_waits_for_no_tesseract() -> None:
    content = files.pdf_of([b"0 0 99 99 re f " + files.draw_text("The text of a page.")])
    assert pages(read(content, "pdf")) == [Page(1, "The text of a page.", "text")]


@needs_tesseract
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_is_read_and_shown_upright_without_its_metadata(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "taken at home"
    turned = files.photograph("Die Straße ist lang.").rotate(90, expand=True)
    content = files.encode(turned, kind, exif=exif, comment=b"taken at home")
    said = read(content, kind.lower(), ocr=TESSERACT)
    assert pages(said) == [Page(1, "Die Straße ist lang.", "ocr")]
    shown = jpeg(said)
    assert b"taken at home" not in shown
    picture = Image.open(io.BytesIO(shown))
    assert (picture.format, picture.size, dict(picture.getexif())) == (
        "JPEG",
        files.SCAN_PIXELS,
        {},
    )


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_a_picture_of_any_colours_is_shown(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    picture = Image.new(mode if mode != "I;16" else "I", (300, 200), 0)
    said = read(files.encode(picture.convert(mode), kind), kind.lower())
    (shown,) = [
        Image.open(io.BytesIO(base64.b64decode(m.jpeg))) for m in said if m.type == "picture"
    ]
    assert shown.size == (300, 200)
    white = mode in ("LA", "RGBA", "CMYK")  # transparent, or without ink
    assert shown.convert("L").getpixel((5, 5)) == (255 if white else 0)


def test_a_large_picture_is_shown_smaller_and_fits_into_a_block() -> None:
    noise = Image.frombytes("RGB", (3000, 2000), os.urandom(18_000_000))
    (shown,) = [
        m for m in read(files.encode(noise, "PNG", compress_level=0), "png") if m.type == "picture"
    ]
    content = base64.b64decode(shown.jpeg)
    assert len(content) <= 1_048_576
    assert max(Image.open(io.BytesIO(content)).size) == 2048


@pytest.mark.parametrize(
    "content",
    [
        "Grüße aus Köln".encode(),
        "Grüße aus Köln".encode("utf-8-sig"),
        "Grüße aus Köln".encode("utf-16"),
        "Grüße aus Köln".encode("latin-1"),
        "Grü\0ße\r\u200b aus\r\n Kö\u202eln\n".encode().replace(b"\r\n", b"").replace(b"\r", b""),
    ],
)
def test_a_text_is_read_in_its_encoding_without_what_can_t_be_seen(content: bytes) -> None:
    assert texts(read(content, "text")) == ["Grüße aus Köln"]


def test_half_of_a_surrogate_pair_becomes_a_mark() -> None:
    said = read("\ufeffOdd: \ud800.".encode("utf-16-le", "surrogatepass"), "markdown")
    assert texts(said) == ["Odd: \ufffd."]


def test_a_long_text_is_cut_at_the_ends_of_lines_and_nothing_is_lost() -> None:
    lines = [f"Line {number} says nothing new." for number in range(1000)]
    said = texts(read("\n".join(lines).encode(), "text"))
    assert "\n".join(said).split("\n") == lines
    assert len(said) > 5
    assert all(1500 <= len(text) <= 3000 for text in said[:-1])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_page_of_a_table_begins_with_the_names_of_its_columns(delimiter: str) -> None:
    rows = [delimiter.join((f"Person{n}", f'"Town, {n}; {n}\t"', str(7 * n))) for n in range(400)]
    names = delimiter.join(("name", "town", "fee"))
    first, *others = texts(read("\n".join([names, *rows]).encode(), "text"))
    assert len(others) > 1
    assert [page.split("\n")[0] for page in (first, *others)] == [names] * (len(others) + 1)
    said = [line for page in (first, *others) for line in page.split("\n")[1:]]
    assert said == rows


@pytest.mark.parametrize(
    ("first", "line"),
    [
        ("name,town", "Person {n} lives here"),  # not a row
        ("name,town", "Person{n},Town,third"),  # another number of cells
        ("name", "Person{n}"),  # a single column
        ("name,1st town", "Person{n},Town"),  # it has a number, as the rows do
        ("name,town", "Person,Town"),  # no row has one
        (f"name,{'t' * 200}", "Person{n},Town"),  # long
        ("name,town", f'Person{{n}},"{"a" * 10_000}\n{"a" * 130_000}"'),  # no cell is so large
    ],
)
def test_the_first_line_of_anything_else_is_not_repeated(first: str, line: str) -> None:
    lines = [first, *(line.format(n=n) for n in range(500_000 // (1_000 + len(line))))]
    said = texts(read("\n".join(lines).encode(), "text"))
    assert len(said) > 1
    assert "\n".join(said).count(first) == 1


def test_a_page_of_nothing_but_space_is_left_out() -> None:
    said = texts(read(f"one{' ' * 20_000}two".encode(), "text"))
    assert [text.strip() for text in said] == ["one", "two"]


def test_a_line_of_five_megabytes_has_no_more_pages_than_allowed() -> None:
    said = texts(read(b"a" * 5_000_000, "text"))
    assert sum(map(len, said)) == 5_000_000
    assert len(said) <= 1000


@pytest.mark.parametrize(
    "text", ["שלום עולם. مرحبا بالعالم.", "今日は。世界！", "नमस्ते दुनिया", "ab\u200dc"]
)
def test_every_script_is_kept_as_it_is(text: str) -> None:
    assert texts(read(text.encode(), "text")) == [text]


@pytest.mark.parametrize(
    ("content", "kind", "found"),
    [
        (b"%PDF-1.7\ngarbage", "pdf", "damaged"),
        (files.text_pdf("A page.")[:200], "pdf", "damaged"),
        (files.text_pdf(), "pdf", "damaged"),  # without a page
        (files.ENCRYPTED, "pdf", "encrypted"),
        (files.text_pdf(*["x"] * 1001), "pdf", "too-many-pages"),
        (b" \n\t ", "text", "empty"),
        (b"\0\0\0\0", "text", "empty"),
        (files.png_header(60_000, 60_000), "png", "too-large"),
        (files.png_header(8_000, 6_000), "png", "too-large"),
        (files.encode(files.photograph("x"), "JPEG")[:900], "jpeg", "damaged"),
        (files.encode(files.photograph("x"), "PNG")[:900], "png", "damaged"),
        (files.encode(files.photograph("x"), "GIF"), "png", "damaged"),
    ],
)
def test_what_can_t_be_read_is_refused_by_its_kind(content: bytes, kind: str, found: str) -> None:
    assert error(read(content, kind)) == found


def test_a_page_with_more_text_than_any_page_has_is_unreadable() -> None:
    said = read(files.text_pdf("\n".join(["x" * 1000] * 201), "The next page."), "pdf")
    assert [page.source for page in pages(said)] == ["unreadable", "text"]


def test_a_pdf_that_is_a_loop_ends() -> None:
    said = read(files.LOOP, "pdf")
    assert error(said) or all(page.source in ("unreadable", "empty") for page in pages(said))


@needs_tesseract
def test_a_page_of_ten_metres_is_read() -> None:
    said = read(files.HUGE, "pdf", ocr=TESSERACT)
    assert pages(said) == [Page(1, "A page of ten metres.", "ocr")]


@pytest.mark.parametrize(
    ("size", "grows"),
    [((7000, 5000), False), ((1, 1), True), ((300, 200), True), ((2000, 1500), False)],
)
def test_tesseract_gets_no_more_pixels_than_it_can_read_in_time_and_small_pictures_enlarged(
    size: tuple[int, int], grows: bool
) -> None:
    picture = Image.new("L", size)
    resized = resize(picture, may_grow=True)
    assert resized.width * resized.height <= LARGEST
    assert (resized.width > size[0]) == grows
    assert (resize(picture, may_grow=False) is picture) == (size[0] * size[1] <= LARGEST)
