"""Makes the venv and fills it, then hands over to the runner. Standard library only."""

import os
import subprocess
import sys
from pathlib import Path

from local.say import Problem, say
from local.venv import ensure_venv

ROOT = Path(__file__).resolve().parents[1]
SERVICES = ["db-api", "chat-ui", "doc-worker", "tls", "local"]


def main(arguments: list[str]) -> int:
    """The command line: nothing to run Parley, `setup` to prepare for the tests as well."""
    if arguments not in ([], ["setup"]):
        print("usage: python3 -m local [setup]", file=sys.stderr)
        return 2
    parts = [*SERVICES, "acme", "tests"] if arguments else SERVICES
    try:
        python = ensure_venv(
            ROOT / ".cache" / "venv", [ROOT / p / "requirements.txt" for p in parts]
        )
    except Problem as problem:
        say(str(problem))
        return 1
    except KeyboardInterrupt:
        say("interrupted; the same command continues from here")
        return 130
    except (OSError, subprocess.SubprocessError) as error:
        say(f"can't make the Python environment in {ROOT / '.cache'}: {error}")
        return 1
    if arguments:
        return 0
    os.chdir(ROOT)
    os.execv(python, [str(python), "-m", "local.run"])
