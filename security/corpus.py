"""The texts of security/hostile: what somebody, or a model, might write so that a page does more
than show it. A file for each kind, with three lists:

- `texts`: as they are;
- `bytes`: percent-encoded, as they are no UTF-8;
- `repeated`: `text` so many `times`, between `before` and `after`.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

FOLDER = Path(__file__).parent / "hostile"
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class Payload:
    """One of them. Bytes that are no UTF-8 are in `text` as Python's surrogates."""

    kind: str
    text: str
    long: bool = False

    @property
    def bytes(self) -> bytes:
        """As a form or a file has it."""
        return self.text.encode(errors="surrogateescape")

    @property
    def storable(self) -> str:
        """As a database can have it."""
        return UNSTORABLE.sub("\ufffd", self.text)


def read_corpus() -> list[Payload]:
    """All of them, kind by kind."""
    return [each for file in sorted(FOLDER.glob("*.toml")) for each in read_kind(file)]


def read_kind(file: Path) -> list[Payload]:
    """Those of one file."""
    content = tomllib.loads(file.read_text())
    broken = [
        unquote_to_bytes(each).decode(errors="surrogateescape") for each in content.pop("bytes", [])
    ]
    texts = [Payload(file.stem, each) for each in [*content.pop("texts", []), *broken]]
    texts += [Payload(file.stem, repeat(**each), True) for each in content.pop("repeated", [])]
    if content:
        raise ValueError(f"{file.name}: what is {', '.join(content)}?")
    return texts


def repeat(*, text: str, times: int, before: str = "", after: str = "") -> str:
    """Many times the same."""
    return f"{before}{text * times}{after}"


def group_by_kind(payloads: list[Payload]) -> dict[str, list[Payload]]:
    """In their order."""
    groups: dict[str, list[Payload]] = {}
    for each in payloads:
        groups.setdefault(each.kind, []).append(each)
    return groups
