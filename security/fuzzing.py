"""Schemathesis, as a program: requests made from an OpenAPI document, good and bad ones, and every
check that it has of the answers."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.operations import Operation

from security.calls import find_ids

# How often an id is one that there is; else it is made up, like all else.
KNOWN = 0.7
PATIENCE = 900


@dataclass
class Fuzzed:
    """What came of it."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: set[tuple[str, str]] = field(default_factory=set)  # check and operation

    @property
    def requests(self) -> int:
        return self.statuses.total()

    def share(self, first: int) -> float:
        """Of the answers whose status begins with this digit."""
        return sum(n for s, n in self.statuses.items() if s // 100 == first) / self.requests


def fuzz(
    address: str,
    operations: Sequence[Operation],
    headers: Mapping[str, str],
    ids: Mapping[str, Sequence[str]],
    folder: Path,
    *,
    examples: int,
    short: bool,
) -> Fuzzed:
    """Asks all these operations of the service at `address`, which serves its document there, with
    these headers. `ids` are some that exist, by noun; `folder` gets the reports."""
    folder.mkdir()
    config = folder / "schemathesis.toml"
    config.write_text(write_config(operations, ids))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"]
    command += [f"{address}/openapi.json", "--url", address, "--no-color", "--no-shrink"]
    command += ["--max-examples", str(examples), "--seed", "1", "--checks", "all"]
    command += ["--phases", "fuzzing" if short else "examples,coverage,fuzzing,stateful"]
    command += ["--report", "har,json", "--report-har-path", str(folder / "har")]
    command += ["--report-json-path", str(folder / "json"), "--continue-on-failure"]
    command += ["--suppress-health-check", "all", "--warnings", "off"]
    command += ["--generation-database", "none", "--request-timeout", "30"]
    for each, value in headers.items():
        command += ["--header", f"{each}:{value}"]
    for operation in operations:
        command += ["--include-name", str(operation)]
    with (folder / "log").open("w") as log:
        subprocess.run(command, stdout=log, stderr=log, cwd=folder, timeout=PATIENCE, check=False)
    return read_reports(folder)


def write_config(operations: Sequence[Operation], ids: Mapping[str, Sequence[str]]) -> str:
    """Where which ids go."""
    lines = []
    for noun, known in ids.items():
        lines += [f"[dictionaries.{name(noun)}]", f"values = {json.dumps(list(known))}"]
    lines.append("[parameters]")
    placed = {
        f"{each.where}.{each.name}": nouns[each.name]
        for operation in operations
        for nouns in [find_ids(operation)]
        for each in operation.inputs
        if each.name in nouns and nouns[each.name] in ids
    }
    lines += [
        f'"{where}" = {{ dictionary = "{name(noun)}", probability = {KNOWN} }}'
        for where, noun in placed.items()
    ]
    return "\n".join(lines) + "\n"


def name(noun: str) -> str:
    """A dictionary's."""
    return noun.replace(" ", "-")


def read_reports(folder: Path) -> Fuzzed:
    """The statuses of all answers, and the checks that failed. Without reports, it never ran."""
    har, report = folder / "har", folder / "json"
    if not (har.exists() and report.exists()):
        raise RuntimeError(f"Schemathesis ended early: {(folder / 'log').read_text()[-2000:]}")
    fuzzed = Fuzzed()
    for entry in json.loads(har.read_text())["log"]["entries"]:
        fuzzed.statuses[entry["response"]["status"]] += 1
    told = json.loads(report.read_text())
    for failure in told["failures"]:
        for operation in failure["operations"]:
            fuzzed.failures.add((failure["type"], operation))
    for error in told["errors"]:
        fuzzed.failures.add(("error", error["title"]))
    return fuzzed
