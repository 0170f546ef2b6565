"""What was measured: told, and kept so that the next run continues one that was cut off."""

import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

from bench.figures import Row

log = logging.getLogger("evaluation")


class Report:
    """The rows of each step. `kept` is the file of what earlier runs on the same code measured."""

    def __init__(self, kept: Path | None = None) -> None:
        self.rows: dict[str, list[Row]] = {}
        self.facts: list[str] = []  # for the section's head
        self.broken: list[str] = []  # steps that ended with an exception
        self._kept = kept
        self._began = time.monotonic()
        if kept and kept.exists():
            told = json.loads(kept.read_text())
            self.facts = told["facts"]
            self.rows = {step: [Row(**row) for row in rows] for step, rows in told["rows"].items()}
            self.say(f"continued; measured before: {', '.join(self.rows)}")

    def lacks(self, steps: Iterable[str]) -> bool:
        """Whether one of them was not measured yet."""
        return not self.rows.keys() >= set(steps)

    def measure(self, step: str, measure: Callable[[], Iterable[Row]]) -> None:
        """Unless that was done before. If it breaks, the other steps are still worth measuring."""
        if step in self.rows:
            return
        self.say(step)
        try:
            rows = list(measure())
        except Exception:
            log.exception("%s: not measured", step)
            self.broken.append(step)
            return
        for row in rows:
            print(f"      {row.figure}: {row.seen}; {row.goal} {row.verdict}", flush=True)
        self.rows[step] = rows
        self._keep()

    def note(self, fact: str) -> None:
        """Once."""
        if fact not in self.facts:
            self.facts.append(fact)
            self.say(fact)

    def say(self, words: str) -> None:
        print(f"{time.monotonic() - self._began:4.0f} s  {words}", flush=True)

    def forget(self) -> None:
        """All is written down, so the next run measures everything again."""
        if self._kept:
            self._kept.unlink(missing_ok=True)

    def _keep(self) -> None:
        if self._kept:
            rows = {step: [asdict(row) for row in rows] for step, rows in self.rows.items()}
            self._kept.parent.mkdir(parents=True, exist_ok=True)
            part = self._kept.with_suffix(".part")
            part.write_text(json.dumps({"facts": self.facts, "rows": rows}))
            part.replace(self._kept)
