"""`python3 -m local` sets up what is missing, then runs Parley; `python3 -m local setup` only sets
up, with what the tests need as well.

The first thing that runs, on whatever Python there is: an old one must be able to read this file,
so that it can say what it lacks. Nothing but the standard library before the venv exists.
"""

import os
import sys


def explain_what_is_missing() -> str:
    """One line for the person; empty if this Python will do."""
    if os.name == "nt":
        return "Parley runs on Linux and macOS. On Windows use WSL, or: docker compose up --build"
    if sys.version_info < (3, 11):  # noqa: UP036 (this line is for those older ones)
        return (
            f"Parley needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. "
            "Install a newer one, then name it: make local PYTHON=python3.13"
        )
    return ""


if __name__ == "__main__":
    problem = explain_what_is_missing()
    if problem:
        sys.exit(problem)
    from local.setup import main

    sys.exit(main(sys.argv[1:]))
