"""What was measured, kept as one JSON file per part, so that a long run can be done in parts."""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from local.stack import ROOT

from faults.findings import Findings
from faults.ledger import Ledger

FOLDER = ROOT / ".cache" / "faults"


@dataclass
class Result:
    """One trial of one scenario."""

    scenario: str
    seed: int
    size: int
    date: str
    machine: str
    model: str
    code: str
    command: str
    seconds: float = 0.0
    found: Findings = field(default_factory=Findings)
    skipped: str = ""


def save(result: Result) -> None:
    """Adds it to those that the table is made from."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    name = f"{result.date.replace(':', '')}-{result.scenario}-{result.seed}.json"
    (FOLDER / name).write_text(json.dumps(vars(result), indent=1, default=vars) + "\n")


def load(code: str) -> list[Result]:
    """Everything saved so far of this code, oldest first."""
    saved = (json.loads(file.read_text()) for file in sorted(FOLDER.glob("*.json")))
    return [Result(**r | {"found": Findings(**r["found"])}) for r in saved if r["code"] == code]


def keep(result: Result, logs: Path, ledger: Ledger) -> Path:
    """Copies the services' logs, and writes the ledger beside them; the folder."""
    kept = FOLDER / "broken" / f"{result.scenario}-{result.seed}"
    shutil.copytree(logs, kept, dirs_exist_ok=True)
    (kept / "ledger.json").write_text(json.dumps(ledger.entries, indent=1, default=vars))
    return kept
