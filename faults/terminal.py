"""What the person at the terminal sees: one line per thing that happens."""

import sys
import time

BEGAN = time.monotonic()


def say(words: str) -> None:
    """One line, with how long the run has lasted."""
    passed = int(time.monotonic() - BEGAN)
    print(f"{passed // 60:3d}:{passed % 60:02d}  {words}", file=sys.stdout, flush=True)


def minutes(seconds: float) -> str:
    """A duration for a person."""
    return f"{seconds:.0f} s" if seconds < 200 else f"{seconds / 60:.0f} min"
