"""`python -m app.child`: reads a request and a file from standard input, answers page by page.

A page that can't be read is told as such and the next one begins. One that takes this process down
is skipped by its successor.
"""

import os
import sys
from typing import BinaryIO

from app.child.confine import confine, limit_cpu
from app.child.pdf import PdfFile
from app.child.pictures import PictureFile
from app.child.refused import Refused
from app.child.sound import SoundFile
from app.child.texts import TextFile
from app.messages import (
    PAGE_CHARACTERS,
    Begun,
    Confined,
    Ended,
    Failed,
    Message,
    Ocr,
    Opened,
    Page,
    Request,
    write,
)

ReadableFile = PdfFile | TextFile | PictureFile | SoundFile

FILES: dict[str, type[ReadableFile]] = {
    "pdf": PdfFile,
    "text": TextFile,
    "markdown": TextFile,
    "jpeg": PictureFile,
    "png": PictureFile,
    "sound": SoundFile,
}


class Answers:
    """Standard output, which from now on nobody else writes to."""

    def __init__(self) -> None:
        self._file: BinaryIO = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)

    def send(self, message: Message) -> None:
        self._file.write(write(message))
        self._file.flush()


def main() -> None:
    answers = Answers()
    request = read_request(sys.stdin.buffer.readline())
    if not request.hurried:
        os.nice(request.nice)
    program = request.ocr.program if request.ocr else None
    answers.send(Confined(confine(program, request.whisper)))
    try:
        read_file(sys.stdin.buffer.read(), request, answers)
    except Refused as refused:
        answers.send(Failed(refused.error))
    except MemoryError:
        answers.send(Failed("too-large"))
    answers.send(Ended())


def read_request(line: bytes) -> Request:
    from json import loads

    values = loads(line)
    ocr = values.pop("ocr")
    return Request(**values, ocr=Ocr(**ocr) if ocr else None)


def read_file(content: bytes, request: Request, answers: Answers) -> None:
    limit_cpu()
    file = FILES[request.kind](content, request)
    answers.send(Opened(file.pages))
    if file.picture:
        answers.send(file.picture)
    hurried = request.hurried
    for number in range(1, file.pages + 1):
        if number in request.done:
            continue
        limit_cpu()
        answers.send(Begun(number))
        answers.send(read_page(file, number))
        if hurried:
            os.nice(request.nice)
            hurried = False


def read_page(file: ReadableFile, number: int) -> Page:
    try:
        text, source = file.read(number)
    except FileNotFoundError:  # Tesseract was just removed
        return Page(number, "", "needs-ocr")
    except Exception:  # a parser's own, and those of memory and time
        return Page(number, "", "unreadable")
    if len(text) > PAGE_CHARACTERS:
        return Page(number, "", "unreadable")
    return Page(number, text, source)


if __name__ == "__main__":
    main()
