"""Where and on what code a figure was measured."""

import hashlib
import os
import platform
from pathlib import Path

from local.stack import ROOT

# What runs while we measure. Figures of other code are not mixed with this one's.
CODE = ("chat-ui", "db", "db-api", "lm-api", "local", "nginx", "faults")
PROSE = {".md", ".pyc"}


def describe_machine() -> str:
    """CPU model, cores and system, in one line."""
    return f"{_cpu_model()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def _cpu_model() -> str:
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        for line in cpus.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown CPU"


def fingerprint_code() -> str:
    """A short hash over the services and this harness."""
    digest = hashlib.sha256()
    for folder in CODE:
        for file in sorted((ROOT / folder).rglob("*")):
            if file.is_file() and file.suffix not in PROSE:
                digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]
