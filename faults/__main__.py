"""`python -m faults`: see README.md. Exit code 1 if a promise was broken, 130 after Ctrl-C."""

import asyncio
import signal
import sys

from faults.options import read_options
from faults.running import Run
from faults.scenarios import SCENARIOS
from faults.terminal import say


def main() -> int:
    """Runs what was asked for; Ctrl-C and SIGTERM stop everything that was started."""
    options = read_options(sys.argv[1:], [scenario.name for scenario in SCENARIOS])
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        return asyncio.run(Run(options).run())
    except KeyboardInterrupt:
        say("stopped; finished parts are kept")
        return 130


if __name__ == "__main__":
    sys.exit(main())
