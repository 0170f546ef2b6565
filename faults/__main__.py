"""`python -m faults`: see README.md. Exit code 1 if a promise was broken, 130 after Ctrl-C."""

import asyncio
import signal
import sys

from faults.options import Options, read_options
from faults.running import Run
from faults.scenarios import SCENARIOS
from faults.terminal import say


async def _run(options: Options) -> int:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await Run(options).run()


def main() -> int:
    """Runs what was asked for; Ctrl-C stops everything that was started."""
    options = read_options(sys.argv[1:], [scenario.name for scenario in SCENARIOS])
    try:
        return asyncio.run(_run(options))
    except (KeyboardInterrupt, asyncio.CancelledError):
        say("stopped; finished parts are kept")
        return 130


if __name__ == "__main__":
    sys.exit(main())
