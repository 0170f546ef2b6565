"""`python -m security`: see README.md. Exit code 1 if a row was violated, 130 after Ctrl-C."""

import signal
import sys
import time
import traceback
from datetime import UTC, datetime

from faults.scenarios.scenario import Unavailable
from faults.terminal import say
from local.say import Problem
from local.stack import ROOT
from tests.support.marked import replace_marked

from security import results, table
from security.found import Found
from security.options import Options, read_options
from security.rows import ROWS, Row
from security.stage import Stage

SCORECARD = ROOT / "docs" / "scorecard.md"


def run(options: Options, stage: Stage) -> dict[str, Found]:
    """The chosen rows, one after the other: what each found, by its name. All but short ones are
    kept."""
    found, code = {}, table.find_code()
    command = " ".join(["python -m security", *sys.argv[1:]])
    for row in ROWS:
        if row.name in (options.rows or [each.name for each in ROWS]):
            say(f"{row.name}: {row.what}")
            began = time.monotonic()
            found[row.name] = each = run_row(row, stage, options.short)
            say(f"  {time.monotonic() - began:.0f} s")
            say(f"  {table.describe_row(row, each).strip('| ').removeprefix(row.what + ' | ')}")
            for words in table.list_some(each):
                say(f"  VIOLATION {words}")
            if not options.short:
                date = datetime.now(UTC).date().isoformat()
                results.save(results.Result(row.name, date, code, command, each))
    return found


def run_row(row: Row, stage: Stage, short: bool) -> Found:
    """One row to its end. One that breaks off has shown nothing, which is a violation, too."""
    found = Found()
    try:
        row.check(found, stage, short)
    except Unavailable as unavailable:
        found.skipped = str(unavailable)
        say(f"  SKIPPED: {unavailable}")
    except Exception as error:
        traceback.print_exc()
        found.violations.append(f"it broke off: {type(error).__name__}: {error}")
    return found


def report(options: Options, found: dict[str, Found]) -> int:
    """A short run is only shown. Any other is written down, with what the other rows have found
    on the same code before; the exit code."""
    violated = sum(bool(each.violations) for each in found.values())
    say(f"{len(found)} rows, {violated} violated")
    code = table.find_code()
    kept = [] if options.short else results.load(code, [row.name for row in ROWS])
    if kept:
        replace_marked(SCORECARD, "make security", table.render(ROWS, kept, code))
        say(f"written to docs/scorecard.md, {len(kept)} of {len(ROWS)} rows")
    return 1 if violated else 0


def main() -> int:
    """Attacks and reports; returns the exit code."""
    options = read_options(sys.argv[1:], [row.name for row in ROWS])
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: everything is stopped
    try:
        with Stage() as stage:
            return report(options, run(options, stage))
    except KeyboardInterrupt:
        return 130
    except Problem as problem:
        sys.exit(f"security: {problem}")


if __name__ == "__main__":
    sys.exit(main())
