"""Becomes one service: `python -m local.launch db-api`. What the supervisor runs for each of them.

Takes the service's pid file, sets its environment, and replaces itself with the service's own
start script, the same that compose runs.
"""

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

from local import pidfile
from local.model import (
    WITHOUT,
    begin_fetching_whisper_model,
    bring_model,
    bring_optional_model,
)
from local.stack import ROOT, Stack

# Every other service's is its folder's `start`.
SCRIPTS = {
    "migrate": "db-api/migrate",
    "embed": "lm-api/start",
    "answer": "doc-worker/start-answer",
    "vision": "lm-api/start",
}


def main() -> None:
    service = sys.argv[1]
    stack = Stack.from_environment()
    lock = take_over(stack.pid_file(service))
    if service == "supervisord":
        end_with_parent()
        os.umask(0o077)  # of the logs; the services keep the one that we were given
        config = str(stack.run / "supervisord.conf")
        os.execv(sys.executable, [sys.executable, "-m", "local.supervisord", "-c", config])
    environment = stack.environment(service)
    if service == "lm-api":
        environment = bring_model(environment, stack.run / "fallen-back", lock)
    elif service in WITHOUT:
        bring_optional_model(service, environment, lock)
    elif service == "doc-worker" and environment.get("WHISPER_MODEL"):
        begin_fetching_whisper_model(environment, lock)
    script = ROOT / SCRIPTS.get(service, f"{service}/start")
    os.chdir(script.parent)
    os.execve(script, [str(script)], environment)


def take_over(path: Path) -> int:
    """Takes the service's pid file, clearing away what a killed predecessor left running.

    nginx's workers survive a killed master and keep its port; PostgreSQL's processes notice by
    themselves and need a moment.
    """
    deadline = time.monotonic() + 20
    while True:
        try:
            return pidfile.take(path)
        except BlockingIOError:
            before = pidfile.holder(path)
        if before and is_alive(before):
            sys.exit(f"already running as process {before}; stop that one first")
        if before:
            pidfile.send(before, signal.SIGKILL)
        if time.monotonic() > deadline:
            sys.exit(f"processes of an earlier run won't go away; their group is {before}")
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def end_with_parent() -> None:
    """Has the kernel stop us when the runner dies, however it does.

    On Linux only; on other systems the next start clears away.
    """
    if sys.platform == "linux":
        set_parent_death_signal = 1  # PR_SET_PDEATHSIG in <sys/prctl.h>
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


if __name__ == "__main__":
    main()
