"""What must be in order before anything starts: the past cleared away, a port, space, secrets."""

import shutil
import signal
import subprocess

from local import pidfile
from local.nginx import nginx
from local.ports import why_taken
from local.say import Problem, say
from local.stack import ROOT, Stack
from local.supervision import SERVICES

LEAST_SPACE = 200_000_000  # bytes; below that PostgreSQL would soon stop


def clear_away(stack: Stack) -> None:
    """Ends what a run that was killed (kill -9, a lost session) left behind."""
    left = [name for name in ("supervisord", *reversed(SERVICES)) if end(stack, name)]
    if left:
        say(f"an earlier run was killed; stopped what it left running: {', '.join(left)}")
    for name in ("fallen-back", "ready"):
        (stack.run / name).unlink(missing_ok=True)


def end(stack: Stack, service: str) -> bool:
    """Ends the process that the service's pid file names. Whether there was one."""
    how = signal.SIGINT if service == "db" else signal.SIGTERM  # PostgreSQL's fast shutdown
    return pidfile.end(stack.pid_file(service), how)


def prepare(stack: Stack) -> None:
    """Checks what could be in the way and makes what is missing. Raises Problem."""
    if reason := why_taken(stack.port, stack.address):
        raise Problem(f"{reason}; use another one: PORT={stack.port + 1} make local")
    if stack.tls != "off":
        prepare_tls(stack)
    if shutil.disk_usage(stack.home).free < LEAST_SPACE:
        raise Problem(f"the disk of {stack.home} has less than 200 MB left; free some first")
    stack.choose_ports()
    command = [str(ROOT / "secrets" / "make"), str(stack.home / "secrets")]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        raise Problem(made.stderr.strip())


def prepare_tls(stack: Stack) -> None:
    """Checks what encrypted connections need. Raises Problem."""
    if nginx() is None:
        raise Problem("TLS needs nginx (Debian: apt install nginx-light); or do without: TLS=off")
    if reason := why_taken(stack.tls_port, stack.address):
        raise Problem(f"{reason}; use another one: HTTPS_PORT={stack.tls_port + 1} make local")
    if stack.tls == "files" and not stack.certificate.exists():
        raise Problem(
            "TLS=files, but there is no certificate yet; bring yours:"
            " cat fullchain.pem privkey.pem | make certificate"
        )
