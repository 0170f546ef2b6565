"""Sets the stage for each scenario: the running stack again, or a new one where it must differ."""

import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from faults import results
from faults.scenarios.scenario import Scenario
from faults.stack import Parley
from faults.terminal import say


class Unavailable(Exception):
    """This machine lacks what a scenario needs; the words say what."""


@contextlib.asynccontextmanager
async def open_stage() -> AsyncIterator["Stage"]:
    """A stage that is cleared at the end."""
    stage = Stage()
    try:
        yield stage
    finally:
        await stage.clear()


class Stage:
    """At most one running Parley."""

    def __init__(self) -> None:
        self.reason = ""  # why there is none
        self._parley: Parley | None = None
        self._scenario: Scenario | None = None
        self._running = contextlib.AsyncExitStack()

    async def set_for(self, scenario: Scenario) -> Parley | None:
        """A Parley as the scenario wants it; None if it can't be had here (see `reason`)."""
        if self._parley is not None and self._suits(scenario):
            await self._parley.wait_until_well()
            return self._parley
        await self.clear()
        try:
            home = self._running.enter_context(scenario.home()) if scenario.home else None
        except Unavailable as unavailable:
            self.reason = str(unavailable)
            return None
        parley = Parley(scenario.settings, home)
        await self._running.enter_async_context(parley.running())
        say("  a Parley of its own is up")
        self._parley, self._scenario = parley, scenario
        return parley

    async def clear(self) -> None:
        """Stops what runs."""
        self._parley = None
        await self._running.aclose()

    def keep_logs(self, name: str) -> Path:
        """Copies the services' logs to where they outlive the stack."""
        kept = results.FOLDER / "logs" / name
        if self._parley is not None:
            shutil.copytree(self._parley.stack.logs, kept, dirs_exist_ok=True)
        return kept

    def _suits(self, scenario: Scenario) -> bool:
        running = self._scenario
        return (
            running is not None
            and running.settings == scenario.settings
            and not (running.home or scenario.home)
        )
