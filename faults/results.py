"""What was measured, kept as one JSON file per part, so that a long run can be done in parts."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from local.stack import ROOT

FOLDER = ROOT / ".cache" / "faults"


@dataclass
class Result:
    """One trial of one scenario."""

    scenario: str
    seed: int
    date: str
    machine: str
    model: str
    code: str
    command: str
    seconds: float = 0.0
    size: int = 1
    counts: dict[str, int] = field(default_factory=dict)
    figures: dict[str, list[float]] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    skipped: str = ""


def save(result: Result) -> Path:
    """Adds it to those that the table is made from."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    name = f"{result.date.replace(':', '')}-{result.scenario}-{result.seed}.json"
    path = FOLDER / name
    path.write_text(json.dumps(asdict(result), indent=1) + "\n")
    return path


def load_all() -> list[Result]:
    """Everything saved so far, oldest first."""
    return [Result(**json.loads(file.read_text())) for file in sorted(FOLDER.glob("*.json"))]
