"""The models' folder: free space, one fetch at a time, what is verified, final names."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from errors import ConfigurationError, NoSpace, WrongContent
from progress import megabytes

FULL = (errno.ENOSPC, errno.EDQUOT)
SPARE_BYTES = 16_000_000  # left free: other services may write to the same disk


def prepare(folder: Path) -> None:
    """Makes the folder if need be; ConfigurationError when it can't be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"can't make the models' folder {folder}: {error}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigurationError(
            f"the models' folder {folder} can't be written (uid {os.getuid()})."
        )


def ensure_space(folder: Path, needed: int) -> None:
    """NoSpace unless `needed` more bytes fit into the folder's disk."""
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE_BYTES:
        raise full_disk(folder, needed)


def full_disk(folder: Path, needed: int | None) -> NoSpace:
    """The error for a full disk; `needed` is what still has to fit, None if nobody knows."""
    free = shutil.disk_usage(folder).free
    wants = f"{needed + SPARE_BYTES:,} bytes are needed" if needed is not None else "more is needed"
    return NoSpace(
        f"the disk of {folder} is full: {wants}, {free:,} are free."
        " Make room and run this again (what has come is kept), or change LM_MODELS_DIR."
    )


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Holds the file's lock, waiting, and saying so, while another process has it.

    A process that dies loses its lock by itself.
    """
    with path.with_name(f".{path.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Another process is fetching {path.name}; waiting for it.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def stamp_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.verified")


def describe_verified(path: Path, sha256: str) -> str:
    """What the stamp says: this content, at this size and time of change."""
    status = path.stat()
    return f"{sha256} {status.st_size} {status.st_mtime_ns}\n"


def is_verified(path: Path, sha256: str) -> bool:
    """Whether it was verified before and not touched since: hashing it again takes seconds."""
    try:
        return stamp_of(path).read_text(encoding="ascii") == describe_verified(path, sha256)
    except (OSError, UnicodeDecodeError):
        return False


def note_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def read_noted_hash(path: Path) -> str | None:
    """The hash that the file had when it first came, if nobody could tell it before."""
    try:
        return note_of(path).read_text(encoding="ascii").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def note_hash(path: Path, content: Path) -> str:
    """Trusts what is in `content`, this once: from now on the file must be that."""
    sha256 = hash_content(content)
    note_of(path).write_text(f"{sha256}\n", encoding="ascii")
    print(
        f"Nobody has told the SHA-256 of {path.name}. What came has {sha256}: it is noted in"
        f" {note_of(path)}, and nothing else will be accepted.",
        flush=True,
    )
    return sha256


def matches(path: Path, size: int | None, sha256: str) -> bool:
    """Whether the file's content is the model's."""
    return has_size(path, size) and hash_content(path) == sha256


def has_size(path: Path, size: int | None) -> bool:
    return size is None or path.stat().st_size == size


def hash_content(path: Path) -> str:
    if path.stat().st_size > 50_000_000:
        print(f"Checking the SHA-256 of {path.name}", flush=True)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_stamp(path: Path, sha256: str) -> None:
    stamp_of(path).write_text(describe_verified(path, sha256), encoding="ascii")


def publish(part: Path, path: Path, size: int | None, sha256: str) -> None:
    """Gives a part that is right its final name, in one step; removes one that is WrongContent."""
    if not matches(part, size, sha256):
        came = part.stat().st_size
        part.unlink()
        raise WrongContent(
            f"what came as {path.name} ({megabytes(came)}) is not the model: its size or SHA-256"
            f" differs ({sha256} was expected). It was removed. Run this again; if that does not"
            " help, the source is wrong or tampered with."
        )
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)
    write_stamp(path, sha256)
