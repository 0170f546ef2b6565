"""What can go wrong while a model is fetched; each kind has an exit code callers can tell apart.

FetchError
├── ConfigurationError   2  a setting is wrong, or the folder can't be written
├── Unreachable          3  the source can't be reached or doesn't hand the file out
├── WrongContent         4  what came is not the model: its size or SHA-256 differs
└── NoSpace              5  the disk is too small
"""

from __future__ import annotations


class FetchError(Exception):
    """Says what happened and what to do next."""

    exit_code = 1


class ConfigurationError(FetchError):
    exit_code = 2


class Unreachable(FetchError):
    exit_code = 3


class WrongContent(FetchError):
    exit_code = 4


class NoSpace(FetchError):
    exit_code = 5
