"""Where and on what code a figure was measured."""

import hashlib
import os
import platform
import re
import secrets
import subprocess
from collections.abc import Sequence
from pathlib import Path

from local.stack import ROOT

# What runs while we measure. Figures of other code are not mixed with this one's.
CODE = ("chat-ui", "db", "db-api", "doc-worker", "lm-api", "local", "nginx", "faults")


def describe_machine() -> str:
    """CPU model, cores and system, in one line."""
    cpus = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", cpus.read_text() if cpus.exists() else "")
    cpu = found[1].strip() if found else platform.processor() or "unknown CPU"
    return f"{cpu}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def fingerprint_code(root: Path = ROOT, parts: Sequence[str] = CODE) -> str:
    """A short hash over these folders as they are in the working tree. Only what git tracks
    counts: caches change nothing, and neither does a new file before `git add`.

    Where git can't tell, nothing can be known to be the same, and each run is on code of its own.
    """
    listing = ["git", "-C", str(root), "ls-files", "-z", "--", *parts]
    listed = subprocess.run(listing, capture_output=True, text=True, check=False)
    if listed.returncode:
        return f"unknown-{secrets.token_hex(4)}"
    digest = hashlib.sha256()
    for name in sorted(set(listed.stdout.split("\0")) - {""}):
        file = root / name
        if file.is_file() and file.suffix != ".md":
            digest.update(name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]
