"""What the person at the terminal may choose."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bench import options as bench


@dataclass(frozen=True)
class Size:
    """How much is asked and read. Without names: all documents of the set."""

    documents: tuple[str, ...]
    paragraphs: int  # of each file of distractors
    replies: int  # written by the model
    summaries: int  # that it begins


READ_MUCH = replace(bench.FULL, readings=2)  # for the row of `make bench` about documents
FULL = Size(documents=(), paragraphs=160, replies=12, summaries=10)
QUICK = Size(
    documents=(
        "en-lease",
        "en-insurance",
        "de-museum",
        "fr-nursery",
        "es-gym",
        "it-farmhouse",
        "nl-library",
    ),
    paragraphs=4,
    replies=2,
    summaries=2,
)


@dataclass(frozen=True)
class Options:
    """One run. Nothing is written down of a quick one, or of the half that is tuned on: of that
    one, each question that went wrong is told instead."""

    size: Size
    quick: bool
    half: str
    embedding: str  # the model of the vectors, by its name or file; empty: all-MiniLM-L6-v2
    head: str  # the one that chooses exact words; empty: the best sentence is taken

    @property
    def written(self) -> bool:
        return not self.quick and self.half == "test"


def read_options(arguments: Sequence[str], settings: Mapping[str, str]) -> Options:
    """From the command line; the models from what `make local` knows them by, too."""
    parser = argparse.ArgumentParser(
        prog="python -m evaluation",
        description="Asks a Parley of its own questions about documents, and counts.",
    )
    parser.add_argument("--quick", action="store_true", help="a little of everything")
    parser.add_argument(
        "--half",
        choices=("test", "tune"),
        default="test",
        help="of the questions; those of `tune` that went wrong are told (default: test)",
    )
    given = parser.parse_args(arguments)
    models = (settings.get(name, "") for name in ("EMBED_MODEL", "ANSWER_MODEL"))
    return Options(QUICK if given.quick else FULL, given.quick, given.half, *models)
