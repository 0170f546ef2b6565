"""`python -m bench`: see README.md. Exit code 1 if a measurement broke, 130 after Ctrl-C."""

import asyncio
import signal
import sys
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

from local.say import Problem
from local.stack import ROOT
from tests.support.local_stack import SMALL_MODEL
from tests.support.marked import replace_marked

from bench import growth, plot, table
from bench.event_loop_lag import FINE_INTERVAL
from bench.figures import Found
from bench.options import Options, read_options
from bench.rows import LAG, ROWS, SHAPED
from bench.shape import make_model
from bench.stage import open_stage

SCORECARD, PERFORMANCE = ROOT / "docs" / "scorecard.md", ROOT / "docs" / "performance.md"


def choose_stages(options: Options) -> dict[tuple[str, bool], list[str]]:
    """Which rows are measured with which model, and whether the event loop's lag is measured
    finely meanwhile, which costs a little. A quick run starts everything once. Makes the model
    with random weights if need be."""
    one = options.model or (SMALL_MODEL if options.quick else "")
    stages: dict[tuple[str, bool], list[str]] = defaultdict(list)
    for name in ROWS:
        if name in (options.rows or ROWS):
            model = one or (str(make_model()) if name in SHAPED else SMALL_MODEL)
            stages[model, options.quick or name in LAG].append(name)
    return stages


async def run(options: Options) -> dict[str, list[Found]]:
    """Measures what was asked for, in the scorecard's order: what was found with each model."""
    began = time.monotonic()
    parts: dict[str, list[Found]] = defaultdict(list)
    for (model, fine), names in choose_stages(options).items():
        print(f"with {Path(model).name}:")
        async with open_stage(
            options.size.reply,
            LM_MODEL=model,
            LAG_INTERVAL_SECONDS=FINE_INTERVAL if fine else "",
        ) as stage:
            for name in names:
                print(f"{time.monotonic() - began:4.0f} s  {name}", flush=True)
                found = await ROWS[name](stage, options.size)
                for row in found.rows:
                    print(f"      {row.figure}: {row.seen}; {row.goal} {row.verdict}", flush=True)
                parts[Path(model).name].append(found)
    return parts


def report(options: Options, parts: dict[str, list[Found]]) -> None:
    """A whole run is written down; a part of one, or a quick one, is only shown."""
    found = [each for some in parts.values() for each in some]
    rows = [row for each in found for row in each.rows]
    print(f"{len(rows)} figures, {sum(row.holds is False for row in rows)} goals missed")
    if options.rows:
        return
    command = " ".join(["python -m bench", *sys.argv[1:]])
    about = f"Measured {datetime.now(UTC).date().isoformat()} by `{command}`."
    numbers = {name: number for each in found for name, number in each.numbers.items()}
    lacking = growth.MEASURED - numbers.keys()
    holds = "" if lacking else growth.render(numbers, about)
    print(holds or f"What one machine holds is not known without: {', '.join(sorted(lacking))}.")
    if not options.quick:
        replace_marked(SCORECARD, "make bench", table.render(parts, about))
        plot.draw([curve for each in found for curve in each.curves])
        if holds:
            replace_marked(PERFORMANCE, "make bench", holds)


def main() -> int:
    """Measures and reports; returns the exit code."""
    options = read_options(sys.argv[1:], list(ROWS))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: everything is stopped
    try:
        report(options, asyncio.run(run(options)))
    except KeyboardInterrupt:
        return 130
    except Problem as problem:
        sys.exit(f"bench: {problem}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
