"""chat-ui is killed while a tool runs that the model has called: it is not run again, and the reply
ends with what is known of the call."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.local_stack import make_home

from faults.stack import TOOLS
from faults.trial import Trial
from faults.waiting import until
from faults.watching import begin_watching

RUNS = "runs"
# Long enough to be killed in its middle, and told by a line for each run.
TOOL = f'''
import time
from pathlib import Path


def run(text: str) -> str:
    """Note what is said."""
    with Path(__file__).with_name("{RUNS}").open("a") as runs:
        runs.write("1\\n")
    time.sleep(1)
    return "Noted."
'''
# With this the small model nearly always calls it, with as many letters as it may.
SETTINGS = {
    "system_prompt": 'Reply with {"tool": "note", "arguments": {"text": "…"}} always.',
    "temperature": "0",
    "reply_tokens": "400",
    "tools": "on",
}
CALLS = """
SELECT r.state, r.calls FROM replies r JOIN messages m ON m.id = r.message_id
WHERE m.chat_id = %s ORDER BY m.seq DESC LIMIT 1
"""
ENOUGH = 10  # questions for each kill


@contextlib.contextmanager
def with_a_tool() -> Iterator[Path]:
    """A home with an owner's tool."""
    home = make_home()
    try:
        (home / TOOLS).mkdir()
        (home / TOOLS / "note.py").write_text(TOOL)
        yield home
    finally:
        shutil.rmtree(home)


async def kill_in_mid_call(trial: Trial) -> None:
    """Until `trial.size` kills fell into a call: of each reply, as many runs as calls of the tool
    are stored."""
    person, kills = trial.browser(), 0
    for number in range(trial.size * ENOUGH):
        if kills == trial.size:
            return
        chat, runs = await person.open_chat(**SETTINGS), _count_runs(trial)
        await person.send(chat, f"Write JSON with the number {trial.seed}-{number}.")
        watching = begin_watching(person, chat, script=number % 2 == 0)

        def is_in_call(chat: str = chat, runs: int = runs) -> bool:
            state, _ = _read(trial, chat)
            return state not in ("queued", "running") or _count_runs(trial) > runs

        await until(is_in_call, "a call, or the end of a reply", pause=0.02)
        if _count_runs(trial) > runs:
            before = trial.kill("chat-ui")
            kills += 1
            await trial.parley.wait_until_replaced("chat-ui", before)
        await watching
        _check(trial, chat, _count_runs(trial) - runs)
    trial.found.violate("back", f"only {kills} of {trial.size} kills fell into a call")


def _check(trial: Trial, chat: str, runs: int) -> None:
    state, calls = _read(trial, chat)
    noted = [call for call in calls if call["tool"] == "note"]
    trial.found.counts["calls of the tool"] += len(noted)
    trial.found.counts["calls interrupted"] += sum(call["failed"] for call in noted)
    if state != "complete":
        trial.found.violate("I2", f"the reply in {chat} is {state}")
    if runs != len(noted) or any(call["result"] is None for call in calls):
        trial.found.violate("call", f"{runs} runs of {noted!r} in {chat}")


def _read(trial: Trial, chat: str) -> tuple[str, list[dict[str, Any]]]:
    ((state, calls),) = trial.parley.sql(CALLS, chat)
    return state, calls


def _count_runs(trial: Trial) -> int:
    file = trial.parley.local.home / TOOLS / RUNS
    return len(file.read_text().splitlines()) if file.exists() else 0
