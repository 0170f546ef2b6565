"""Makes `.cache/venv` and installs pinned packages into it, saying what it does.

What is installed is remembered as the hash of each requirements file, so it is done again only
when one of them changed.
"""

import fcntl
import hashlib
import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from local.say import Problem, say

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"

NO_VENV = (
    f"Python's venv module is missing (Debian, Ubuntu: sudo apt install python{VERSION}-venv);"
    " install it, then run this again"
)

# What pip says when it can't get through; after that it calls the package missing, too.
UNREACHABLE = re.compile(
    r"NewConnectionError|NameResolutionError|Max retries exceeded|ProxyError|timed out|"
    r"CERTIFICATE_VERIFY_FAILED|ConnectionResetError|Connection broken|Network is unreachable"
)


def ensure_venv(venv: Path, requirements: list[Path]) -> Path:
    """The venv's Python, with everything in `requirements` installed.

    Raises Problem with one line on what to do when that can't be had.
    """
    venv.parent.mkdir(parents=True, exist_ok=True)
    python = venv / "bin" / "python"
    with open(venv.parent / "venv.lock", "w") as lock:
        _wait_for(lock.fileno())
        if not _works(python):
            _create(venv)
        stamp = venv / "parley-installed.json"
        installed = json.loads(stamp.read_text()) if stamp.exists() else {}
        wanted = {f.parent.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in requirements}
        missing = [f for f in requirements if installed.get(f.parent.name) != wanted[f.parent.name]]
        if missing:
            _install(python, missing, venv.parent / "pip.log")
            stamp.write_text(json.dumps(installed | wanted))
    return python


def _wait_for(lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("another run is installing packages; waiting for it")
        fcntl.flock(lock, fcntl.LOCK_EX)


def _works(python: Path) -> bool:
    """Whether the venv is whole: a broken off `venv` has no pip, a removed Python runs nothing."""
    if not python.exists():
        return False
    check = "import sys; import pip._internal; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0


def _create(venv: Path) -> None:
    if not (find_spec("venv") and find_spec("ensurepip")):
        raise Problem(NO_VENV)
    say(f"making a Python environment in {venv} (Python {sys.version.split()[0]})")
    command = [sys.executable, "-m", "venv", "--clear", str(venv)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        output = (done.stdout + done.stderr).strip()
        raise Problem(_explain(output) or f"can't make {venv}: {output.splitlines()[-1:]}")


def _install(python: Path, requirements: list[Path], log: Path) -> None:
    """Runs pip, showing one line per big download and a count of the rest."""
    pins = {m for f in requirements for m in re.findall(r"^([\w.-]+)==", f.read_text(), re.M)}
    say(f"installing {len(pins)} Python packages, each checked against its hash (once)")
    # Wheels only: without a compiler a source package would fail late and at length.
    command = [str(python), "-m", "pip", "install", "--require-hashes", "--only-binary", ":all:"]
    command += [
        "--no-input",
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
        "--retries",
        "2",
    ]
    command += [a for f in requirements for a in ("--requirement", str(f))]
    with (
        log.open("w") as kept,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
        ) as pip,
    ):
        seen: set[str] = set()
        for line in pip.stdout or ():
            kept.write(line)
            _show_progress(line, seen, len(pins))
    if pip.returncode:
        output = log.read_text()
        reason = _explain(output) or f"pip could not install the packages; its words are in {log}"
        raise Problem(reason)
    say("Python packages are installed")


def _show_progress(line: str, seen: set[str], total: int) -> None:
    if found := re.match(r"\s*(?:Collecting|Requirement already satisfied:) ([\w.-]+)==", line):
        seen.add(found[1])
        if sys.stdout.isatty():
            say(f"{len(seen)} of {total}: {found[1]:<40}", end="\r")
    elif found := re.match(r"\s*Downloading (\S+\.whl)\S* \(([\d.]+ MB)\)", line):
        if float(found[2].split()[0]) >= 5:
            say(f"downloading {found[1].rsplit('/')[-1].split('-')[0]} ({found[2]})")
    elif line.startswith("Installing collected packages"):
        say("downloaded; unpacking" + " " * 40)


def _explain(output: str) -> str | None:
    """One line for the failures a person can do something about, None for others."""
    if "No space left on device" in output:
        return "the disk is full: the packages need about 600 MB; free some, then run this again"
    if UNREACHABLE.search(output):
        return (
            "can't reach Python's package index; check the network (behind a proxy set HTTPS_PROXY,"
            " for a mirror PIP_INDEX_URL), then run this again"
        )
    if "No matching distribution found" in output:
        return (
            f"a package has no ready-made wheel for Python {VERSION} on this system; use Python"
            " 3.11 to 3.14 on Linux or macOS (make local PYTHON=python3.13), or Docker"
        )
    if "ensurepip" in output:
        return NO_VENV
    return None
