"""What was measured, kept as one JSON file for each row: a long run can be done in parts."""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass

from local.stack import ROOT

from security.found import Found

FOLDER = ROOT / ".cache" / "security"


@dataclass(frozen=True)
class Result:
    """One row, run whole."""

    row: str
    date: str
    code: str
    command: str
    found: Found


def save(result: Result) -> None:
    """In the place of what was found before."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{result.row}.json").write_text(json.dumps(asdict(result), indent=1) + "\n")


def load(code: str, rows: Collection[str]) -> list[Result]:
    """What these rows found on this code, so far."""
    files = (FOLDER / f"{row}.json" for row in rows)
    saved = (json.loads(file.read_text()) for file in files if file.exists())
    return [Result(**s | {"found": Found(**s["found"])}) for s in saved if s["code"] == code]
