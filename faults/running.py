"""Runs scenarios one after the other, on one stack as long as they want the same."""

import asyncio
import contextlib
import time
import traceback
from datetime import UTC, datetime

from local.stack import ROOT
from tests.support.local_stack import SMALL_MODEL
from tests.support.marked import replace_marked

from faults import results, table, verdict
from faults.machine import describe_machine, fingerprint_code
from faults.options import Options
from faults.recovery import list_missed
from faults.results import Result
from faults.scenarios import SCENARIOS
from faults.scenarios.scenario import Home, Scenario, Unavailable
from faults.stack import Parley, running_parley
from faults.terminal import minutes, say
from faults.trial import Trial


class Stage:
    """At most one running Parley: one that was given, or its own."""

    def __init__(self, parley: Parley | None = None) -> None:
        self._parley = parley
        self._home: Home | None = None
        self._running = contextlib.AsyncExitStack()

    async def set_for(self, scenario: Scenario, *, any_home: bool) -> Parley:
        """A Parley as the scenario wants it; Unavailable if it can't be had here. With `any_home`
        one that wants no special home takes what is there."""
        suits = scenario.home is self._home or (any_home and scenario.home is None)
        if self._parley is None or not suits:
            await self.clear()
            home = self._running.enter_context(scenario.home()) if scenario.home else None
            self._parley = await self._running.enter_async_context(running_parley(home))
            self._home = scenario.home
            say("  a Parley of its own is up")
        await self._parley.wait_until_well()
        return self._parley

    async def clear(self) -> None:
        """Stops what it has started."""
        self._parley = None
        await self._running.aclose()


class Run:
    """One call of `python -m faults`."""

    def __init__(self, options: Options, stage: Stage | None = None) -> None:
        self.options, self.stage = options, stage or Stage()
        self.violations: list[str] = []
        self.missed: list[str] = []
        self._kills: list[Result] = []
        self._about = (describe_machine(), SMALL_MODEL, fingerprint_code())

    async def run(self) -> int:
        """Every chosen scenario; the exit code."""
        began, chosen = time.monotonic(), self._choose()
        names, code = ", ".join(s.name for s in chosen), self._about[-1]
        say(f"seed {self.options.seed}, code {code}, {names}")
        try:
            for scenario in chosen:
                for part, size in enumerate(self.sizes(scenario)):
                    await self._run_part(scenario, self.options.seed + part, size)
        finally:
            await self.stage.clear()
        if not self.options.quick:
            section = table.render(results.load(code), SCENARIOS)
            replace_marked(ROOT / "docs" / "scorecard.md", "make faults", section)
            say("written to docs/scorecard.md")
        self.missed += list_missed(table.add_up(self._kills)[1])
        took = minutes(time.monotonic() - began)
        say(f"{len(self.violations)} violations, {len(self.missed)} goals missed; it took {took}")
        return self.exit_code()

    def exit_code(self) -> int:
        """1 if a promise was broken or, but for the short run, a goal missed: a machine that is
        busy with other things may miss one."""
        return 1 if self.violations or (self.missed and not self.options.quick) else 0

    def _choose(self) -> list[Scenario]:
        """Those asked for. In the short run those with a home of their own come first: the others
        then use it, too, and nothing is started twice."""
        names, quick = self.options.scenarios, self.options.quick
        chosen = [s for s in SCENARIOS if s.name in names or not names]
        if not quick:
            return chosen
        return sorted((s for s in chosen if s.quick_size or names), key=lambda s: not s.home)

    def sizes(self, scenario: Scenario) -> list[int]:
        """How large each part is."""
        size = scenario.size
        if self.options.quick:
            size = scenario.quick_size or 1
        elif scenario.name in ("kills", "ingestion") and self.options.kills is not None:
            size = self.options.kills
        part = scenario.part_size or size
        return [min(part, size - done) for done in range(0, size, part)]

    async def _run_part(self, scenario: Scenario, seed: int, size: int) -> None:
        """One trial; what it finds is told at the terminal and kept for the table."""
        say(f"{scenario.name}, seed {seed}: {scenario.fault}")
        began, date = time.monotonic(), datetime.now(UTC).isoformat(timespec="seconds")
        result = Result(scenario.name, seed, size, date, *self._about, self.options.command)
        try:
            parley = await self.stage.set_for(scenario, any_home=self.options.quick)
            trial = Trial(parley, seed, size, self.options.quick)
            await attempt(scenario, trial)
        except Unavailable as unavailable:
            result.skipped = str(unavailable)
            say(f"  SKIPPED: {unavailable}")
        else:
            result.found, result.seconds = trial.found, time.monotonic() - began
            say(f"  {table.summarise(result)}; took {minutes(result.seconds)}")
            await self._look_into(result, trial)
        if scenario.name == "kills":
            self._kills.append(result)
        if not self.options.quick:
            results.save(result)

    async def _look_into(self, result: Result, trial: Trial) -> None:
        """Tells what is wrong; what is needed to find out why is kept."""
        for words in result.found.violations:
            say(f"  VIOLATION {words}")
        self.violations += result.found.violations
        self.missed += result.found.missed
        if result.found.violations:
            kept = results.keep(result, trial.parley.local.stack.logs, trial.ledger)
            say(f"  the services' logs and the ledger are kept in {kept}")
            await self.stage.clear()  # what is broken may not spoil the next scenario


async def attempt(scenario: Scenario, trial: Trial) -> None:
    """Runs it to its end or until its time is up, and checks every promise; whatever goes wrong is
    a violation."""
    try:
        async with asyncio.timeout(scenario.patience) as limit:
            await scenario.run(trial)
            await verdict.settle(trial)
            await verdict.check(trial)
    except Unavailable:
        raise  # it is skipped, and says why
    except Exception as error:  # a part that failed has proved nothing
        if limit.expired():
            trial.found.violate(
                "back", f"no end within {minutes(scenario.patience)}: something hangs"
            )
        else:
            trial.found.violate("answer", f"{type(error).__name__}: {error}")
        traceback.print_exc()
    finally:
        await verdict.close(trial)
