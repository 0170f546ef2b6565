"""What the person at the terminal may choose."""

import argparse
import secrets
from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """One run."""

    seed: int
    scenarios: tuple[str, ...]  # all if empty
    quick: bool
    kills: int | None  # of each service; None: as many as usual
    command: str


def read_options(arguments: list[str], names: list[str]) -> Options:
    """From the command line; leaves with advice if it can't be read."""
    parser = argparse.ArgumentParser(
        prog="python -m faults",
        description="Injects faults into a Parley of its own and checks that it loses nothing.",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=secrets.randbelow(1_000_000),
        help="begin as an earlier run did (default: by chance)",
    )
    parser.add_argument(
        "--kills", type=int, help="kills of each service (default: 100, and 50 in ingestion)"
    )
    parser.add_argument("--scenarios", default="", help=f"only these: {','.join(names)}")
    parser.add_argument(
        "--quick", action="store_true", help="a few minutes, not written to docs/scorecard.md"
    )
    given = parser.parse_args(arguments)
    chosen = tuple(name for name in given.scenarios.split(",") if name)
    for name in set(chosen) - set(names):
        parser.error(f"there is no scenario {name}; choose from {', '.join(names)}")
    return Options(
        given.seed, chosen, given.quick, given.kills, " ".join(["python -m faults", *arguments])
    )
