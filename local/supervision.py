"""Drives supervisord: writes its configuration, and asks and tells it things over its socket."""

import http.client
import os
import shlex
import socket
import sys
import xmlrpc.client
from pathlib import Path
from typing import Any

from local.say import Problem
from local.stack import ROOT, Stack

# In the order of starting; stopping goes the other way. nginx last in, first out: nothing new
# comes in while chat-ui hands its running replies back, and the database stops after its users.
SERVICES = ["db", "migrate", "db-api", "lm-api", "embed", "answer", "vision"]
SERVICES += ["chat-ui", "doc-worker", "tls", "nginx"]

# PostgreSQL's fast shutdown is SIGINT; on SIGTERM it would wait for its clients to leave.
STOP_SIGNALS = {"db": "INT"}
STOP_SECONDS = {"db": 60}  # as in compose.yaml; any other has 10 before it is killed


def write_config(stack: Stack, services: list[str]) -> Path:
    """supervisord's configuration for this run. `%` is special in it, hence the doubling."""
    sections = [
        f"[unix_http_server]\nfile={_escape(socket_path(stack))}\nchmod=0700",
        f"[supervisorctl]\nserverurl=unix://{_escape(socket_path(stack))}",
        "[supervisord]\nnodaemon=true\nsilent=true\nloglevel=info"
        f"\nlogfile={_escape(stack.logs / 'supervisord.log')}"
        "\nlogfile_maxbytes=1MB\nlogfile_backups=1"
        f"\npidfile={_escape(stack.run / 'supervisord.own-pid')}"
        f"\nchildlogdir={_escape(stack.logs)}" + ("\nuser=root" if os.geteuid() == 0 else ""),
        "[rpcinterface:supervisor]"
        "\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
    ]
    sections += [_program(stack, s, SERVICES.index(s)) for s in services]
    path = stack.run / "supervisord.conf"
    path.write_text("\n\n".join(sections) + "\n")
    return path


def _program(stack: Stack, service: str, priority: int) -> str:
    command = f"{shlex.quote(sys.executable)} -m local.launch {service}"
    once = service == "migrate"
    return "\n".join(
        [
            f"[program:{service}]",
            f"command={_escape(command)}",
            f"directory={_escape(ROOT)}",
            f"priority={priority}",
            "autostart=false",
            f"autorestart={'false' if once else 'true'}",
            f"startsecs={0 if once else 1}",
            f"startretries={0 if once else 3}",
            f"umask={_umask():03o}",
            f"stopsignal={STOP_SIGNALS.get(service, 'TERM')}",
            f"stopwaitsecs={STOP_SECONDS.get(service, 10)}",
            "stopasgroup=true",
            "killasgroup=true",
            "redirect_stderr=true",
            f"stdout_logfile={_escape(stack.logs / service)}.log",
            "stdout_logfile_maxbytes=5MB",
            "stdout_logfile_backups=1",
        ]
    )


def _umask() -> int:
    """Which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _escape(value: object) -> str:
    return str(value).replace("%", "%%")


def socket_path(stack: Stack) -> Path:
    return stack.sockets / "supervisor.sock"


class Supervisor:
    """The running supervisord's XML-RPC interface, as far as we use it."""

    def __init__(self, path: Path) -> None:
        self._proxy = xmlrpc.client.ServerProxy("http://localhost", _UnixTransport(path))

    def is_up(self) -> bool:
        try:
            self._call("getState")
        except Problem:
            return False
        return True

    def start(self, service: str) -> None:
        """Starts it without waiting for it."""
        self._call("startProcess", service, False)

    def stop(self, service: str) -> None:
        """Stops it in order and waits for it; it stays down until `start`."""
        self._call("stopProcess", service, True)

    def states(self) -> dict[str, tuple[str, int]]:
        """Each service's state in supervisor's words (RUNNING, FATAL, …) and last exit code."""
        return {
            p["name"]: (p["statename"], p["exitstatus"]) for p in self._call("getAllProcessInfo")
        }

    def _call(self, method: str, *arguments: object) -> Any:  # XML-RPC knows no types
        try:
            return getattr(self._proxy.supervisor, method)(*arguments)
        except (OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
            raise Problem(f"the supervisor doesn't answer {method}: {error}") from error
        finally:
            self._proxy("close")()


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=10)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = _UnixConnection(self._path)
        self._connection = host, connection  # which is what gets closed
        return connection
