"""What the person at the terminal may choose."""

import argparse
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Size:
    """How much is measured of each kind."""

    rounds: int  # first words, one chat after the other
    reply: int  # tokens of what is said then
    speeds: int  # rounds of long replies, for tokens per second
    story: int  # tokens of each of those
    chats: int  # that take turns
    turns: int
    pages: int  # seconds of pages asked for
    watchers: tuple[int, ...]  # open streams at once
    calm: float  # seconds before the event loop is watched: after ten, `/health` has forgotten
    starts: int  # of Parley, and first visits in a browser
    idle: float  # seconds without anybody
    poem: int  # tokens of the reply that a browser shows
    readings: int  # of the same amount of pages, by us and by bare programs in turn
    text_pages: int
    scans: int


FULL = Size(
    rounds=60,
    reply=48,
    speeds=6,
    story=128,
    chats=8,
    turns=40,
    pages=8,
    watchers=(200, 1000),
    calm=10,
    starts=5,
    idle=20,
    poem=2000,
    readings=3,
    text_pages=1000,
    scans=6,
)
QUICK = Size(
    rounds=2,
    reply=8,
    speeds=1,
    story=8,
    chats=2,
    turns=2,
    pages=1,
    watchers=(10,),
    calm=0.1,
    starts=1,
    idle=2,
    poem=40,
    readings=1,
    text_pages=50,
    scans=1,
)


@dataclass(frozen=True)
class Options:
    """One run."""

    size: Size
    quick: bool
    rows: tuple[str, ...]  # all if empty
    model: str  # for all rows; each has its own if empty


def read_options(arguments: list[str], names: list[str]) -> Options:
    """From the command line; leaves with advice if it can't be read."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures a Parley of its own beside the bare model server.",
    )
    parser.add_argument("--quick", action="store_true", help="under a minute, nothing is written")
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
    size = replace(size, rounds=given.rounds or size.rounds, chats=given.chats or size.chats)
    return Options(size, given.quick, chosen, given.model)
