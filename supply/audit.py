"""Asks whether weaknesses of the pinned packages are known, by pip-audit."""

import re
import subprocess
import sys
from pathlib import Path

from supply.inventory import ROOT, list_parts

PIP_AUDIT = (sys.executable, "-m", "pip_audit")
NOT_CHECKED = 2  # as an exit code; 1: weaknesses are known
# What it says when it can't ask, or gets no answer about a package that there is.
UNREACHABLE = re.compile(
    "ConnectionError|ConnectTimeout|ConnectionTimeout|Could not connect|Tried to connect"
    "|Max retries exceeded|ProxyError|SSLError|HTTPError|ServiceError|could not be audited"
)


def audit(part: Path) -> int:
    """Of one requirements.txt; what is known is printed."""
    arguments = ["--strict", "--disable-pip", "--progress-spinner", "off", "--requirement"]
    done = subprocess.run(
        [*PIP_AUDIT, *arguments, str(part / "requirements.txt")],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode and UNREACHABLE.search(done.stderr):
        print(f"{part.name}: NOT CHECKED: the data about weaknesses can't be reached")
        return NOT_CHECKED
    print(f"{part.name}: {(done.stdout + done.stderr).strip()}")
    return done.returncode


def main() -> int:
    """All parts, until the data can't be reached."""
    worst = 0
    for part in list_parts(ROOT):
        code = audit(part)
        if code == NOT_CHECKED:
            print("make audit needs PyPI's data about weaknesses. Nothing more was checked.")
            return NOT_CHECKED
        worst = max(worst, code)
    return worst


if __name__ == "__main__":
    raise SystemExit(main())
