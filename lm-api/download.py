"""Downloads one file over HTTP: continues where it broke off, tries again, says how far it is."""

from __future__ import annotations

import http.client
import re
import time
import urllib.error
import urllib.request
from pathlib import Path

import folder
from errors import Unreachable, WrongContent
from progress import Progress

CHUNK_BYTES = 1 << 18
STALL_SECONDS = 20.0  # to connect, and between two reads
# Seconds before trying again as long as nothing more comes. A source that has not sent anything yet
# is likely out of reach for good: tell soon.
WAITS = (1.0, 2.0, 4.0, 8.0)
WAITS_UNSEEN = (1.0, 2.0)
WORTH_RETRYING = (408, 425, 429, 500, 502, 503, 504)


def make_opener() -> urllib.request.OpenerDirector:
    """http(s) with redirects and the environment's proxies; no redirect leads to file: or ftp:."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def download(url: str, part: Path, size: int | None) -> None:
    """Brings `part` to its full length (`size` bytes, if known); the caller verifies the content.

    Raises Unreachable, WrongContent (the source offers another size) or NoSpace.
    """
    waits: tuple[float, ...] = WAITS_UNSEEN
    furthest, tries = length(part), 0
    while True:
        try:
            receive_rest(url, part, size)
            return
        except urllib.error.HTTPError as error:
            error.close()
            if error.code not in WORTH_RETRYING:
                raise Unreachable(f"{url} answers {error.code} {error.reason}.") from error
            problem: Exception = error
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, OSError) and error.errno in folder.FULL:
                needed = size - length(part) if size is not None else None
                raise folder.full_disk(part.parent, needed) from error
            problem = error
        if length(part) > furthest:
            furthest, tries, waits = length(part), 0, WAITS
        if tries == len(waits):
            raise Unreachable(f"{url} can't be fetched: {describe(problem)}.") from problem
        print(f"{describe(problem)}; trying again in {waits[tries]:.0f} s", flush=True)
        time.sleep(waits[tries])
        tries += 1


def receive_rest(url: str, part: Path, size: int | None) -> None:
    """One attempt: adds to `part` what it lacks. OSError or HTTPException when it breaks off."""
    have = length(part)
    if size is not None and have >= size:
        return  # complete, or too long to be right: verifying tells
    opener = make_opener()
    opener.addheaders = [("User-Agent", "parley-fetch"), ("Accept-Encoding", "identity")]
    if have:
        opener.addheaders.append(("Range", f"bytes={have}-"))
    try:
        answer = opener.open(url, timeout=STALL_SECONDS)
    except urllib.error.HTTPError as error:
        if (
            have and error.code == 416
        ):  # nothing lies beyond what is here: complete, or not this file's part
            if error.headers.get("Content-Range") != f"bytes */{have}":
                part.unlink()
                raise ConnectionError(
                    "the part does not fit the file any more; starting over"
                ) from error
            error.close()
            return
        raise
    with answer:
        start, total = read_extent(answer, have)
        if size is not None and total not in (None, size):
            raise WrongContent(
                f"{url} offers {total:,} bytes, the model has {size:,}."
                " The source is wrong, or something on the way answers in its place."
            )
        receive(answer, part, start, total or size)


def read_extent(answer: http.client.HTTPResponse, have: int) -> tuple[int, int | None]:
    """Where this answer's first byte belongs, and how long the whole file is (None: not told)."""
    told = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range", ""))
    if answer.status == 206 and told:
        if int(told[1]) != have:
            raise http.client.HTTPException(f"asked for byte {have} on, got byte {told[1]} on")
        return have, None if told[2] == "*" else int(told[2])
    if have:
        print("The source can't continue in the middle; starting over.", flush=True)
    declared = answer.headers.get("Content-Length")
    return 0, int(declared) if declared else None


def receive(answer: http.client.HTTPResponse, part: Path, start: int, total: int | None) -> None:
    """Writes the answer into `part` from `start` on. ConnectionError when less than told comes."""
    if total is not None:
        folder.ensure_space(part.parent, total - length(part))
    done = start
    progress = Progress(part.name.split(".gguf")[0], start, total)
    with part.open("r+b" if start else "wb") as file:
        file.seek(start)
        try:
            while total is None or done <= total:
                # read1 gives what is there; read would wait for a whole chunk on a slow line.
                if not (chunk := answer.read1(CHUNK_BYTES)):
                    break
                file.write(chunk)
                done += len(chunk)
                progress.advance(done)
        finally:
            progress.close(done)
    if total is not None and done < total:
        raise ConnectionError("the connection broke off")


def length(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def describe(problem: Exception) -> str:
    """The plain reason inside urllib's wrappings."""
    if isinstance(problem, urllib.error.HTTPError):
        return f"the source answers {problem.code} {problem.reason}"
    if isinstance(problem, urllib.error.URLError):
        problem = problem.reason if isinstance(problem.reason, OSError) else problem
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror
    return str(problem) or type(problem).__name__
