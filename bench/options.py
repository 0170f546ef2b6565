"""What the person at the terminal may choose."""

import argparse
from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """How much is measured of each kind."""

    rounds: int  # first words, one chat after the other
    reply: int  # tokens of what is said then
    speeds: int  # replies of each kind for tokens per second
    story: int  # tokens of each of those
    chats: int  # that take turns
    turns: int
    pages: int  # seconds of pages asked for
    watchers: tuple[int, ...]  # open streams at once
    calm: float  # seconds before the pulse is felt: for ten of them what came before is told, too
    starts: int
    sessions: int  # loaded into the database, with a chat of ten messages each
    builds: bool  # container images


FULL = Size(
    rounds=60,
    reply=48,
    speeds=10,
    story=128,
    chats=8,
    turns=40,
    pages=8,
    watchers=(200, 1000),
    calm=10,
    starts=5,
    sessions=100_000,
    builds=True,
)
QUICK = Size(
    rounds=6,
    reply=12,
    speeds=1,
    story=48,
    chats=2,
    turns=4,
    pages=1,
    watchers=(20,),
    calm=0.1,
    starts=1,
    sessions=1_000,
    builds=False,
)


@dataclass(frozen=True)
class Options:
    """One run."""

    size: Size
    quick: bool
    rows: tuple[str, ...]  # all if empty
    model: str  # for all rows; each has its own if empty
    command: str


def read_options(arguments: list[str], names: list[str]) -> Options:
    """From the command line; leaves with advice if it can't be read."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures a Parley of its own beside the bare model server.",
    )
    parser.add_argument("--quick", action="store_true", help="three minutes, nothing is written")
    parser.add_argument("--rows", default="", help=f"only these: {','.join(names)}")
    parser.add_argument("--rounds", type=int, help=f"first words (default: {FULL.rounds})")
    parser.add_argument("--chats", type=int, help=f"that take turns (default: {FULL.chats})")
    parser.add_argument(
        "--model", default="", help="for all rows: a name of lm-api's catalogue, or a file"
    )
    given = parser.parse_args(arguments)
    chosen = tuple(name for name in given.rows.split(",") if name)
    for name in set(chosen) - set(names):
        parser.error(f"there is no {name}; choose from {', '.join(names)}")
    size = QUICK if given.quick else FULL
    changes = {name: getattr(given, name) for name in ("rounds", "chats") if getattr(given, name)}
    size = Size(**(size.__dict__ | changes))
    command = " ".join(["python -m bench", *arguments])
    return Options(size, given.quick, chosen, given.model, command)
