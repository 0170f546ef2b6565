"""`python -m bench`: see README.md. Exit code 1 if a measurement broke, 130 after Ctrl-C."""

import asyncio
import signal
import sys
import time
from datetime import UTC, datetime

from faults.terminal import minutes

from bench import plot, table
from bench.figures import Found
from bench.options import Options, read_options
from bench.rows import ROWS
from bench.stage import open_stage

VERDICTS = {True: ": holds", False: ": MISSED", None: ""}


async def run(options: Options) -> Found:
    """Measures what was asked for, in the scorecard's order."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    began = time.monotonic()
    found = Found([])
    async with open_stage(LM_MODEL=options.model) as stage:
        for name, measure in ROWS.items():
            if options.rows and name not in options.rows:
                continue
            print(f"{minutes(time.monotonic() - began)}  {name}", flush=True)
            some = await measure(stage, options.size)
            for row in some.rows:
                goal = f"; goal {row.goal}{VERDICTS[row.holds]}" if row.goal else ""
                print(f"      {row.figure}: {row.seen}{goal}", flush=True)
            found = found.add(some)
    return found


def main() -> int:
    """A whole run is written down; a part of one, or a quick one, is only shown."""
    options = read_options(sys.argv[1:], list(ROWS))
    try:
        found = asyncio.run(run(options))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    missed = sum(row.holds is False for row in found.rows)
    print(f"{len(found.rows)} figures, {missed} goals missed")
    if not options.quick and not options.rows:
        when = datetime.now(UTC).date().isoformat()
        about = f"Measured {when} by `{options.command}`; model: {options.model_name}."
        table.write(found.rows, about)
        plot.draw(found.curves)
        print(f"written to {table.PAGE.name} and {plot.PICTURE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
