"""Reads what is used from where it is written down: requirements, vendored files, base images."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

REQUIREMENT = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)((?:.*\\\n)*.*)", re.M)
# | `file` | `package`, `path` | version | licence (`its.LICENSE`) | `SHA-256` |
VENDORED = re.compile(
    r"^\| `([^`]+)` \| `([^`]+)`, `[^`]+` \| (\S+) \| (.+?) \(`[^`]+`\) \| `([0-9a-f]{64})` \|$",
    re.M,
)
FROM = re.compile(r"^FROM (\S+)", re.M)


@dataclass(frozen=True)
class Package:
    """A pinned Python package, with the SHA-256 of each of its files."""

    name: str
    version: str
    sha256: tuple[str, ...]


@dataclass(frozen=True)
class Vendored:
    """A file that was copied from an npm package."""

    file: Path
    package: str
    version: str
    licence: str
    sha256: str


def list_parts(root: Path = ROOT) -> list[Path]:
    """The folders with requirements of their own."""
    return sorted(file.parent for file in root.glob("*/requirements.txt"))


def read_packages(part: Path) -> list[Package]:
    """All that a part installs, what its packages need as well."""
    text = (part / "requirements.txt").read_text()
    return [
        Package(name, version, tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", rest)))
        for name, version, rest in REQUIREMENT.findall(text)
    ]


def read_vendored(root: Path = ROOT) -> Iterator[Vendored]:
    """Those that a table in their folder names."""
    for readme in sorted(root.glob("*/app/**/vendor/README.md")):
        for file, *rest in VENDORED.findall(readme.read_text()):
            yield Vendored(readme.parent / file, *rest)


def read_images(root: Path = ROOT) -> dict[Path, list[str]]:
    """The base images of each Dockerfile."""
    return {file: FROM.findall(file.read_text()) for file in sorted(root.glob("*/Dockerfile"))}
