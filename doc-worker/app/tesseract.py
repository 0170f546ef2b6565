"""Whether there is a Tesseract here, and for which languages."""

import shutil
import subprocess

from app.messages import Ocr


def find_tesseract(languages: str) -> Ocr | None:
    """With those of the languages (`eng+deu`) that are installed; None if that is none."""
    program = shutil.which("tesseract")
    if program is None:
        return None
    try:
        done = subprocess.run([program, "--list-langs"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    installed = set(done.stdout.split())
    known = [language for language in languages.split("+") if language in installed]
    return Ocr(program, "+".join(known)) if known else None
