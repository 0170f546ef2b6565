"""The Parley that is attacked: real processes, real nginx, a small real model."""

import contextlib
import os
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from cryptography.hazmat.primitives.serialization import Encoding
from faults.scenarios.scenario import Unavailable
from local.nginx import nginx
from local.ports import free_port
from tests.support.local_stack import LocalStack, make_home
from tests.support.sql import sql
from tls.authority import Authority
from tls.names import read_names

# Short replies: what is said matters in no row. `LIMITS` is off unless a row asks for it.
SETTINGS = {"REPLY_TOKENS": "24", "TEMPERATURE": "0"}


@dataclass(frozen=True)
class Encrypted:
    """A Parley that answers encrypted at `url`, by a certificate that `root` has signed."""

    parley: LocalStack
    url: str
    root: Path


class Stage:
    """At most one running Parley: rows that want the same settings share it. The next one has the
    database of the last, emptied, which is quicker than making one. One that was given
    serves for all rows that want no TLS, whatever their settings are. `only` are the parts of a row
    that are tried; all if empty."""

    def __init__(self, parley: LocalStack | None = None, only: Collection[str] = ()) -> None:
        self._given, self._parley, self._only = parley, parley, only
        self._settings: dict[str, str] = {}
        self._running = contextlib.ExitStack()
        self._home: Path | None = None

    def __enter__(self) -> "Stage":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.close()
        if self._home:
            shutil.rmtree(self._home)

    def wants(self, part: str) -> bool:
        """Whether this part of a row is to be tried: an operation, or what the row calls it."""
        return not self._only or part in self._only

    def parley(self, **settings: str) -> LocalStack:
        """A Parley with these settings, its pages up. Unavailable without nginx, the only way in
        that is tried."""
        if self._parley is None or (self._given is None and settings != self._settings):
            self.clear()
            self._parley = self._start(settings)
            self._settings = settings
        return self._parley

    def encrypted(self) -> Encrypted:
        """One with a certificate that it takes for a public one, so that browsers are told to use
        nothing but https."""
        self.clear()
        home, port = self._open_home(), str(free_port())
        names = read_names({})
        authority = Authority.create(names)
        (home / "tls").mkdir(exist_ok=True)
        (home / "tls" / "current.pem").write_bytes(authority.sign(names))
        root = home / "public-root.crt"
        root.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
        parley = self._start({"TLS": "files", "HSTS": "on", "HTTPS_PORT": port})
        return Encrypted(parley, f"https://localhost:{port}", root)

    def clear(self) -> None:
        """Stops what it has started."""
        self._running.close()
        self._parley = self._given

    def _open_home(self) -> Path:
        self._home = self._home or make_home()
        return self._home

    def _start(self, settings: dict[str, str]) -> LocalStack:
        if not nginx():
            assert not os.environ.get("CI"), "CI needs nginx"
            raise Unavailable("no nginx here (Debian: apt install nginx-light)")
        stack = LocalStack(self._open_home(), None, **SETTINGS | settings)
        parley = self._running.enter_context(stack)
        sql(parley, "DELETE FROM sessions")  # all that people have goes with them
        return parley
