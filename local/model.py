"""Brings the language model before lm-api starts, and settles for the small one offline; and the
models of embed, answer and vision before these start, which can be done without, as can one that
transcribes."""

import os
import subprocess
import time
from pathlib import Path

from local.stack import ROOT

SMALL = "smollm2-135m-instruct"
SMALL_CONTEXT = 8192  # tokens it was made for
PAUSE = 60  # seconds before an optional model that can't be had is asked for again
WITHOUT = {
    "embed": "documents are found by their words alone",
    "answer": "the best sentence is taken for exact words",
    "vision": "the model gets the text in pictures",
}
UNREACHABLE = 3  # lm-api/fetch.py's exit code when the model's source can't be reached


def bring_model(environment: dict[str, str], fallen_back: Path, lock: int) -> dict[str, str]:
    """Fetches the chosen model if it is not there; returns the settings lm-api is to start with.

    Settling for the small model is noted in `fallen_back`, so that for the rest of the run a
    restarted lm-api is back at once and with the same model. The fetcher inherits the pid file's
    `lock`: it counts as this service's process.
    """
    if not fallen_back.exists():
        code = fetch(environment, lock)
        if code == 0:
            return environment
        if code != UNREACHABLE or environment.get("LM_MODEL") == SMALL:
            raise SystemExit(code)  # the fetcher has said why; the supervisor tries again
        wanted = environment.get("LM_MODEL") or "the default model"
        print(f"continuing with the small model {SMALL}; the next start tries {wanted} again")
    small = {"LM_MODEL": SMALL, "LM_MODEL_URL": ""}
    if context := environment.get("LM_CONTEXT"):
        small["LM_CONTEXT"] = str(min(int(context), SMALL_CONTEXT))
    if code := fetch(environment | small, lock):
        raise SystemExit(code)
    fallen_back.touch()
    return environment | small


def bring_optional_model(service: str, environment: dict[str, str], lock: int) -> None:
    """Fetches it if it is not there. Until that works, the service ends and is started again."""
    if code := fetch(environment, lock):
        print(f"{WITHOUT[service]}; trying again in {PAUSE} s", flush=True)
        time.sleep(PAUSE)
        raise SystemExit(code)


def begin_fetching_whisper_model(environment: dict[str, str], lock: int) -> None:
    """Fetches it beside doc-worker, which has other work, until it is there."""
    wanted = {"LM_MODEL": environment["WHISPER_MODEL"], "LM_MODEL_URL": ""}
    command = [str(ROOT / "lm-api" / "fetch-until-there")]
    subprocess.Popen(command, env=os.environ | environment | wanted, pass_fds=[lock])


def fetch(environment: dict[str, str], lock: int) -> int:
    """Runs lm-api's own fetcher and returns its exit code."""
    command = [environment["PYTHON"], str(ROOT / "lm-api" / "fetch.py")]
    done = subprocess.run(command, env=os.environ | environment, pass_fds=[lock], check=False)
    return done.returncode
