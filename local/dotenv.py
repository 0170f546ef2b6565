"""Reads `.env` the way compose does for what we need of it: one NAME=VALUE a line."""

import re
from pathlib import Path

LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$")


def read_dotenv(path: Path) -> dict[str, str]:
    """The settings in `path`; none if there is no such file."""
    if not path.exists():
        return {}
    settings = {}
    for line in path.read_text().splitlines():
        if found := LINE.match(line):
            name, value = found.groups()
            quoted = re.match(r"""(["'])(.*?)\1""", value)
            settings[name] = quoted[2] if quoted else re.split(r"(?:^|\s)#", value)[0].rstrip()
    return settings
