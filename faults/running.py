"""Runs scenarios one after the other, on one stack as long as they want the same settings."""

import asyncio
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from local.stack import ROOT
from tests.support.local_stack import SMALL_MODEL

from faults import results, table
from faults.machine import describe_machine, fingerprint_code
from faults.options import Options
from faults.results import Result
from faults.scenarios import SCENARIOS
from faults.scenarios.scenario import Scenario
from faults.stage import Stage, open_stage
from faults.terminal import minutes, say
from faults.trial import Trial


class Run:
    """One call of `python -m faults`."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.violations = 0
        self.missed = 0
        self._code, self._machine = fingerprint_code(), describe_machine()

    async def run(self) -> int:
        """Every chosen scenario; the exit code."""
        began = time.monotonic()
        chosen = [s for s in SCENARIOS if self._is_chosen(s)]
        say(f"seed {self.options.seed}, code {self._code}, {', '.join(s.name for s in chosen)}")
        async with open_stage() as stage:
            for scenario in chosen:
                for part, size in enumerate(self.sizes(scenario)):
                    await self._run_part(stage, scenario, self.options.seed + part, size)
        if not self.options.quick:
            table.write(self._of_this_code(), SCENARIOS)
            say(f"written to {table.PAGE.relative_to(ROOT)}")
        took = minutes(time.monotonic() - began)
        say(f"{self.violations} violations, {self.missed} goals missed; it took {took}")
        return self.exit_code()

    def exit_code(self) -> int:
        """1 if a promise was broken or, but for the short run, a goal missed: a machine that is
        busy with other things may miss one."""
        return 1 if self.violations or (self.missed and not self.options.quick) else 0

    def _is_chosen(self, scenario: Scenario) -> bool:
        if self.options.scenarios:
            return scenario.name in self.options.scenarios
        return scenario.quick_size > 0 or not self.options.quick

    def sizes(self, scenario: Scenario) -> Iterator[int]:
        """How large each part is."""
        left = self.options.sizes.get(scenario.name, scenario.size)
        if self.options.quick:
            left = scenario.quick_size or 1
        while left > 0:
            part = min(scenario.part_size or left, left)
            yield part
            left -= part

    async def _run_part(self, stage: Stage, scenario: Scenario, seed: int, size: int) -> None:
        say(f"{scenario.name}, seed {seed}: {scenario.fault}")
        result = Result(
            scenario=scenario.name,
            seed=seed,
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            machine=self._machine,
            model=SMALL_MODEL,
            code=self._code,
            command=self.options.command,
            size=size,
        )
        began = time.monotonic()
        parley = await stage.set_for(scenario)
        if parley is None:
            result.skipped = stage.reason
            self._report(result)
            return
        trial = Trial(parley, seed, size, self.options.quick, _ledger_file(result))
        await attempt(scenario, trial)
        result.seconds = time.monotonic() - began
        result.counts, result.figures = dict(trial.counts), dict(trial.figures)
        result.violations = [str(violation) for violation in trial.violations]
        result.missed, result.skipped = trial.missed, trial.skipped
        self._report(result)
        if trial.violations:
            kept = stage.keep_logs(f"{scenario.name}-{seed}")
            say(f"  the services' logs are kept in {kept}")
            await stage.clear()  # what is broken may not spoil the next scenario

    def _report(self, result: Result) -> None:
        """Tells the person at the terminal, and keeps it for the table."""
        self.violations += len(result.violations)
        self.missed += len(result.missed)
        if result.skipped:
            say(f"  SKIPPED: {result.skipped}")
        else:
            say(f"  {table.summarise(result)}; took {minutes(result.seconds)}")
        for words in result.violations:
            say(f"  VIOLATION {words}")
        for words in result.missed:
            say(f"  missed: {words}")
        if not self.options.quick:
            results.save(result)

    def _of_this_code(self) -> list[Result]:
        everything = results.load_all()
        own = [result for result in everything if result.code == self._code]
        if others := len(everything) - len(own):
            say(f"{others} parts in {results.FOLDER} are of other code and not counted")
        return own


async def attempt(scenario: Scenario, trial: Trial) -> None:
    """Runs it to its end or until its time is up; whatever goes wrong is a violation."""
    try:
        async with asyncio.timeout(scenario.patience) as limit:
            await scenario.run(trial)
    except Exception as error:  # a part that failed has proved nothing
        if limit.expired():
            trial.violate("back", f"no end within {minutes(scenario.patience)}: something hangs")
        else:
            trial.violate("answer", f"{type(error).__name__}: {error}")
        traceback.print_exc()
    finally:
        await trial.close()


def _ledger_file(result: Result) -> Path:
    folder = results.FOLDER / "ledgers"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{result.date.replace(':', '')}-{result.scenario}-{result.seed}.jsonl"
