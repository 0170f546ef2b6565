"""`make token NAME='My script'`: a token for a program, from a Parley that runs without Docker."""

import os
import sys

from local.stack import ROOT, Stack


def main() -> None:
    """Becomes chat-ui's own command, with its environment."""
    name, days, scopes = (os.environ.get(each, "") for each in ("NAME", "DAYS", "SCOPES"))
    if not name:
        sys.exit("Say what it is for: make token NAME='My script' (DAYS=30, SCOPES=chat)")
    stack = Stack.from_environment()
    if not stack.ports():
        sys.exit("No Parley runs here; start it first: make local")
    command = [sys.executable, "-m", "app.make_token", name]
    command += ["--days", days] if days else []
    command += ["--scopes", scopes] if scopes else []
    os.chdir(ROOT / "chat-ui")
    os.execve(sys.executable, command, stack.environment("chat-ui"))


if __name__ == "__main__":
    main()
