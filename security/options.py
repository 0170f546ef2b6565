"""What the person at the terminal may choose."""

import argparse
from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """One run. `short` is for `make check`: little of each row."""

    short: bool = False
    rows: tuple[str, ...] = ()  # all if empty


def read_options(arguments: list[str], names: list[str]) -> Options:
    """From the command line; leaves with advice if it can't be read."""
    parser = argparse.ArgumentParser(
        prog="python -m security", description="Attacks a Parley of its own."
    )
    parser.add_argument("--short", action="store_true", help="four minutes, nothing is written")
    parser.add_argument("--rows", default="", help=f"only these: {','.join(names)}")
    given = parser.parse_args(arguments)
    chosen = tuple(name for name in given.rows.split(",") if name)
    for name in set(chosen) - set(names):
        parser.error(f"there is no {name}; choose from {', '.join(names)}")
    return Options(given.short, chosen)
