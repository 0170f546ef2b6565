"""Reads the text in a picture with Tesseract, a program of its own."""

import io
import resource
import subprocess

from PIL import Image

from app.messages import Ocr

MEMORY = 1_000_000_000  # bytes of address space; it uses a tenth of that
SECONDS = 90
LARGEST = 10_000_000  # pixels; A4 at 200 dpi has 3.9 million
SMALLEST = 2_000_000  # a picture of fewer is enlarged: letters on a screen are small


def recognise(picture: Image.Image, ocr: Ocr, dpi: int | None = None) -> str:
    """The text. Raises CalledProcessError or TimeoutExpired if Tesseract fails."""
    content = io.BytesIO()  # compressed: Tesseract takes one byte after the other
    resize(picture.convert("L"), dpi is None).save(content, "TIFF", compression="tiff_lzw")
    command = [ocr.program, "-", "-", "-l", ocr.languages]
    done = subprocess.run(
        command + (["--dpi", str(dpi)] if dpi else []),
        input=content.getvalue(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"OMP_THREAD_LIMIT": "1"},  # with more it takes ten times as long on busy cores
        timeout=SECONDS,
        check=True,
        preexec_fn=allow_memory,  # this process has one thread only
    )
    return done.stdout.decode("utf-8", "replace")


def resize(picture: Image.Image, may_grow: bool) -> Image.Image:
    width, height = picture.size
    pixels = width * height
    if pixels > LARGEST:
        factor = (LARGEST / pixels) ** 0.5
    elif may_grow and pixels < SMALLEST:
        factor = min(2.0, (LARGEST / pixels) ** 0.5)
    else:
        return picture
    size = (max(1, int(width * factor)), max(1, int(height * factor)))
    return picture.resize(size, Image.Resampling.BICUBIC)


def allow_memory() -> None:
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, hard))
