"""What a container can't do: tests/stack tries it on a Docker Engine, and this row tells what came
of that."""

import re
import shutil
import subprocess
import sys

from faults.scenarios.scenario import Unavailable
from local.stack import ROOT

from security.found import Found
from security.stage import Stage

TESTS = "tests/stack/test_confinement.py"
PATIENCE = 1800


def check(found: Found, stage: Stage, short: bool) -> None:
    """Runs those tests. The short form leaves them to `make stack`, which is part of `make check`,
    too."""
    if short:
        raise Unavailable("left to `make stack`")
    if (
        not shutil.which("docker")
        or subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
    ):
        raise Unavailable("no Docker Engine answers here; CI has one")
    command = [sys.executable, "-m", "pytest", "-q", "-rf", TESTS]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    passed = re.search(r"(\d+) passed", done.stdout)
    failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.M)
    found.tried += int(passed[1]) if passed else 0
    for name in failed:
        found.expect(False, name)
    found.expect(bool(passed), "no test passed")
    found.see("not root, nothing writable, no capabilities, bounds, secrets, no way out, no way in")
