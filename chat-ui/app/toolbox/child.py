"""A call of an owner's tool, as a process: `child.py FILE` reads the text and writes the result.

It knows nothing of Parley and imports nothing of it."""

import importlib.util
import os
import resource
import sys
import traceback
from types import TracebackType

MEMORY = 128 * 1024 * 1024
CPU_SECONDS = 6


def tell(kind: type[BaseException], _error: BaseException, place: TracebackType | None) -> None:
    """Where it failed, and how. What the error says may be of the text, which no log has."""
    sys.stderr.writelines([*traceback.format_tb(place), f"{kind.__name__}\n"])


def main() -> None:
    """What the file prints itself goes to the log."""
    sys.excepthook = tell
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, CPU_SECONDS)):
        resource.setrlimit(what, (most, most))
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")
    os.dup2(2, 1)
    spec = importlib.util.spec_from_file_location("tool", sys.argv[1])
    if spec is None or spec.loader is None:
        raise SystemExit("not a file of Python")
    sys.dont_write_bytecode = True
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    answer.write(str(tool.run(sys.stdin.buffer.read().decode())))
    answer.flush()


if __name__ == "__main__":
    main()
