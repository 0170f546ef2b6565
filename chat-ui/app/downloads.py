"""Headers of what a browser saves, or shows as a file."""

import re
import unicodedata
from urllib.parse import quote

# What some system allows in no file's name, and white space in a row.
UNSAFE = re.compile(r'[\s/\\:*?"<>|%\x00-\x1f\x7f]+')


def attachment(title: str, ending: str, *, inline: bool = False) -> dict[str, str]:
    """Headers that make a browser save it under this title, or name it so where it is shown
    `inline` (RFC 6266): browsers take the second name, whatever its letters; the first one is for
    everybody else."""
    name = UNSAFE.sub(" ", title).strip(" .") or "chat"
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().strip(" .")
    names = f"filename=\"{plain or 'chat'}.{ending}\"; filename*=UTF-8''{quote(name, '')}.{ending}"
    how = "inline" if inline else "attachment"
    return {"Content-Disposition": f"{how}; {names}", "Cache-Control": "no-store"}
