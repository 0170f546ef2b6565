"""`python -m bench`: see README.md. Exit code 1 if a measurement broke, 130 after Ctrl-C."""

import asyncio
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from faults.terminal import minutes
from local.say import Problem
from tests.support.local_stack import SMALL_MODEL

from bench import growth, plot, table
from bench.figures import Found
from bench.options import Options, read_options
from bench.pulse import FINELY
from bench.rows import FELT, ROWS, SHAPED
from bench.shape import make_model
from bench.stage import open_stage

VERDICTS = {True: ": holds", False: ": MISSED", None: ""}


def choose_stages(options: Options) -> dict[tuple[str, bool], list[str]]:
    """Which rows are measured with which model, and whether the pulse is felt finely meanwhile,
    which costs a little. Makes the model with random weights if need be."""
    one = options.model or (SMALL_MODEL if options.quick else "")
    stages: dict[tuple[str, bool], list[str]] = {}
    for name in ROWS:
        if name in (options.rows or ROWS):
            model = one or (str(make_model()) if name in SHAPED else SMALL_MODEL)
            stages.setdefault((model, name in FELT), []).append(name)
    return stages


async def run(options: Options) -> tuple[dict[str, Found], list[float]]:
    """Measures what was asked for, in the scorecard's order: what was found with each model; and
    the machine's own pace between the rows."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    began = time.monotonic()
    parts: dict[str, Found] = {}
    paces = []
    for (model, felt), names in choose_stages(options).items():
        found = parts.get(Path(model).name, Found([]))
        print(f"with {Path(model).name}:")
        size, pulse = options.size, FINELY if felt else ""
        async with open_stage(size.reply, LM_MODEL=model, PULSE_SECONDS=pulse) as stage:
            for name in names:
                print(f"{minutes(time.monotonic() - began)}  {name}", flush=True)
                some = await ROWS[name](stage, size)
                for row in some.rows:
                    goal = f"; goal {row.goal}{VERDICTS[row.holds]}" if row.goal else ""
                    print(f"      {row.figure}: {row.seen}{goal}", flush=True)
                found = found.add(some)
                paces.append(measure_pace())
        parts[Path(model).name] = found
    return parts, paces


def measure_pace() -> float:
    """Milliseconds that the processor takes for a fixed loop: a virtual machine's pace changes with
    its neighbours."""
    began = time.process_time()
    sum(number * number for number in range(200_000))
    return (time.process_time() - began) * 1000


def main() -> int:
    """A whole run is written down; a part of one, or a quick one, is only shown."""
    options = read_options(sys.argv[1:], list(ROWS))
    try:
        parts, paces = asyncio.run(run(options))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    except Problem as problem:
        print(f"bench: {problem}", file=sys.stderr)
        return 1
    rows = [row for found in parts.values() for row in found.rows]
    print(f"{len(rows)} figures, {sum(row.holds is False for row in rows)} goals missed")
    numbers = {name: number for found in parts.values() for name, number in found.numbers.items()}
    about = (
        f"Measured {datetime.now(UTC).date().isoformat()} by `{options.command}`. Between the rows"
        f" a fixed loop took {min(paces):.0f} to {max(paces):.0f} ms of the processor: the"
        " machine's own pace."
    )
    lacking = growth.MEASURED - numbers.keys()
    if not options.rows:
        unknown = f"What one machine holds is not known without: {', '.join(sorted(lacking))}."
        print(unknown if lacking else growth.render(numbers, about))
    if not options.quick and not options.rows:
        table.write({model: found.rows for model, found in parts.items()}, about)
        plot.draw([curve for found in parts.values() for curve in found.curves])
        print(f"written to {table.PAGE.name} and {plot.PICTURE.name}")
        if not lacking:
            growth.write(numbers, about)
            print(f"written to {growth.PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
